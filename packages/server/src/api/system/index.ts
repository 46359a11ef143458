import type { families } from '@rai/contract'
import type { Handlers } from '../../http/context.js'
import { accounts } from './accounts.js'
import { badges } from './badges.js'
import { channels } from './channels.js'
import { moderation } from './moderation.js'
import { roles } from './roles.js'
import { servers } from './servers.js'

export { family } from './family.js'

export const handlers: Handlers<keyof typeof families.system> = {
  ...accounts,
  ...servers,
  ...roles,
  ...channels,
  ...badges,
  ...moderation,
}
