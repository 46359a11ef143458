import { table } from '../../route.js'
import { accounts } from './accounts.js'
import { badges } from './badges.js'
import { channels } from './channels.js'
import { moderation } from './moderation.js'
import { roles } from './roles.js'
import { servers } from './servers.js'

/** What operators and their tools ask, and how people sign in. Paths and bodies as documented for the original, where they are. */
export const system = table({ ...accounts, ...servers, ...roles, ...channels, ...badges, ...moderation })
