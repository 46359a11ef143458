import { html, type LitElement, nothing } from 'lit'
import type { Text } from '../../shared/messages.js'
import { Popover } from '../../shared/on-demand/popover.js'
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

/** A choice of reactions at a button: a grid that arrows walk through. */
export class Picker {
  #item: Item | undefined
  readonly #popover: Popover
  readonly #say: Text<keyof typeof words>
  readonly #choose: (item: Item, emoji: string) => void

  constructor(host: LitElement, say: Text<keyof typeof words>, choose: (item: Item, emoji: string) => void) {
    this.#popover = new Popover(host, '.picker')
    this.#say = say
    this.#choose = choose
  }

  /** Whether it is open for a message. */
  isFor({ key }: Item): boolean {
    return this.#popover.isOpen && this.#item?.key === key
  }

  toggle(item: Item, anchor: HTMLElement) {
    this.#item = item
    this.#popover.toggle(anchor)
  }

  render() {
    if (!this.#popover.isOpen) return nothing
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
            this.#popover.close(true)
            if (this.#item) this.#choose(this.#item, emoji)
          }}
        >
          ${emoji}
        </button>`,
      )}
    </div>`
  }

  readonly #steer = (event: KeyboardEvent) => {
    const grid = event.currentTarget as HTMLElement
    const from = this.#popover.keydown(event)
    const forward = getComputedStyle(grid).direction === 'rtl' ? -1 : 1
    const steps: Record<string, number> = {
      ArrowLeft: -forward,
      ArrowRight: forward,
      ArrowUp: -columns,
      ArrowDown: columns,
    }
    const step = steps[event.key]
    if (!from || step === undefined) return
    event.preventDefault()
    from.buttons[from.at + step]?.focus()
  }
}
