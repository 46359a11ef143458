import { randomBytes } from 'node:crypto'
import { type ConnectableNetwork, socialNetworks } from '@rai/contract'
import type { Selectable } from 'kysely'
import type { Logger } from 'pino'
import { type Client, endsGrant, NetworkFailure, type Networks } from '../../calls/networks.js'
import type { Database, Tx } from '../../db/database.js'
import type { Tables } from '../../db/tables.js'
import { Failure } from '../failure.js'
import { isId } from '../ids.js'
import type { RootKey } from '../keys/secrets.js'
import { hashOf } from '../keys/text.js'
import { activeMember } from '../members/members.js'
import { connectAccount, openTokens } from './accounts.js'
import { credentialsOf } from './networks.js'

/*
 * A member goes to a network and comes back, in a window of a browser that we know nothing of. A ticket stands for it: the
 * address of our page holds one, and what the network sends back (`state`). It is bound to the browser by a cookie before it
 * leaves, and works once. So nobody connects an account by a link that somebody else made for them, without our page
 * telling them for whom; and nobody uses up what another browser began.
 */

type Ticket = Selectable<Tables['social_tickets']>

const ticketMs = 10 * 60_000
const ticketShape = /^([0-9a-f-]{36})\.[\w-]{43}$/

/** The community that a ticket names. @throws Failure `invalid_token` for what is no ticket. */
export function communityOf(ticket: string): string {
  const communityId = ticketShape.exec(ticket)?.[1]
  if (communityId === undefined || !isId(communityId)) throw new Failure('invalid_token')
  return communityId
}

/** @throws Failure `conflict` where the community has not set the network up. */
export async function newTicket(
  tx: Tx,
  rootKey: RootKey,
  { memberId, network, returnTo }: { memberId: string; network: ConnectableNetwork; returnTo: string | null },
  at: Date,
): Promise<{ ticket: string; expiresAt: Date }> {
  if (!(await credentialsOf(tx, rootKey, network)))
    throw new Failure('conflict', `Accounts of ${socialNetworks[network].name} cannot be connected here.`)
  const ticket = `${tx.communityId}.${randomBytes(32).toString('base64url')}`
  const expiresAt = new Date(at.getTime() + ticketMs)
  await tx.db
    .insertInto('social_tickets')
    .values({
      community_id: tx.communityId,
      hash: hashOf(ticket),
      member_id: memberId,
      network,
      sealed: rootKey.wrap(Buffer.from(randomBytes(32).toString('base64url'))),
      return_to: returnTo,
      expires_at: expiresAt,
    })
    .execute()
  return { ticket, expiresAt }
}

/** @throws Failure `invalid_token` for one that was used, has expired, or never was. */
export async function readTicket(tx: Tx, ticket: string, at: Date): Promise<Ticket> {
  const row = await tx.db
    .selectFrom('social_tickets')
    .selectAll()
    .where('community_id', '=', tx.communityId)
    .where('hash', '=', hashOf(ticket))
    .where('expires_at', '>', at)
    .executeTakeFirst()
  if (!row) throw new Failure('invalid_token')
  return row
}

/**
 * Binds a ticket to a browser, which is sent to the network by it.
 * @returns What that takes.
 * @throws Failure `invalid_token` also where another browser has gone.
 */
export async function leaveWith(
  tx: Tx,
  rootKey: RootKey,
  ticket: string,
  browser: string,
  at: Date,
): Promise<{ network: ConnectableNetwork; clientId: string; verifier: string }> {
  const { network, sealed } = await readTicket(tx, ticket, at)
  const browserHash = hashOf(browser)
  const { numUpdatedRows } = await tx.db
    .updateTable('social_tickets')
    .set({ browser_hash: browserHash })
    .where('community_id', '=', tx.communityId)
    .where('hash', '=', hashOf(ticket))
    .where((eb) => eb.or([eb('browser_hash', 'is', null), eb('browser_hash', '=', browserHash)]))
    .executeTakeFirst()
  const client = await credentialsOf(tx, rootKey, network)
  if (numUpdatedRows === 0n || !client) throw new Failure('invalid_token')
  return { network, clientId: client.clientId, verifier: rootKey.unwrap(sealed).toString() }
}

/** Uses a ticket up. @throws Failure `invalid_token` also for another browser than the one that went: that one may still come. */
async function useTicket(tx: Tx, ticket: string, browser: string, at: Date): Promise<Ticket> {
  const row = await tx.db
    .deleteFrom('social_tickets')
    .where('community_id', '=', tx.communityId)
    .where('hash', '=', hashOf(ticket))
    .where('browser_hash', '=', hashOf(browser))
    .where('expires_at', '>', at)
    .returningAll()
    .executeTakeFirst()
  if (!row || !(await activeMember(tx, row.member_id))) throw new Failure('invalid_token')
  return row
}

interface Deps {
  database: Database
  rootKey: RootKey
  networks: Networks
  log: Pick<Logger, 'warn'>
}

/** What came of it. `declined`: the member, or the network, said no. */
export interface Outcome {
  network: ConnectableNetwork
  is: 'connected' | 'declined' | 'taken' | 'unreachable'
  returnTo: string | null
}

/**
 * Ends what a ticket began: asks the network who came, and connects them. Nothing is asked within a transaction.
 * @param code What the network sends along; null where it says no.
 * @throws Failure `invalid_token`
 */
export async function comeBack(
  { database, rootKey, networks, log }: Deps,
  { ticket, browser, code, redirectUri }: { ticket: string; browser: string; code: string | null; redirectUri: string },
  at: Date,
): Promise<Outcome> {
  const communityId = communityOf(ticket)
  const { row, client } = await database.tenant(communityId, async (tx) => {
    const row = await useTicket(tx, ticket, browser, at)
    return { row, client: await credentialsOf(tx, rootKey, row.network) }
  })
  const { network, member_id: memberId, return_to: returnTo } = row
  const ended = (is: Outcome['is']): Outcome => ({ network, is, returnTo })
  if (code === null || !client) return ended('declined')
  try {
    const verifier = rootKey.unwrap(row.sealed).toString()
    const tokens = await networks.exchange(network, client, { code, redirectUri, verifier })
    try {
      const account = await networks.whoIs(network, client, tokens)
      const replaced = await database.tenant(communityId, (tx) =>
        connectAccount(tx, rootKey, { memberId, network, account, tokens }, at),
      )
      if (replaced) giveBack({ rootKey, networks, log }, network, client, replaced)
      return ended('connected')
    } catch (error) {
      // What is not kept is not kept at the network either, unless whose account it is would lose theirs with it.
      if (!(isTaken(error) && endsGrant(network))) await networks.revoke(network, client, tokens).catch(() => {})
      throw error
    }
  } catch (error) {
    if (isTaken(error)) return ended('taken')
    if (!(error instanceof NetworkFailure)) throw error
    log.warn({ network, reason: error.message }, 'an account could not be connected')
    return ended(error.isRefused ? 'declined' : 'unreachable')
  }
}

/** Whether it is what `connectAccount` says of another member’s account. */
const isTaken = (error: unknown): boolean => error instanceof Failure && error.code === 'conflict'

/** Gives our permission back to the network, as far as it can be reached: here it is forgotten already. */
export function giveBack(
  { rootKey, networks, log }: Pick<Deps, 'rootKey' | 'networks' | 'log'>,
  network: ConnectableNetwork,
  client: Client,
  sealed: Buffer,
): void {
  networks
    .revoke(network, client, openTokens(rootKey, sealed))
    .catch((error: Error) => log.warn({ network, reason: error.message }, 'a permission could not be given back'))
}
