import { html, type LitElement, nothing, type ReactiveController } from 'lit'
import type { Text } from '../../shared/messages.js'
import type { Item } from './items.js'

export const words = { reactWith: 'React with' }

const emojis = [
  '👍',
  '❤️',
  '😂',
  '🎉',
  '😮',
  '😢',
  '🙏',
  '🔥',
  '👏',
  '💯',
  '✅',
  '👀',
  '🤔',
  '😍',
  '🙌',
  '🥳',
  '😋',
  '🚀',
]
const columns = 6

/** A choice of reactions at a button: a grid that arrows walk through, placed by floating-ui, which comes when it is opened first. */
export class Picker implements ReactiveController {
  item: Item | undefined
  #anchor: HTMLElement | undefined
  #unfollow: (() => void) | undefined
  readonly #host: LitElement
  readonly #say: Text<keyof typeof words>
  readonly #choose: (item: Item, emoji: string) => void

  constructor(host: LitElement, say: Text<keyof typeof words>, choose: (item: Item, emoji: string) => void) {
    this.#host = host
    this.#say = say
    this.#choose = choose
    host.addController(this)
  }

  get isOpen(): boolean {
    return !!this.#anchor
  }

  toggle(item: Item, anchor: HTMLElement) {
    if (this.#anchor) return this.close()
    this.item = item
    this.#anchor = anchor
    document.addEventListener('pointerdown', this.#closeFromOutside, true)
    this.#host.requestUpdate()
  }

  close(focusBack = false) {
    const anchor = this.#anchor
    if (!anchor) return
    this.item = this.#anchor = undefined
    this.#unfollow?.()
    this.#unfollow = undefined
    document.removeEventListener('pointerdown', this.#closeFromOutside, true)
    this.#host.requestUpdate()
    if (focusBack) anchor.focus()
  }

  render() {
    if (!this.#anchor) return nothing
    return html`<div
      class="menu picker"
      part="picker"
      role="dialog"
      popover="manual"
      aria-label=${this.#say('reactWith')}
      @keydown=${this.#steer}
    >
      ${emojis.map(
        (emoji, at) => html`<button
          class="emoji"
          part="emoji"
          tabindex=${at ? -1 : 0}
          @click=${() => {
            const { item } = this
            this.close(true)
            if (item) this.#choose(item, emoji)
          }}
        >
          ${emoji}
        </button>`,
      )}
    </div>`
  }

  hostUpdated() {
    const grid = this.#grid
    const anchor = this.#anchor
    if (!grid || !anchor || this.#unfollow) return
    let isOpen = true
    let stop: (() => void) | undefined
    this.#unfollow = () => {
      isOpen = false
      stop?.()
    }
    grid.showPopover?.()
    const place = (x: number, y: number) => Object.assign(grid.style, { left: `${x}px`, top: `${y}px` })
    const { left, bottom } = anchor.getBoundingClientRect()
    place(left, bottom + 4)
    grid.querySelector('button')?.focus()
    // Without the library (the page went offline) it stays where it is.
    import('../../shared/on-demand/floating.js').then(
      ({ follow }) => {
        if (isOpen) stop = follow(anchor, grid, place, () => this.close())
      },
      () => undefined,
    )
  }

  hostDisconnected() {
    this.close()
  }

  get #grid() {
    return this.#host.renderRoot.querySelector<HTMLElement>('.picker')
  }

  readonly #closeFromOutside = (event: Event) => {
    const path = event.composedPath()
    if (!path.includes(this.#grid as EventTarget) && !path.includes(this.#anchor as EventTarget)) this.close()
  }

  readonly #steer = (event: KeyboardEvent) => {
    event.stopPropagation()
    if (event.key === 'Tab') return this.close(true)
    if (event.key === 'Escape') {
      event.preventDefault()
      return this.close(true)
    }
    const grid = event.currentTarget as HTMLElement
    const buttons = [...grid.querySelectorAll('button')]
    const forward = getComputedStyle(grid).direction === 'rtl' ? -1 : 1
    const steps: Record<string, number> = {
      ArrowLeft: -forward,
      ArrowRight: forward,
      ArrowUp: -columns,
      ArrowDown: columns,
    }
    const step = steps[event.key]
    if (step === undefined) return
    event.preventDefault()
    buttons[buttons.indexOf(event.target as HTMLButtonElement) + step]?.focus()
  }
}
