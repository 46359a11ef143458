/** The look of the pages that mails lead to: paper, ink and one colour, by day and by night. */
export const style = `:root {
        color-scheme: light dark;
        --paper: light-dark(#faf7f1, #14171a);
        --card: light-dark(#fff, #1b1f23);
        --ink: light-dark(#23291f, #eceae4);
        --muted: light-dark(#5f6557, #a3a79c);
        --line: light-dark(#8a8f80, #6b7276);
        --forest: light-dark(#2f6b4f, #79c49d);
        --on-forest: light-dark(#fff, #10241a);
        --danger: light-dark(#a3261b, #ff9d92);
      }
      * { box-sizing: border-box }
      body {
        display: grid;
        place-content: center;
        min-block-size: 100vh;
        margin: 0;
        padding: 1.25rem;
        background: var(--paper);
        color: var(--ink);
        font: 1rem/1.6 system-ui, -apple-system, "Segoe UI", sans-serif;
      }
      main {
        inline-size: min(26rem, 100vw - 2.5rem);
        padding: clamp(1.5rem, 6vw, 2.5rem);
        border: 1px solid color-mix(in oklab, var(--line) 40%, transparent);
        border-radius: 10px;
        background: var(--card);
        overflow-wrap: anywhere;
      }
      h1 { margin: 0 0 .75rem; font: 600 1.5rem/1.2 "Iowan Old Style", Palatino, Georgia, serif; text-wrap: balance }
      p { margin: 0 0 1rem; text-wrap: pretty }
      main > :last-child { margin-block-end: 0 }
      a { color: var(--forest); text-underline-offset: .2em }
      form { margin: 0 }
      label { display: block; margin-block-end: .25rem; font-weight: 600 }
      input {
        inline-size: 100%;
        min-block-size: 2.75rem;
        padding: .5rem .75rem;
        border: 1px solid var(--line);
        border-radius: 6px;
        background: var(--paper);
        color: inherit;
        font: inherit;
      }
      input[hidden], input[type="hidden"] { display: none }
      input[aria-invalid] { border-color: var(--danger) }
      button {
        inline-size: 100%;
        min-block-size: 2.75rem;
        margin-block-start: .75rem;
        border: 1px solid transparent;
        border-radius: 6px;
        background: var(--forest);
        color: var(--on-forest);
        font: inherit;
        font-weight: 600;
        cursor: pointer;
      }
      :focus-visible { outline: 2px solid var(--forest); outline-offset: 2px }
      .hint { margin-block: .5rem 0; color: var(--muted); font-size: .875rem }
      .problem { margin-block-end: .5rem; color: var(--danger) }`
