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

/** Tabs after APG: arrows move and choose at once, in the direction of writing; Home and End go to the ends. */
export function tabs<T extends string>({ label, tabs, selected, select, panel }: Tabs<T>): TemplateResult {
  const onKeydown = (event: KeyboardEvent) => {
    const list = event.currentTarget as HTMLElement
    const forward = getComputedStyle(list).direction === 'rtl' ? 'ArrowLeft' : 'ArrowRight'
    const at = tabs.findIndex(({ id }) => id === selected)
    const to = {
      ArrowLeft: at + (forward === 'ArrowLeft' ? 1 : -1),
      ArrowRight: at + (forward === 'ArrowRight' ? 1 : -1),
      Home: 0,
      End: tabs.length - 1,
    }[event.key]
    const next = to === undefined ? undefined : tabs[(to + tabs.length) % tabs.length]
    if (!next) return
    event.preventDefault()
    select(next.id)
    list.querySelector<HTMLElement>(`#tab-${next.id}`)?.focus()
  }
  return html`<div class="tabs" part="tabs" role="tablist" aria-label=${label} @keydown=${onKeydown}>
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
}
