import { randomBytes } from 'node:crypto'
import { sql } from 'kysely'
import type { Tx } from '../../db/database.js'
import { newId } from '../ids.js'
import type { RootKey } from '../keys/secrets.js'

/** As Standard Webhooks write one. */
const prefix = 'whsec_'
/** How long the secret before the last rotation signs beside the new one. */
const overlapMs = 24 * 60 * 60_000

/** How secrets that sign look to people. */
export const writeSigningSecret = (secret: Buffer): string => prefix + secret.toString('base64')

const secrets = (tx: Tx, ownerIds: readonly string[], at: Date) =>
  tx.db
    .selectFrom('webhook_secrets')
    .where('community_id', '=', tx.communityId)
    .where(sql<boolean>`owner_id = any(${sql.val(ownerIds)}::uuid[])`)
    .where((eb) => eb.or([eb('ends_at', 'is', null), eb('ends_at', '>', at)]))

/** What a secret is for. Of a key, which incoming hooks have, only the SHA-256 is kept. */
export type Use = 'sign' | 'encrypt' | 'key'

/** Gives an endpoint, or an incoming hook, a secret: 32 random bytes, unless it is given one. */
export async function newSecret(
  tx: Tx,
  rootKey: RootKey,
  ownerId: string,
  use: Use,
  secret: Buffer = randomBytes(32),
): Promise<Buffer> {
  await tx.db
    .insertInto('webhook_secrets')
    .values({ community_id: tx.communityId, id: newId(), owner_id: ownerId, use, sealed: rootKey.wrap(secret) })
    .execute()
  return secret
}

/** Makes another secret, to sign with. For a day the one before is good as well, and none before that. */
export async function rotateSecret(
  tx: Tx,
  rootKey: RootKey,
  ownerId: string,
  at: Date,
  use: Use = 'sign',
  secret?: Buffer,
): Promise<Buffer> {
  const own = sql`community_id = ${tx.communityId} and owner_id = ${ownerId} and use = ${use}`
  await sql`delete from webhook_secrets where ${own} and ends_at is not null`.execute(tx.db)
  await sql`update webhook_secrets set ends_at = ${new Date(at.getTime() + overlapMs)} where ${own}`.execute(tx.db)
  return newSecret(tx, rootKey, ownerId, use, secret)
}

/** Forgets secrets: all that somebody has, or those of one use. */
export async function dropSecrets(tx: Tx, ownerId: string, use?: Use): Promise<void> {
  const all = tx.db
    .deleteFrom('webhook_secrets')
    .where('community_id', '=', tx.communityId)
    .where('owner_id', '=', ownerId)
  await (use ? all.where('use', '=', use) : all).execute()
}

/** What something is signed with, the newest first, and encrypted by, and the SHA-256 of its keys. */
export interface LiveSecrets {
  keys: Buffer[]
  signing: Buffer[]
  encrypting: Buffer | undefined
}

/** The secrets that are good at a moment, by whose they are. */
export async function liveSecrets(
  tx: Tx,
  rootKey: RootKey,
  ownerIds: readonly string[],
  at: Date,
): Promise<Map<string, LiveSecrets>> {
  const rows = await secrets(tx, ownerIds, at)
    .select(['owner_id', 'use', 'sealed'])
    .orderBy(sql`ends_at desc nulls first`)
    .execute()
  const live = new Map<string, LiveSecrets>(
    ownerIds.map((id) => [id, { keys: [], signing: [], encrypting: undefined }]),
  )
  for (const { owner_id, use, sealed } of rows) {
    const own = live.get(owner_id)!
    const secret = rootKey.unwrap(sealed)
    if (use === 'encrypt') own.encrypting = secret
    else own[use === 'sign' ? 'signing' : 'keys'].push(secret)
  }
  return live
}

/** When the last of the secrets that were rotated ends, by whose it is. */
export async function previousEnds(tx: Tx, ownerIds: readonly string[], at: Date): Promise<Map<string, Date>> {
  const rows = await secrets(tx, ownerIds, at)
    .select(['owner_id', 'ends_at'])
    .where('ends_at', 'is not', null)
    .orderBy('ends_at')
    .execute()
  return new Map(rows.map(({ owner_id, ends_at }) => [owner_id, ends_at!]))
}
