import type { MilestoneChoice } from '@rai/stores'
import { html, type TemplateResult } from 'lit'
import { type Text, textOf } from '../shared/messages.js'
import { trophyIcon } from '../shared/on-demand/icons.js'
import { failureView, staleView, stateView } from '../shared/on-demand/states.js'

export { styles } from '../shared/on-demand/states.js'

export const words = {
  emptyTitle: 'No milestones yet',
  emptyText: 'They show up here as soon as there are some.',
  noneTitle: 'Nothing of that kind',
  noneText: 'No milestone here is like that at the moment.',
  showAll: 'Show all',
}

/** Why there are no milestones: none at all, or none that are like what was chosen. */
function empty({ filter, label }: MilestoneChoice, text: Text<never>, showAll: () => void): TemplateResult {
  const say = textOf(text, words)
  if (!filter && !label) return stateView({ icon: trophyIcon, title: say('emptyTitle'), text: say('emptyText') })
  const action = html`<button class="button quiet" @click=${showAll}>${say('showAll')}</button>`
  return stateView({ icon: trophyIcon, title: say('noneTitle'), text: say('noneText'), action })
}

/** What tells why there are no milestones, or no fresh ones. */
export default { failed: failureView, empty, stale: staleView }
