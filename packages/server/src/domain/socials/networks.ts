import { type ConnectableNetwork, connectableNetworks, type SocialNetwork } from '@rai/contract'
import type { Tx } from '../../db/database.js'
import { emit } from '../events.js'
import type { RootKey } from '../keys/secrets.js'

/** An application that a community has registered at a network, but for its secret. */
export interface Application {
  network: ConnectableNetwork
  clientId: string
  updatedAt: Date
}

const networks = (tx: Tx) => tx.db.selectFrom('social_networks').where('community_id', '=', tx.communityId)

export const isConnectable = (network: SocialNetwork): network is ConnectableNetwork =>
  connectableNetworks.some((one) => one === network)

export const listNetworks = (tx: Tx): Promise<Application[]> =>
  networks(tx).select(['network', 'client_id as clientId', 'updated_at as updatedAt']).execute()

export const hasNetwork = async (tx: Tx, network: SocialNetwork): Promise<boolean> =>
  isConnectable(network) &&
  (await networks(tx).select('network').where('network', '=', network).executeTakeFirst()) !== undefined

/** What the application proves itself with; undefined where there is none. */
export async function credentialsOf(
  tx: Tx,
  rootKey: RootKey,
  network: ConnectableNetwork,
): Promise<{ clientId: string; clientSecret: string } | undefined> {
  const row = await networks(tx).selectAll().where('network', '=', network).executeTakeFirst()
  return row && { clientId: row.client_id, clientSecret: rootKey.unwrap(row.sealed).toString() }
}

export async function setNetwork(
  tx: Tx,
  rootKey: RootKey,
  network: ConnectableNetwork,
  { clientId, clientSecret }: { clientId: string; clientSecret: string },
  at: Date,
): Promise<void> {
  const values = {
    client_id: clientId.trim(),
    sealed: rootKey.wrap(Buffer.from(clientSecret.trim())),
    updated_at: at,
  }
  await tx.db
    .insertInto('social_networks')
    .values({ community_id: tx.communityId, network, ...values })
    .onConflict((oc) => oc.columns(['community_id', 'network']).doUpdateSet(values))
    .execute()
  await emit(tx, 'social.changed', null)
}

/** Safe to repeat. */
export async function removeNetwork(tx: Tx, network: ConnectableNetwork): Promise<void> {
  await tx.db
    .deleteFrom('social_networks')
    .where('community_id', '=', tx.communityId)
    .where('network', '=', network)
    .execute()
  await emit(tx, 'social.changed', null)
}
