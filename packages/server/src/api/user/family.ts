import { statement } from '../../http/envelopes.js'
import type { Family } from '../../http/family.js'

export const family: Family = {
  name: 'user',
  about: 'The keys of a member’s own scripts, and what these ask about themselves',
  prefix: '/apis/v1/',
  repeatable: true,
  cacheable: false,
  envelope: statement,
}
