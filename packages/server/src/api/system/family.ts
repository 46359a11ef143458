import { withBody } from '../../http/envelopes.js'
import type { Family } from '../../http/family.js'

export const family: Family = {
  name: 'system',
  about: 'What operators and their tools ask, and how people sign in',
  prefix: '/api/v1/',
  repeatable: true,
  cacheable: false,
  envelope: withBody,
}
