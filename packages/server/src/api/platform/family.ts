import { bare } from '../../http/envelopes.js'
import type { Family } from '../../http/family.js'

export const family: Family = {
  name: 'platform',
  about: 'What belongs to the installation',
  // And every path that is nobody’s.
  prefix: '/',
  repeatable: false,
  cacheable: false,
  envelope: bare,
}
