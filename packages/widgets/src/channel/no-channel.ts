import type { ApiError } from '@rai/stores'
import type { TemplateResult } from 'lit'
import { type Text, textOf } from '../shared/messages.js'
import { lockIcon } from '../shared/on-demand/icons.js'
import { failureView, retryButton, staleView, stateView } from '../shared/on-demand/states.js'

export { styles } from '../shared/on-demand/states.js'

export const words = {
  noChannelTitle: 'This channel is not open to you',
  noChannelText: 'It may be for others, or have been taken down.',
}

/** What is not found may be there for others: nobody is told which. */
function failed(error: ApiError, text: Text<'retry'>, retry: () => void): TemplateResult {
  const say = textOf(text, words)
  return error.code === 'not_found'
    ? stateView({
        icon: lockIcon,
        title: say('noChannelTitle'),
        text: say('noChannelText'),
        action: retryButton(text, retry),
      })
    : failureView(error, text, retry)
}

/** What tells why there is no channel to see, or nothing fresh of it. */
export default { failed, stale: staleView }
