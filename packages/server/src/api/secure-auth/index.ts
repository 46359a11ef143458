import type { families } from '@rai/contract'
import { newLoginCode } from '../../domain/accounts/secure-auth.js'
import type { Handlers } from '../../http/context.js'
import { linkTo } from '../../pages/accounts.js'

export { family } from './family.js'

export const handlers: Handlers<keyof typeof families.secureAuth> = {
  'GET /api/secureAuth': async ({ tx, query, note, now, deps }) => {
    const { userId: username, email, displayname: displayName, firstname: firstName, lastname: lastName } = query
    const profile = { username, email, displayName, firstName, lastName }
    const { code, sessionId, member, hasMoved } = await newLoginCode(tx, profile, now, query.accessLevel)
    note.objects = { userId: member.id }
    note.isNothing = !hasMoved
    return { loginUrl: linkTo(deps.config.publicUrl, 'sign-in', code), sessionId, username }
  },
}
