import type { families } from '@rai/contract'
import type { Handlers } from '../../http/context.js'
import { channels } from './channels.js'
import { config } from './config.js'
import { leaderboards } from './leaderboards.js'
import { me } from './me.js'
import { messages } from './messages.js'
import { milestones } from './milestones.js'
import { progress } from './progress.js'
import { socials } from './socials.js'
import { store } from './store.js'
import { stream } from './stream.js'

export { family } from './family.js'

export const handlers: Handlers<keyof typeof families.widget> = {
  ...config,
  ...me,
  ...leaderboards,
  ...milestones,
  ...progress,
  ...store,
  ...socials,
  ...channels,
  ...messages,
  ...stream,
}
