import { noChange } from 'lit'
import { Directive, type DirectiveResult, directive } from 'lit/directive.js'
import {
  getCommittedValue,
  insertPart,
  removePart,
  setChildPartValue,
  setCommittedValue,
} from 'lit/directive-helpers.js'

type ChildPart = ReturnType<typeof insertPart>
type Draw = (position: number) => unknown

/**
 * The items `first` to `last` of a list that is scrolled: the nodes that leave at one end come in at the other, so that
 * scrolling makes no node and writes to none that stays. A node stands for a position, not for an item.
 */
export class Rolling {
  #list: ChildPart | undefined
  #parts: ChildPart[] = []
  #first = 0
  #draw: Draw = () => noChange

  /** Stands in a template where the items go, and draws them all. Takes over from a plain array of items from `first` on. */
  render(first: number, last: number, draw: Draw): DirectiveResult {
    return roll((list) => {
      const known = getCommittedValue(list)
      if (list !== this.#list || known !== this.#parts) {
        this.#list = list
        this.#parts = Array.isArray(known) ? known : []
        this.#first = first
        setCommittedValue(list, this.#parts)
      }
      this.#draw = draw
      this.#move(list, first, last)
      for (let index = 0; index < this.#parts.length; index++) this.#write(first + index)
    })
  }

  /** Goes on to other positions between two drawings of the element: only what comes in is drawn, and what `stale` names. */
  to(first: number, last: number, stale: readonly number[]) {
    if (!this.#list) return
    const before = { first: this.#first, last: this.#first + this.#parts.length - 1 }
    this.#move(this.#list, first, last)
    for (let position = first; position <= last; position++)
      if (position < before.first || position > before.last || stale.includes(position)) this.#write(position)
  }

  #write(position: number) {
    setChildPartValue(this.#parts[position - this.#first]!, this.#draw(position))
  }

  /** Brings the nodes to their new positions, as many as there shall be. */
  #move(list: ChildPart, first: number, last: number) {
    const parts = this.#parts
    const by = first - this.#first
    if (Math.abs(by) < parts.length) {
      for (let n = 0; n < by; n++) parts.push(insertPart(list, undefined, parts.shift()))
      for (let n = 0; n > by; n--) parts.unshift(insertPart(list, parts[0], parts.pop()))
    }
    this.#first = first
    const count = Math.max(0, last - first + 1)
    while (parts.length > count) removePart(parts.pop()!)
    while (parts.length < count) parts.push(insertPart(list))
  }
}

/** Hands over the place where it stands in a template. */
class Roll extends Directive {
  override render(_take: (list: ChildPart) => void): unknown {
    return noChange
  }

  override update(list: ChildPart, [take]: Parameters<this['render']>): unknown {
    take(list)
    return noChange
  }
}

const roll = directive(Roll)
