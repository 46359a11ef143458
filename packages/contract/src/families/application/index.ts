import { table } from '../../route.js'
import { communityUsers } from './community-users.js'
import { messages } from './messages.js'
import { userFields } from './user-fields.js'

/** What apps ask for a member who signed in, or for the community. Paths and bodies as documented for the original, where they are. */
export const application = table({ ...communityUsers, ...userFields, ...messages })
