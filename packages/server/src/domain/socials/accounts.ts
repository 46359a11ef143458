import { createHash } from 'node:crypto'
import type { ConnectableNetwork } from '@rai/contract'
import { type Selectable, sql } from 'kysely'
import { type NetworkAccount, Tokens } from '../../calls/networks.js'
import type { Tx } from '../../db/database.js'
import type { Tables } from '../../db/tables.js'
import { emit } from '../events.js'
import { Failure } from '../failure.js'
import type { RootKey } from '../keys/secrets.js'
import { takeTurn } from '../locks.js'

/** A member's account on a network. `sealed` is null once it was disconnected: nothing tells then which account it was. */
export type SocialAccount = Selectable<Tables['social_accounts']>

/** By which an account is found again, and nothing else is told of it. */
const fingerprintOf = (communityId: string, network: ConnectableNetwork, accountId: string): Buffer =>
  createHash('sha256').update(`${communityId} ${network} ${accountId}`).digest()

export const sealTokens = (rootKey: RootKey, tokens: Tokens): Buffer =>
  rootKey.wrap(Buffer.from(JSON.stringify(tokens)))
export const openTokens = (rootKey: RootKey, sealed: Buffer): Tokens =>
  Tokens.parse(JSON.parse(rootKey.unwrap(sealed).toString()))

const accounts = (tx: Tx) => tx.db.selectFrom('social_accounts').where('community_id', '=', tx.communityId)

/** Every account that a member has or had connected, newest first. */
export const accountsOf = (tx: Tx, memberId: string): Promise<SocialAccount[]> =>
  accounts(tx).selectAll().where('member_id', '=', memberId).orderBy('connected_at', 'desc').execute()

/** The one that is connected now. */
export const connectedAccount = (
  tx: Tx,
  memberId: string,
  network: ConnectableNetwork,
): Promise<SocialAccount | undefined> =>
  accounts(tx)
    .selectAll()
    .where('member_id', '=', memberId)
    .where('network', '=', network)
    .where('sealed', 'is not', null)
    .executeTakeFirst()

/**
 * Connects an account to a member, in the place of the one before.
 * @returns What the one before was sealed as, if there was another one: the network need not keep it.
 * @throws Failure `conflict` where the account is, or was, another member's.
 */
export async function connectAccount(
  tx: Tx,
  rootKey: RootKey,
  {
    memberId,
    network,
    account,
    tokens,
  }: { memberId: string; network: ConnectableNetwork; account: NetworkAccount; tokens: Tokens },
  at: Date,
): Promise<Buffer | null> {
  // One member connects one account at a time.
  await takeTurn(tx, 'social accounts', memberId)
  const fingerprint = fingerprintOf(tx.communityId, network, account.id)
  const before = await connectedAccount(tx, memberId, network)
  const replaced = before && !before.fingerprint.equals(fingerprint) ? await forgetAccount(tx, before) : null
  const values = {
    account_id: account.id,
    name: account.name.slice(0, 200),
    account_created_at: account.createdAt,
    sealed: sealTokens(rootKey, tokens),
    is_expired: false,
    connected_at: at,
    used_at: at,
  }
  const kept = await tx.db
    .insertInto('social_accounts')
    .values({ community_id: tx.communityId, network, fingerprint, member_id: memberId, ...values })
    .onConflict((oc) =>
      oc
        .columns(['community_id', 'network', 'fingerprint'])
        .doUpdateSet(values)
        .where('social_accounts.member_id', '=', memberId),
    )
    .returning('member_id')
    .executeTakeFirst()
  if (!kept) throw new Failure('conflict', 'This account is another member’s here.')
  await emit(tx, 'social.changed', memberId)
  return replaced
}

/**
 * Disconnects the account that is connected now, if one is.
 * @returns What our permission was sealed as, which the network is to have back.
 */
export async function disconnectAccount(tx: Tx, memberId: string, network: ConnectableNetwork): Promise<Buffer | null> {
  // One that is being connected at this moment is there after it, and this one is not.
  await takeTurn(tx, 'social accounts', memberId)
  const account = await connectedAccount(tx, memberId, network)
  return account ? forgetAccount(tx, account) : null
}

/** Forgets an account but for its fingerprint. Returns what our permission was sealed as. */
async function forgetAccount(
  tx: Tx,
  { network, fingerprint, member_id, sealed }: SocialAccount,
): Promise<Buffer | null> {
  await tx.db
    .updateTable('social_accounts')
    .set({ account_id: null, name: null, account_created_at: null, sealed: null, is_expired: false, used_at: null })
    .where('community_id', '=', tx.communityId)
    .where('network', '=', network)
    .where('fingerprint', '=', fingerprint)
    .execute()
  await emit(tx, 'social.changed', member_id)
  return sealed
}

/** Remembers what came of asking with an account, unless it was connected anew meanwhile. Answers whether it did. */
export async function accountUsed(
  tx: Tx,
  { network, fingerprint, sealed }: SocialAccount,
  changes: { sealed?: Buffer; is_expired?: boolean; used_at: Date },
): Promise<boolean> {
  const { numUpdatedRows } = await tx.db
    .updateTable('social_accounts')
    .set(changes)
    .where('community_id', '=', tx.communityId)
    .where('network', '=', network)
    .where('fingerprint', '=', fingerprint)
    .where('sealed', '=', sealed)
    .executeTakeFirst()
  return numUpdatedRows > 0n
}

/** Takes away what networks told of members. Their accounts may be somebody else's from then on. */
export async function eraseAccounts(tx: Tx, memberIds: readonly string[]): Promise<void> {
  for (const table of ['social_accounts', 'social_tickets'] as const)
    await tx.db
      .deleteFrom(table)
      .where('community_id', '=', tx.communityId)
      .where(sql<boolean>`member_id = any(${sql.val(memberIds)}::uuid[])`)
      .execute()
}
