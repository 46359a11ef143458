import { createHmac, randomBytes } from 'node:crypto'
import type { Tx } from '../db/database.js'
import type { RootKey } from './keys/secrets.js'

/**
 * What a member is called by to the page of another origin: always the same there, and nothing that two origins, or two
 * communities, could find the same person by.
 */
export async function pairwiseName(tx: Tx, rootKey: RootKey, memberId: string, origin: string): Promise<string> {
  const secret = await secretOf(tx, rootKey)
  return createHmac('sha256', secret).update(`${origin} ${memberId}`).digest('base64url')
}

/** The community's own, made when it is first needed: the names outlive the root key that it is sealed by. */
async function secretOf(tx: Tx, rootKey: RootKey): Promise<Buffer> {
  const find = () =>
    tx.db.selectFrom('pairwise_secrets').select('sealed').where('community_id', '=', tx.communityId).executeTakeFirst()
  const known = await find()
  if (known) return rootKey.unwrap(known.sealed)
  await tx.db
    .insertInto('pairwise_secrets')
    .values({ community_id: tx.communityId, sealed: rootKey.wrap(randomBytes(32)) })
    .onConflict((oc) => oc.column('community_id').doNothing())
    .execute()
  return rootKey.unwrap((await find())!.sealed)
}
