import { table } from '../../route.js'
import { audit } from './audit.js'
import { gamification } from './gamification.js'
import { hooks } from './hooks.js'
import { keys } from './keys.js'
import { leaderboards } from './leaderboards.js'
import { milestones } from './milestones.js'
import { socials } from './socials.js'
import { store } from './store.js'
import { webhooks } from './webhooks.js'

export type { AuditActor } from './audit.js'
export type { HookAction, HookFields, HookOutcome, HookSecret } from './hooks.js'
export { type IdentifierMeaning, keyKinds } from './keys.js'
export { Leaderboard, rankingFields, timeFilters } from './leaderboards.js'
export type { Condition, Multiplier, Task } from './milestones.js'
export { type AccessRule, type Discount, productFields, type VariablePrice } from './store.js'
export type { DeliveryStatus, DisabledReason, WebhookFields } from './webhooks.js'

/** What operators configure. */
export const management = table({
  ...leaderboards,
  ...milestones,
  ...gamification,
  ...keys,
  ...store,
  ...socials,
  ...webhooks,
  ...hooks,
  ...audit,
})
