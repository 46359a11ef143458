import { statement } from '../../http/envelopes.js'
import type { Family } from '../../http/family.js'

export const family: Family = {
  name: 'integration',
  about: 'What the community’s own back-ends ask',
  prefix: '/apis/v1/',
  repeatable: true,
  cacheable: false,
  envelope: statement,
}
