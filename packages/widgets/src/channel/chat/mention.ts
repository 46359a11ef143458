import { html, type LitElement, nothing, unsafeCSS } from 'lit'
import { avatar } from '../../shared/avatar.js'
import { type Text, textOf } from '../../shared/messages.js'
import menuCss from '../../shared/on-demand/menu.styles.css?inline'
import { Popover } from '../../shared/on-demand/popover.js'
import css from './mention.styles.css?inline'
import type { Person } from './naming.js'

export const styles = [unsafeCSS(menuCss), unsafeCSS(css)]

export const words = { people: 'Members' }

/** What is being written as a name: at the start of a word, of two words at most, up to where one writes. */
const begun = /(?:^|[\s([{"'])@([^\s@]{0,40}(?: [^\s@]{0,40})?)$/u
/** So many are offered. */
const most = 6

const folded = (text: string) => text.normalize('NFKD').replace(/\p{M}/gu, '').toLocaleLowerCase()

interface Around {
  /** Whom one may mean, those first who said something last. */
  people(): readonly Person[]
  /** Whether somebody was chosen by that name before. */
  isNamed(name: string): boolean
  choose(person: Person, from: number, to: number): void
}

/**
 * Who can be named, while one writes `@` and the beginning of a name: a list whose keys stay in the field. A field of several
 * lines is no combobox to ARIA; it is described as a text box that has such a list, and says which of it is at hand.
 */
export default class MentionList {
  #found: readonly Person[] = []
  #active = 0
  /** Where the name begins and ends in the text; and where one that was turned down begins. */
  #range: readonly [number, number] = [0, 0]
  #refused = -1
  readonly #host: LitElement
  readonly #say: Text<keyof typeof words>
  readonly #around: Around
  readonly #popover: Popover

  constructor(host: LitElement, text: Text<never>, around: Around) {
    this.#host = host
    this.#say = textOf(text, words)
    this.#around = around
    this.#popover = new Popover(host, '.people', 'top-start')
  }

  /** The id of the one that Enter chooses; undefined while nothing is offered. */
  get active(): string | undefined {
    return this.#popover.isOpen ? `person-${this.#active}` : undefined
  }

  /** Looks at what is being written. */
  read(field: HTMLTextAreaElement) {
    const { value, selectionStart: to, selectionEnd } = field
    const [, name] = (to === selectionEnd && begun.exec(value.slice(0, to))) || []
    const from = to - (name?.length ?? 0) - 1
    if (name === undefined) this.#refused = -1
    if (name === undefined || from === this.#refused || this.#isDone(name)) return this.close()
    const wanted = folded(name)
    if (this.active && from === this.#range[0] && to === this.#range[1]) return
    const people = this.#around.people().filter((one) => {
      const known = folded(one.name)
      return known.startsWith(wanted) || known.includes(` ${wanted}`)
    })
    if (people.length === 0) return this.close()
    this.#found = people.slice(0, most)
    this.#active = 0
    this.#range = [from, to]
    if (this.#popover.isOpen) this.#host.requestUpdate()
    else this.#popover.toggle(field)
  }

  /** Somebody was named, and the sentence goes on. */
  #isDone(name: string): boolean {
    const [first] = name.split(' ')
    return name.includes(' ') && (this.#around.isNamed(first!) || this.#around.isNamed(name.trimEnd()))
  }

  readonly close = () => this.#popover.close()

  /** Takes a key that is for the list; answers whether it was. */
  keydown(event: KeyboardEvent): boolean {
    if (!this.#popover.isOpen || event.isComposing) return false
    const { length } = this.#found
    const step = { ArrowDown: 1, ArrowUp: length - 1 }[event.key]
    const person = this.#found[this.#active]
    if (step !== undefined) this.#active = (this.#active + step) % length
    else if (event.key === 'Enter' && person) this.#choose(person)
    else if (event.key === 'Escape') {
      ;[this.#refused] = this.#range
      this.close()
    } else {
      if (event.key === 'Tab') this.close()
      return false
    }
    event.preventDefault()
    this.#host.requestUpdate()
    return true
  }

  #choose(person: Person) {
    this.close()
    this.#around.choose(person, ...this.#range)
  }

  render() {
    if (!this.#popover.isOpen) return nothing
    // The field keeps the focus while somebody is pressed.
    return html`<ul
      class="menu people"
      part="mention-list"
      id="people"
      role="listbox"
      popover="manual"
      aria-label=${this.#say('people')}
      @pointerdown=${(event: Event) => event.preventDefault()}
    >
      ${this.#found.map(
        (person, at) => html`<li
          class="menu-item person"
          part="mention-item"
          id="person-${at}"
          role="option"
          aria-selected=${at === this.#active ? 'true' : 'false'}
          @click=${() => this.#choose(person)}
        >
          ${avatar(person)}<bdi class="cut">${person.name}</bdi>
        </li>`,
      )}
    </ul>`
  }
}
