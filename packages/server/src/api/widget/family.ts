import { bare } from '../../http/envelopes.js'
import type { Family } from '../../http/family.js'

export const family: Family = {
  name: 'widget',
  about: 'What browsers ask',
  prefix: '/widget/v1/',
  repeatable: true,
  cacheable: true,
  envelope: bare,
}
