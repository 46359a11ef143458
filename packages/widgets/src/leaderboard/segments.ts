import type { Board } from '@rai/stores'
import { html, type TemplateResult } from 'lit'
import { type Text, textOf } from '../shared/messages.js'
import { tabs } from '../shared/tabs.js'

export const words = { segments: 'Group', everyone: 'Everyone' }

/** A board and the boards that rank a part of its members, as tabs. The board itself is no segment. */
export function segments(
  { segments }: Board,
  selected: string | undefined,
  text: Text<never>,
  choose: (segment: string | undefined) => void,
): TemplateResult {
  const say = textOf(text, words)
  const group = tabs({
    label: say('segments'),
    tabs: [{ id: '', text: say('everyone') }, ...segments.map(({ id, name }) => ({ id, text: name }))],
    selected: selected ?? '',
    select: (id) => choose(id || undefined),
    panel: 'panel',
  })
  return html`<div class="segments" part="segments">${group}</div>`
}
