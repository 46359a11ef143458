import { randomBytes } from 'node:crypto'
import type { Tx } from '../../db/database.js'
import type { RootKey } from '../keys/secrets.js'

/** As Standard Webhooks write one. */
const prefix = 'whsec_'

/** Makes what requests to operators' endpoints are signed with, in the place of what did before. It is shown this once. */
export async function newSigningSecret(tx: Tx, rootKey: RootKey): Promise<string> {
  const secret = randomBytes(32)
  const sealed = rootKey.wrap(secret)
  await tx.db
    .insertInto('social_secrets')
    .values({ community_id: tx.communityId, sealed })
    .onConflict((oc) => oc.column('community_id').doUpdateSet({ sealed }))
    .execute()
  return prefix + secret.toString('base64')
}

const secrets = (tx: Tx) => tx.db.selectFrom('social_secrets').where('community_id', '=', tx.communityId)

export const hasSigningSecret = async (tx: Tx): Promise<boolean> =>
  (await secrets(tx).select('community_id').executeTakeFirst()) !== undefined

/** The bytes to sign with. */
export async function signingSecret(tx: Tx, rootKey: RootKey): Promise<Buffer> {
  const { sealed } = await secrets(tx).select('sealed').executeTakeFirstOrThrow()
  return rootKey.unwrap(sealed)
}
