import {
  type AnswerOf,
  type ConnectableNetwork,
  connectableNetworks,
  type RouteKey,
  socialNetworks,
} from '@rai/contract'
import { scopesOf } from '../../calls/networks.js'
import type { Tx } from '../../db/database.js'
import { type Community, thisCommunity } from '../../domain/communities.js'
import { Failure } from '../../domain/failure.js'
import { rewardOf } from '../../domain/gamification/earning.js'
import { gamificationOf, givenOf } from '../../domain/gamification/settings.js'
import { activeMember, type Member } from '../../domain/members/members.js'
import { forgetImages } from '../../domain/pictures/images.js'
import { accountsOf, disconnectAccount, type SocialAccount } from '../../domain/socials/accounts.js'
import { askWhoKnows, isAskedOutside } from '../../domain/socials/asking.js'
import { beginAsking, claim, isCode, start, type Verdict } from '../../domain/socials/claims.js'
import { giveBack, newTicket } from '../../domain/socials/connecting.js'
import { linksOf } from '../../domain/socials/links.js'
import { credentialsOf, isConnectable, listNetworks } from '../../domain/socials/networks.js'
import { countOf, type Doer, doerOf, type Row, readProgress, type Shown } from '../../domain/socials/progress.js'
import { countsReferrals, openQuest, openQuests, type Quest } from '../../domain/socials/quests.js'
import { earnedByReferrals, programOf, referralsSince, withCode } from '../../domain/socials/referrals.js'
import { sendIn } from '../../domain/socials/reviews.js'
import type { Context, Handlers } from '../../http/context.js'
import { connectUrl } from '../../pages/connect.js'
import { withPictures } from '../pictures.js'

type Base = '/widget/v1/{publishableKey}'
type Claim = `POST ${Base}/socials/{questId}/claim`
type Keys = Extract<RouteKey, `${string} ${Base}/${'socials' | 'linked-accounts' | 'referral'}${string}`>

export const socials: Handlers<Keys> = {
  'GET /widget/v1/{publishableKey}/socials': async ({ tx, principal, now }) => {
    const [quests, community] = await Promise.all([openQuests(tx, now), thisCommunity(tx)])
    const member = principal.memberId === undefined ? undefined : await who(tx, principal.memberId)
    return { items: await showQuests(tx, quests, community, member, now), now: now.toISOString() }
  },

  'POST /widget/v1/{publishableKey}/socials/{questId}/start': async ({ tx, principal, params, now }) => {
    const { quest, doer, member, community } = await whatAndWho(tx, params.questId, principal.memberId!, now)
    await start(tx, quest, doer, now)
    return showQuest(tx, quest, community, member, now)
  },

  'POST /widget/v1/{publishableKey}/socials/{questId}/claim': async (context) => {
    const asked = await askOutside(context)
    return withPictures(context, async (tx, { picture = null }) => {
      const { principal, params, body, deps } = context
      // Who was asked outside may have taken a while.
      const now = asked ? deps.clock() : context.now
      const { quest, doer, member, community } = await whatAndWho(tx, params.questId, principal.memberId!, context.now)
      const judge = (row: Row) => asked?.verdict ?? judgeHere(tx, quest, doer, row, { ...body, picture }, now)
      const isOurs = isAskedOutside(quest) === (asked !== null)
      const isLookedAt = isOurs && (await claim(tx, quest, doer, judge, now, asked?.turn))
      if (!isLookedAt || quest.proof !== 'review') await forgetImages(tx, [picture], now)
      return showQuest(tx, quest, community, member, now)
    })
  },

  'GET /widget/v1/{publishableKey}/linked-accounts': async ({ tx, principal, now }) => {
    const [accounts, networks] = await Promise.all([accountsOf(tx, principal.memberId!), listNetworks(tx)])
    const offered = connectableNetworks.filter(
      (id) => networks.some(({ network }) => network === id) || accounts.some(({ network }) => network === id),
    )
    return { items: offered.map((network) => showAccount(network, accounts)), now: now.toISOString() }
  },

  'POST /widget/v1/{publishableKey}/linked-accounts/{network}/connect': async ({
    tx,
    principal,
    params,
    body,
    deps,
    now,
  }) => {
    const { returnTo = null } = body
    if (returnTo !== null && new URL(returnTo).origin !== (principal.origin ?? new URL(deps.config.publicUrl).origin)) {
      throw new Failure('invalid_request', 'Go back to the page that asks.', [
        { path: 'returnTo', message: 'must be of the origin that asks' },
      ])
    }
    const going = { memberId: principal.memberId!, network: params.network, returnTo }
    const { ticket, expiresAt } = await newTicket(tx, deps.rootKey, going, now)
    return { url: connectUrl(deps.config.publicUrl, ticket), expiresAt: expiresAt.toISOString() }
  },

  'DELETE /widget/v1/{publishableKey}/linked-accounts/{network}': async ({ tx, principal, params, deps }) => {
    const { network } = params
    const sealed = await disconnectAccount(tx, principal.memberId!, network)
    const client = await credentialsOf(tx, deps.rootKey, network)
    if (sealed && client) tx.afterCommit(() => giveBack(deps, network, client, sealed))
    return showAccount(network, await accountsOf(tx, principal.memberId!))
  },

  'GET /widget/v1/{publishableKey}/referral': async ({ tx, principal }) => {
    const member = await who(tx, principal.memberId!)
    const [community, settings, program, count, earned] = await Promise.all([
      thisCommunity(tx),
      gamificationOf(tx),
      programOf(tx),
      referralsSince(tx, member.id, new Date(0)),
      earnedByReferrals(tx, member.id),
    ])
    return {
      code: member.referral_code,
      link: program.page && withCode(program.page, member),
      count,
      earned,
      rewards: {
        referrer: amountsOf(community, await rewardOf(tx, member, settings, 'referral')),
        referred: amountsOf(community, program.referred),
      },
      limitPerDay: settings.earning.referral.limitPerDay,
    }
  },
}

/** @throws Failure `unauthorized` for who has gone since the request came. */
async function who(tx: Tx, id: string): Promise<Member> {
  const member = await activeMember(tx, id)
  if (!member) throw new Failure('unauthorized')
  return member
}

async function whatAndWho(tx: Tx, questId: string, memberId: string, at: Date) {
  const [quest, member, community] = await Promise.all([
    openQuest(tx, questId, at),
    who(tx, memberId),
    thisCommunity(tx),
  ])
  return { quest, member, community, doer: doerOf(member, community) }
}

/** Asks who knows outside, in no transaction, if it is this request's turn; null where nobody is asked. */
async function askOutside({ principal, params, deps, now }: Context<Claim>) {
  const inTenant = <T>(work: (tx: Tx) => Promise<T>) => deps.database.tenant(principal.communityId, work)
  const begun = await inTenant(async (tx) => {
    const { quest, member, doer } = await whatAndWho(tx, params.questId, principal.memberId!, now)
    return { quest, member, turn: isAskedOutside(quest) ? await beginAsking(tx, quest, doer, now) : null }
  })
  const { quest, member, turn } = begun
  return turn && { turn, verdict: await askWhoKnows(deps, quest, member, turn) }
}

interface Sent {
  code?: string | undefined
  note?: string | undefined
  link?: string | undefined
  picture: string | null
}

/** What can be known of a claim here. */
async function judgeHere(tx: Tx, quest: Quest, doer: Doer, row: Row, sent: Sent, at: Date): Promise<Verdict> {
  switch (quest.proof) {
    case 'code': {
      if (sent.code === undefined) {
        throw new Failure('invalid_request', 'Send the code.', [{ path: 'code', message: 'is missing' }])
      }
      return isCode(quest, sent.code) ? { is: 'yes' } : { is: 'no', reason: 'wrong_code' }
    }
    case 'review': {
      const { note = null, link = null, picture: pictureId } = sent
      return { is: 'in_review', until: await sendIn(tx, quest, row, { note, link, pictureId }, at) }
    }
    case 'account': {
      const { have, need } = await countOf(tx, quest, doer, at)
      return have >= need ? { is: 'yes' } : { is: 'no', reason: 'not_yet' }
    }
    default:
      return { is: 'yes' }
  }
}

const amountsOf = (community: Community, reward: { xp: number; currency: number }) => {
  const given = givenOf(community, reward)
  const amount = (unit: 'xp' | 'currency') => given.find((one) => one.unit === unit)?.amount ?? 0
  return { xp: amount('xp'), currency: amount('currency') }
}

type ShownQuest = AnswerOf<Claim>

async function showQuest(tx: Tx, quest: Quest, community: Community, member: Member, at: Date): Promise<ShownQuest> {
  const [shown] = await showQuests(tx, [quest], community, member, at)
  return shown!
}

/** @param member Who asks; undefined for visitors. */
async function showQuests(
  tx: Tx,
  quests: readonly Quest[],
  community: Community,
  member: Member | undefined,
  at: Date,
): Promise<ShownQuest[]> {
  const doer = member && doerOf(member, community)
  const [progress, program] = doer
    ? await Promise.all([readProgress(tx, quests, doer, at, countsReferrals), programOf(tx)])
    : [undefined, undefined]
  return quests.map((quest) => {
    const { network, action, proof, settings } = quest
    const { description, repeat, endsAt, notices, asks, question, options } = settings
    const links = member && program ? linksOf(quest, member, program) : { link: null, share: null }
    return {
      id: quest.id,
      title: quest.title,
      description,
      network: { id: network, name: socialNetworks[network].name },
      action,
      proof,
      reward: amountsOf(community, settings.reward),
      repeat,
      endsAt,
      notices,
      asks: proof === 'review' ? asks : [],
      question: proof === 'code' && question !== '' ? question : null,
      options: proof === 'code' ? options : [],
      account: proof === 'account' && isConnectable(network) ? network : null,
      ...links,
      progress: progress ? showProgress(progress.get(quest.id)!, community) : null,
    }
  })
}

const time = (at: Date | null): string | null => at?.toISOString() ?? null

const showProgress = ({ openedAt, until, bonus, ...rest }: Shown, community: Community) => ({
  ...rest,
  bonus: bonus && { ...bonus, reward: amountsOf(community, bonus.reward) },
  openedAt: time(openedAt),
  until: time(until),
})

type ShownAccount = AnswerOf<`DELETE ${Base}/linked-accounts/{network}`>

/** @param accounts All of a member, newest first. */
function showAccount(id: ConnectableNetwork, accounts: readonly SocialAccount[]): ShownAccount {
  const own = accounts.filter(({ network }) => network === id)
  const connected = own.find(({ sealed }) => sealed !== null)
  const base = { network: { id, name: socialNetworks[id].name }, permissions: [...scopesOf(id)] }
  if (!connected) {
    const nothing = { account: null, connectedAt: null, usedAt: null }
    const hadOne = own.length > 0
    return {
      ...base,
      ...nothing,
      state: hadOne ? 'disconnected' : 'not_connected',
      stored: hadOne ? ['fingerprint'] : [],
    }
  }
  const { account_id, name, account_created_at, connected_at, used_at, is_expired } = connected
  return {
    ...base,
    state: is_expired ? 'expired' : 'connected',
    account: { id: account_id!, name: name!, createdAt: time(account_created_at) },
    connectedAt: connected_at.toISOString(),
    usedAt: time(used_at),
    stored: [
      'account_id',
      'account_name',
      ...(account_created_at ? ['account_age' as const] : []),
      'permission',
      'fingerprint',
    ],
  }
}
