import { html, type TemplateResult } from 'lit'

interface Tabs<T extends string> {
  /** Names the group. */
  label: string
  tabs: readonly { id: T; text: string }[]
  selected: T
  select: (id: T) => void
  /** The id of the panel that the tabs change. */
  panel: string
}

/** Tabs after APG. What keys do with them is the `TabsController`'s. */
export const tabs = <T extends string>({ label, tabs, selected, select, panel }: Tabs<T>): TemplateResult =>
  html`<div class="tabs" part="tabs" role="tablist" aria-label=${label}>
    ${tabs.map(
      ({ id, text }) => html`<button
        class="tab"
        part=${id === selected ? 'tab tab-selected' : 'tab'}
        id="tab-${id}"
        role="tab"
        aria-selected=${id === selected ? 'true' : 'false'}
        aria-controls=${panel}
        tabindex=${id === selected ? 0 : -1}
        @click=${() => select(id)}
      >
        ${text}
      </button>`,
    )}
  </div>`
