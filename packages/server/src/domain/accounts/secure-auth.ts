import { keyPrefixes } from '@rai/contract'
import type { Database, Tx } from '../../db/database.js'
import { Failure } from '../failure.js'
import { newId } from '../ids.js'
import { hashOf, isWellFormed, newSecret } from '../keys/text.js'
import { createMember, findMember, type Member, type NewMember } from '../members/members.js'
import { admitted } from '../members/moderation.js'
import { setAccessLevel } from '../roles.js'
import { beginSession, type Session, type SessionTokens } from './sessions.js'

const codeMs = 60_000

/**
 * A code that signs a member in, for the address that their browser is sent to. Who is not known yet is made.
 * @param accessLevel Gives the role that names it, and takes those that name another; undefined changes nothing.
 * @returns Also who it is for, and whether their roles have changed.
 * @throws Failure `forbidden` for an owner, `not_found` for somebody who is gone or of whom too little is known, `suspended`,
 * `banned`, or what making a member throws.
 */
export async function newLoginCode(
  tx: Tx,
  profile: NewMember,
  at: Date,
  accessLevel?: number,
): Promise<{ code: string; sessionId: string; member: Member; hasMoved: boolean }> {
  const { username } = profile
  const known = await findMember(tx, { username })
  if (!known && profile.email === undefined)
    throw new Failure(
      'not_found',
      'There is no such user yet. Send email, firstname, lastname and displayname as well.',
    )
  const member = await admitted(tx, known ?? (await createMember(tx, profile, at)))
  if (!member) throw new Failure('not_found', 'There is no such member.')
  if (member.role !== 'member') throw new Failure('forbidden', 'An owner signs in with a password.')
  const now = accessLevel === undefined ? member : await setAccessLevel(tx, member, accessLevel, at)
  const code = newSecret(keyPrefixes.loginCode)
  const sessionId = newId(at.getTime())
  await tx.db
    .insertInto('login_codes')
    .values({
      community_id: tx.communityId,
      hash: hashOf(code),
      member_id: member.id,
      session_id: sessionId,
      expires_at: new Date(at.getTime() + codeMs),
    })
    .execute()
  return { code, sessionId, member: now, hasMoved: now.revision > member.revision }
}

/**
 * Begins the session of a code, which works once.
 * @throws Failure `invalid_token`
 */
export async function redeemLoginCode(
  database: Database,
  code: string,
  at: Date,
): Promise<{ session: Session; tokens: SessionTokens }> {
  if (!isWellFormed(code)) throw new Failure('invalid_token')
  const hash = hashOf(code)
  const found = await database.lookup(hash.toString('hex'), (db) =>
    db.selectFrom('login_codes').select('community_id').where('hash', '=', hash).executeTakeFirst(),
  )
  if (!found) throw new Failure('invalid_token')
  const { community_id: communityId } = found
  const used = await database.tenant(communityId, ({ db }) =>
    db
      .deleteFrom('login_codes')
      .where('community_id', '=', communityId)
      .where('hash', '=', hash)
      .where('expires_at', '>', at)
      .returning(['member_id', 'session_id'])
      .executeTakeFirst(),
  )
  if (!used) throw new Failure('invalid_token')
  return database.accounts((tx) => beginSession(tx, { communityId, memberId: used.member_id }, at, used.session_id))
}
