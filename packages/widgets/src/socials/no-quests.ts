import type { TemplateResult } from 'lit'
import { type Text, textOf } from '../shared/messages.js'
import { flagIcon } from '../shared/on-demand/icons.js'
import { failureView, staleView, stateView } from '../shared/on-demand/states.js'

export { styles } from '../shared/on-demand/states.js'

export const words = {
  emptyTitle: 'No quests yet',
  emptyText: 'They show up here as soon as there are some.',
}

function empty(text: Text<never>): TemplateResult {
  const say = textOf(text, words)
  return stateView({ icon: flagIcon, title: say('emptyTitle'), text: say('emptyText') })
}

/** What tells why there are no quests, or no fresh ones. */
export default { failed: failureView, empty, stale: staleView }
