import { keyPrefixes } from '@rai/contract'
import type { Selectable } from 'kysely'
import type { AccountsTx, Database } from '../../db/database.js'
import type { Tables } from '../../db/tables.js'
import { newId } from '../ids.js'
import { hashOf, isWellFormed, newSecret } from '../keys/text.js'

/** A login on one device. */
export type Session = Selectable<Tables['sessions']>

/** Who signs in: a person, everywhere; or a member of one community, there alone. */
export type SignedIn = { accountId: string } | { communityId: string; memberId: string }

/** What a client holds. Only hashes of the two are kept. */
export interface SessionTokens {
  accessToken: string
  refreshToken: string
  /** Seconds that the access token is good for. */
  expiresIn: number
}

const accessSeconds = 15 * 60
const refreshMs = 30 * 24 * 60 * 60_000

/** Begins a login. */
export async function beginSession(
  tx: AccountsTx,
  who: SignedIn,
  at: Date,
  id: string = newId(at.getTime()),
): Promise<{ session: Session; tokens: SessionTokens }> {
  const session = await tx.db
    .insertInto('sessions')
    .values({
      id,
      account_id: 'accountId' in who ? who.accountId : null,
      bound_to: 'communityId' in who ? who.communityId : null,
      member_id: 'communityId' in who ? who.memberId : null,
      created_at: at,
      expires_at: new Date(at.getTime() + refreshMs),
    })
    .returningAll()
    .executeTakeFirstOrThrow()
  return { session, tokens: await issue(tx, id, at) }
}

async function issue({ db }: AccountsTx, sessionId: string, at: Date): Promise<SessionTokens> {
  const accessToken = newSecret(keyPrefixes.accessToken)
  const refreshToken = newSecret(keyPrefixes.refreshToken)
  const row = (kind: 'access' | 'refresh', token: string, ms: number) => ({
    hash: hashOf(token),
    session_id: sessionId,
    kind,
    expires_at: new Date(at.getTime() + ms),
    used_at: null,
  })
  await db
    .insertInto('session_tokens')
    .values([row('access', accessToken, accessSeconds * 1000), row('refresh', refreshToken, refreshMs)])
    .execute()
  return { accessToken, refreshToken, expiresIn: accessSeconds }
}

/** The session that a refresh token would renew, which it goes on doing. */
export async function sessionToRefresh({ db }: AccountsTx, token: string, at: Date): Promise<Session | undefined> {
  if (!isWellFormed(token)) return undefined
  return db
    .selectFrom('session_tokens as t')
    .innerJoin('sessions as s', 's.id', 't.session_id')
    .selectAll('s')
    .where('t.hash', '=', hashOf(token))
    .where('t.kind', '=', 'refresh')
    .where('t.expires_at', '>', at)
    .where('t.used_at', 'is', null)
    .executeTakeFirst()
}

/**
 * New tokens for a refresh token, once. A second time it was stolen, or stolen before: nobody can tell which of the two
 * who showed it is the thief, so that the session ends for both.
 * @returns Undefined for a token that is not good. What it did to the session has to be committed all the same.
 */
export async function refreshSession(
  tx: AccountsTx,
  token: string,
  at: Date,
): Promise<{ session: Session; tokens: SessionTokens } | undefined> {
  if (!token.startsWith(keyPrefixes.refreshToken) || !isWellFormed(token)) return undefined
  const hash = hashOf(token)
  const used = await tx.db
    .updateTable('session_tokens')
    .set({ used_at: at })
    .where('hash', '=', hash)
    .where('kind', '=', 'refresh')
    .where('expires_at', '>', at)
    .where('used_at', 'is', null)
    .returning('session_id')
    .executeTakeFirst()
  if (!used) {
    const before = await tx.db
      .selectFrom('session_tokens')
      .select('session_id')
      .where('hash', '=', hash)
      .where('used_at', 'is not', null)
      .executeTakeFirst()
    if (before) await endSession(tx, before.session_id)
    return undefined
  }
  const session = await tx.db
    .updateTable('sessions')
    .set({ expires_at: new Date(at.getTime() + refreshMs) })
    .where('id', '=', used.session_id)
    .returningAll()
    .executeTakeFirstOrThrow()
  return { session, tokens: await issue(tx, session.id, at) }
}

/** The session that an access token is of, while both are good. A text that cannot be one costs no query. */
export async function findSession(
  database: Database,
  token: string,
  at: Date,
): Promise<(Session & { endsAt: Date }) | undefined> {
  if (!isWellFormed(token)) return undefined
  return database.accounts(({ db }) =>
    db
      .selectFrom('session_tokens as t')
      .innerJoin('sessions as s', 's.id', 't.session_id')
      .selectAll('s')
      .select('t.expires_at as endsAt')
      .where('t.hash', '=', hashOf(token))
      .where('t.kind', '=', 'access')
      .where('t.expires_at', '>', at)
      .executeTakeFirst(),
  )
}

/** Ends a login at once, with every token of it. */
export async function endSession({ db }: AccountsTx, id: string): Promise<void> {
  await db.deleteFrom('sessions').where('id', '=', id).execute()
}

/** Ends every login of an account. */
export async function endSessionsOf({ db }: AccountsTx, accountId: string): Promise<void> {
  await db.deleteFrom('sessions').where('account_id', '=', accountId).execute()
}
