import { withMeta } from '../../http/envelopes.js'
import type { Family } from '../../http/family.js'

export const family: Family = {
  name: 'application',
  about: 'What apps ask about the members of a community, and their custom fields',
  prefix: '/apis/v1/communities/',
  repeatable: true,
  cacheable: false,
  envelope: withMeta,
}
