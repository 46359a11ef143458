import { html, nothing, type TemplateResult } from 'lit'
import { type Text, textOf } from '../../shared/messages.js'
import { alertIcon, eyeOffIcon, icon, retryIcon } from '../../shared/on-demand/icons.js'
import { stateView, styles } from '../../shared/on-demand/states.js'

export { styles }

export const words = {
  silentTitle: 'This page does not answer',
  silentText: 'It may be down, or not made to be shown here.',
  showAnyway: 'Show it anyway',
  floodTitle: 'This page was stopped',
  floodText: 'It sent more than your browser could bear.',
  offTitle: 'Not shown at the moment',
  offText: 'The team of this community has switched this page off.',
}

/** What stands where a page is not seen: why, and ways on. */
export default {
  broken(
    why: 'silent' | 'flood',
    text: Text<'retry'>,
    { again, anyway }: { again: () => void; anyway: () => void },
  ): TemplateResult {
    const say = textOf(text, words)
    return stateView({
      icon: alertIcon,
      title: say(`${why}Title`),
      text: say(`${why}Text`),
      action: html`<div class="ways">
        <button class="button quiet" part="retry-button" @click=${again}>${icon(retryIcon)}${text('retry')}</button>
        ${
          why === 'silent'
            ? html`<button class="text-button" part="show-button" @click=${anyway}>${say('showAnyway')}</button>`
            : nothing
        }
      </div>`,
    })
  },
  off(text: Text<'retry'>): TemplateResult {
    const say = textOf(text, words)
    return stateView({ icon: eyeOffIcon, title: say('offTitle'), text: say('offText') })
  },
}
