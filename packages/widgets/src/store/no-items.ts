import type { TemplateResult } from 'lit'
import { html } from 'lit'
import { type Text, textOf } from '../shared/messages.js'
import { bagIcon, searchIcon } from '../shared/on-demand/icons.js'
import { failureView, staleView, stateView } from '../shared/on-demand/states.js'

export { styles } from '../shared/on-demand/states.js'

export const words = {
  emptyTitle: 'Nothing here yet',
  emptyText: 'What you can get for your coins shows up here.',
  noHitsTitle: 'Nothing found',
  noHitsText: 'Nothing here is all that you chose.',
  showAll: 'Show everything',
}

/** Why there are no items: there are none at all, or none of what was chosen, which `showAll` takes back. */
function empty(showAll: (() => void) | undefined, text: Text<never>): TemplateResult {
  const say = textOf(text, words)
  if (!showAll) return stateView({ icon: bagIcon, title: say('emptyTitle'), text: say('emptyText') })
  return stateView({
    icon: searchIcon,
    title: say('noHitsTitle'),
    text: say('noHitsText'),
    action: html`<button class="button quiet" part="show-all-button" @click=${showAll}>${say('showAll')}</button>`,
  })
}

/** What tells why there are no items, or no fresh ones. */
export default { failed: failureView, empty, stale: staleView }
