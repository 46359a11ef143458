import type { families } from '@rai/contract'
import type { Handlers } from '../../http/context.js'
import { audit } from './audit.js'
import { gamification } from './gamification.js'
import { keys } from './keys.js'
import { leaderboards } from './leaderboards.js'
import { milestones } from './milestones.js'

export { family } from './family.js'

export const handlers: Handlers<keyof typeof families.management> = {
  ...leaderboards,
  ...milestones,
  ...gamification,
  ...keys,
  ...audit,
}
