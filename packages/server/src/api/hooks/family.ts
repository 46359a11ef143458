import { statement } from '../../http/envelopes.js'
import type { Family } from '../../http/family.js'

export const family: Family = {
  name: 'hooks',
  about: 'Where other systems have something done',
  prefix: '/hooks/v1/',
  // A call has names of its own, by which a repeat is told.
  repeatable: false,
  cacheable: false,
  envelope: statement,
}
