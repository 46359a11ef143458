import type { families } from '@rai/contract'
import type { Handlers } from '../../http/context.js'
import { bulk } from './bulk.js'
import { users } from './users.js'

export { family } from './family.js'

export const handlers: Handlers<keyof typeof families.integration> = { ...users, ...bulk }
