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

/**
 * Draws the items `first` to `last` of a list that is scrolled: the nodes that leave at one end come in at the other, so
 * that scrolling makes no node and writes to none that stays. A node stands for a position, not for an item. It takes
 * over from a plain array of items from `first` on that stood in its place.
 */
class Rolling extends Directive {
  #first: number | undefined

  override render(_first: number, _last: number, _draw: (position: number) => unknown): unknown {
    return noChange
  }

  override update(list: ChildPart, [first, last, draw]: Parameters<this['render']>): unknown {
    const known = getCommittedValue(list)
    const parts: ChildPart[] = Array.isArray(known) ? known : []
    setCommittedValue(list, parts)
    const by = first - (this.#first ?? first)
    if (Math.abs(by) < parts.length) {
      for (let n = 0; n < by; n++) parts.push(insertPart(list, undefined, parts.shift()))
      for (let n = 0; n > by; n--) parts.unshift(insertPart(list, parts[0], parts.pop()))
    }
    this.#first = first
    const count = Math.max(0, last - first + 1)
    while (parts.length > count) removePart(parts.pop()!)
    while (parts.length < count) parts.push(insertPart(list))
    for (const [index, part] of parts.entries()) setChildPartValue(part, draw(first + index))
    return noChange
  }
}

export const rolling: (first: number, last: number, draw: (position: number) => unknown) => DirectiveResult =
  directive(Rolling)
