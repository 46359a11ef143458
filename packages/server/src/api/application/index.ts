import type { families } from '@rai/contract'
import type { Handlers } from '../../http/context.js'
import { communityUsers } from './community-users.js'
import { histories } from './histories.js'
import { messages } from './messages.js'
import { userFields } from './user-fields.js'

export { family } from './family.js'

export const handlers: Handlers<keyof typeof families.application> = {
  ...communityUsers,
  ...userFields,
  ...histories,
  ...messages,
}
