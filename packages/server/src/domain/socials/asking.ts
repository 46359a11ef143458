import { askEndpoint } from '../../calls/endpoint.js'
import type { GuardedFetch } from '../../calls/fetch.js'
import { NetworkFailure, type Networks } from '../../calls/networks.js'
import type { Database } from '../../db/database.js'
import { newId } from '../ids.js'
import type { RootKey } from '../keys/secrets.js'
import { defaultExternalIdType, type Member } from '../members/members.js'
import { accountUsed, connectedAccount, openTokens, sealTokens } from './accounts.js'
import type { Turn, Verdict } from './claims.js'
import { credentialsOf, isConnectable } from './networks.js'
import { countsReferrals, type Quest } from './quests.js'
import { signingSecret } from './secret.js'

interface Deps {
  database: Database
  rootKey: RootKey
  networks: Networks
  fetchGuarded: GuardedFetch
  clock(): Date
}

const dayMs = 86_400_000

/** Whether somebody outside is asked whether a quest is done. */
export const isAskedOutside = (quest: Quest): boolean =>
  quest.proof === 'api' || (quest.proof === 'account' && !countsReferrals(quest))

/** Asks who knows: the operator's endpoint, or the network. Nothing of it happens within a transaction. */
export const askWhoKnows = (deps: Deps, quest: Quest, member: Member, turn: Turn): Promise<Verdict> =>
  quest.proof === 'api' ? askOperator(deps, quest, member, turn) : askNetwork(deps, quest, member)

async function askOperator(
  { database, rootKey, fetchGuarded, clock }: Deps,
  { community_id, id, network, action, settings }: Quest,
  member: Member,
  { openedAt }: Turn,
): Promise<Verdict> {
  const { secret, externalId } = await database.tenant(
    community_id,
    async (tx) => {
      const known = await tx.db
        .selectFrom('member_external_ids')
        .select('value')
        .where('community_id', '=', tx.communityId)
        .where('type', '=', defaultExternalIdType)
        .where('member_id', '=', member.id)
        .executeTakeFirst()
      return { secret: await signingSecret(tx, rootKey), externalId: known?.value ?? null }
    },
    { snapshot: true },
  )
  const payload = {
    questId: id,
    userId: member.id,
    externalId,
    username: member.username,
    action,
    network,
    openedAt: openedAt.toISOString(),
  }
  return askEndpoint(fetchGuarded, { id: newId(), endpoint: settings.endpoint!, secret, payload }, clock())
}

async function askNetwork(
  { database, rootKey, networks, clock }: Deps,
  { community_id, network, action, settings }: Quest,
  member: Member,
): Promise<Verdict> {
  if (!isConnectable(network)) return { is: 'no', reason: 'unreachable' }
  const { account, client } = await database.tenant(
    community_id,
    async (tx) => ({
      account: await connectedAccount(tx, member.id, network),
      client: await credentialsOf(tx, rootKey, network),
    }),
    { snapshot: true },
  )
  if (!account) return { is: 'no', reason: 'not_connected' }
  if (account.is_expired) return { is: 'no', reason: 'disconnected' }
  if (!client) return { is: 'no', reason: 'unreachable' }
  const { minimumAccountDays, target } = settings
  const since = account.account_created_at
  if (since && clock().getTime() - since.getTime() < minimumAccountDays * dayMs)
    return { is: 'no', reason: 'account_too_new' }
  const used = (changes: { sealed?: Buffer; is_expired?: boolean }) =>
    database.tenant(community_id, (tx) => accountUsed(tx, account, { ...changes, used_at: clock() }))
  try {
    const before = openTokens(rootKey, account.sealed!)
    const tokens = await networks.fresh(network, client, before)
    // Another request may have been refused with the tokens of before, which were renewed by this one.
    await used(tokens === before ? {} : { sealed: sealTokens(rootKey, tokens), is_expired: false })
    const question = { action, target, accountId: account.account_id! }
    return (await networks.has(network, client, tokens, question)) ? { is: 'yes' } : { is: 'no', reason: 'not_yet' }
  } catch (error) {
    if (!(error instanceof NetworkFailure)) throw error
    const { isRefused, retryAt } = error
    // Another request may have had the tokens renewed: then they are good, and these were not.
    if (isRefused && (await used({ is_expired: true }))) return { is: 'no', reason: 'disconnected' }
    return retryAt ? { is: 'later', retryAt } : { is: 'no', reason: 'unreachable' }
  }
}
