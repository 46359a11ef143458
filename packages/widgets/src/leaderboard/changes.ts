import type { BoardRow } from '@rai/stores'
import { html, nothing } from 'lit'
import { type Text, textOf } from '../shared/messages.js'
import { downIcon, icon, upIcon } from '../shared/on-demand/icons.js'
import type { Scene } from './scene.js'

export const words = { up: 'up {count}', down: 'down {count}' }

/**
 * Draws how far a row's rank has moved: one's own since one's last visit, the others since this page first showed them.
 * An arrow and a number for the eye, words for the ear. Another run is another beginning.
 */
export function rankChanges({ model, number }: Scene, text: Text<never>): (row: BoardRow) => unknown {
  const say = textOf(text, words)
  /** By member, and apart for the one who looks: their row is drawn before it is known to be theirs. */
  const first = new Map<string, number>()
  let about: string | undefined

  return ({ member, rank, me }) => {
    const { key, mine } = model()
    if (about !== key) first.clear()
    about = key
    const who = me ? 'me' : member.id
    const before = first.get(who) ?? (me ? mine?.seen?.rank : undefined) ?? rank
    first.set(who, before)
    if (before === rank) return nothing
    const way = rank < before ? 'up' : 'down'
    const count = number(Math.abs(rank - before))
    return html`<span class="change ${way}" part="change"
      >${icon(way === 'up' ? upIcon : downIcon)}<span aria-hidden="true">${count}</span
      ><span class="visually-hidden">${say(way, { count })}</span></span
    >`
  }
}
