import type { families } from '@rai/contract'
import type { Handlers } from '../../http/context.js'
import { keys } from './keys.js'
import { me } from './me.js'

export { family } from './family.js'

export const handlers: Handlers<keyof typeof families.user> = { ...keys, ...me }
