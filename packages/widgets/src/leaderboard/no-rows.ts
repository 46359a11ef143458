import type { BoardRun } from '@rai/stores'
import type { TemplateResult } from 'lit'
import { formatMoment } from '../shared/format.js'
import { type Text, textOf } from '../shared/messages.js'
import { clockIcon, trophyIcon } from '../shared/on-demand/icons.js'
import { failureView, staleView, stateView } from '../shared/on-demand/states.js'

export { styles } from '../shared/on-demand/states.js'

export const words = {
  emptyTitle: 'No scores yet',
  emptyText: 'The first one to score leads the list.',
  emptyPastText: 'Nobody scored in this period.',
  noBoardsTitle: 'No leaderboard yet',
  noBoardsText: 'It shows up here as soon as there is one.',
  notStartedTitle: 'Not started yet',
  notStartedText: 'Ranking begins {time}.',
}

/** Why a run has no rows; without a run, why there is none. `past`: somebody went back to it. */
function empty(run: BoardRun | undefined, past: boolean, text: Text<never>, locale: string): TemplateResult {
  const say = textOf(text, words)
  if (!run) return stateView({ icon: trophyIcon, title: say('noBoardsTitle'), text: say('noBoardsText') })
  if (run.state === 'not_started' && run.startsAt) {
    const time = formatMoment(locale, new Date(run.startsAt))
    return stateView({ icon: clockIcon, title: say('notStartedTitle'), text: say('notStartedText', { time }) })
  }
  const why = past || run.state !== 'open' ? 'emptyPastText' : 'emptyText'
  return stateView({ icon: trophyIcon, title: say('emptyTitle'), text: say(why) })
}

/** What tells why there are no rows, or no fresh ones. */
export default { failed: failureView, empty, stale: staleView }
