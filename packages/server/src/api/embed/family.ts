import { statement } from '../../http/envelopes.js'
import type { Family } from '../../http/family.js'

export const family: Family = {
  name: 'embed',
  about: 'Tokens that name a member to the widgets of a page',
  prefix: '/v2/api/widget-access-keys/',
  // A token that was minted once would come back older.
  repeatable: false,
  cacheable: false,
  envelope: statement,
}
