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
    const forward = getComputedStyle(list).direction === 'rtl' ? -1 : 1
    const at = tabs.findIndex(({ id }) => id === selected)
    const to = {
      ArrowLeft: at - forward,
      ArrowRight: at + forward,
      Home: 0,
      End: tabs.length - 1,
    }[event.key]
    const next = to === undefined ? undefined : tabs[(to + tabs.length) % tabs.length]
    if (!next) return
    event.preventDefault()
    select(next.id)
    const tab = list.querySelector<HTMLElement>(`#tab-${next.id}`)
    tab?.focus()
    // A tab that is seen in part has the focus without being scrolled to.
    tab?.scrollIntoView({ block: 'nearest' })
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
