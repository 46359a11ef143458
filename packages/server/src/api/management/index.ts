import type { families } from '@rai/contract'
import type { Handlers } from '../../http/context.js'
import { audit } from './audit.js'
import { gamification } from './gamification.js'
import { hooks } from './hooks.js'
import { keys } from './keys.js'
import { leaderboards } from './leaderboards.js'
import { milestones } from './milestones.js'
import { orders } from './orders.js'
import { products } from './products.js'
import { socials } from './socials.js'
import { store } from './store.js'
import { webhooks } from './webhooks.js'

export { family } from './family.js'

export const handlers: Handlers<keyof typeof families.management> = {
  ...leaderboards,
  ...milestones,
  ...gamification,
  ...keys,
  ...store,
  ...products,
  ...orders,
  ...audit,
  ...socials,
  ...webhooks,
  ...hooks,
}
