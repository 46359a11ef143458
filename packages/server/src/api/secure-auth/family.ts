import { flagged } from '../../http/envelopes.js'
import type { Family } from '../../http/family.js'

export const family: Family = {
  name: 'secureAuth',
  about: 'Sign-in for a site’s own users',
  prefix: '/api/secureAuth',
  repeatable: false,
  cacheable: false,
  envelope: flagged,
}
