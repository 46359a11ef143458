import type { families } from '@rai/contract'
import type { Handlers } from '../../http/context.js'
import { activity } from './activity.js'
import { bulk } from './bulk.js'
import { filter } from './filter.js'
import { messages } from './messages.js'
import { users } from './users.js'

export { family } from './family.js'

export const handlers: Handlers<keyof typeof families.integration> = {
  ...users,
  ...filter,
  ...activity,
  ...bulk,
  ...messages,
}
