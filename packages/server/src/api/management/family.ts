import { withMeta } from '../../http/envelopes.js'
import type { Family } from '../../http/family.js'

export const family: Family = {
  name: 'management',
  about: 'What operators configure',
  prefix: '/v1/',
  repeatable: true,
  cacheable: false,
  envelope: withMeta,
}
