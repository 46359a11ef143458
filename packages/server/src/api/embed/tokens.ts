import type { families } from '@rai/contract'
import { Failure } from '../../domain/failure.js'
import { audienceOf, goodKeyById } from '../../domain/keys/keys.js'
import { identifyMember, readEmbedToken } from '../../domain/members/identify.js'
import type { Handlers } from '../../http/context.js'

export const tokens: Handlers<keyof typeof families.embed> = {
  'POST /v2/api/widget-access-keys/token': async ({ tx, body, principal, now, deps }) => {
    const key = await goodKeyById(tx, principal.keyId, now)
    if (!key) throw new Failure('unauthorized')
    const origins = audienceOf(key, body.origin)
    const member = await identifyMember(tx, key, body.userIdentifiers, now, body.referral)
    const { communityId, keyId: accessKeyId } = principal
    const claims = { communityId, memberId: member.id, accessKeyId, generation: key.generation, origins }
    const { token, expiresIn } = await deps.tokens.mint(claims, now)
    return { embedToken: token, expiresIn }
  },

  'POST /v2/api/widget-access-keys/validate': async ({ body, now, deps }) => {
    try {
      const { claims } = await readEmbedToken(deps, body.embedToken, now)
      const expiresIn = Math.max(0, Math.floor((claims.expiresAt.getTime() - now.getTime()) / 1000))
      return { valid: true, communityId: claims.communityId, userId: claims.memberId, expiresIn }
    } catch (error) {
      if (!(error instanceof Failure)) throw error
      return { valid: false, communityId: null, userId: null, expiresIn: null }
    }
  },
}
