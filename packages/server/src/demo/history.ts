import type { Tx } from '../db/database.js'
import { type GamificationInput, levelsOf, standingOf } from '../domain/gamification/settings.js'
import { visit } from '../domain/gamification/visits.js'
import type { RootKey } from '../domain/keys/secrets.js'
import { post } from '../domain/ledger.js'
import { balancesOf, findMember } from '../domain/members/members.js'
import { accountUsed, connectAccount, connectedAccount, disconnectAccount } from '../domain/socials/accounts.js'
import { setNetwork } from '../domain/socials/networks.js'
import { payReferral } from '../domain/socials/referrals.js'
import { addDays, dayOf, momentOf } from '../domain/time.js'

/** Who has been through everything that pages show of a member. */
export const ingrid = 'ingrid'

/** Whom she has brought. */
export const brought: readonly string[] = ['nia', 'bo']

/**
 * On which days before today she came: a missed one was saved by a freeze, of two the streak broke, and she has come back since.
 * It can be had back for some days.
 */
const cameDaysAgo = [...between(20, 13), ...between(11, 4), 1]

function between(from: number, to: number): number[] {
  return Array.from({ length: from - to + 1 }, (_, n) => from - n)
}

const anHour = 3_600_000

/** What a member has who came, brought others, lost points and has connected accounts: one thing for each that pages show. */
export async function seedHistory(
  tx: Tx,
  rootKey: RootKey,
  { timeZone, tiers = [] }: { timeZone: string } & Pick<GamificationInput, 'tiers'>,
  now: Date,
): Promise<void> {
  const { id: memberId } = (await findMember(tx, { username: ingrid }))!
  const today = dayOf(now, timeZone)
  for (const days of cameDaysAgo) {
    const day = momentOf(addDays(today, -days), timeZone)
    await visit(tx, memberId, new Date(day.getTime() + 9 * anHour))
  }
  for (const username of brought) await payReferral(tx, (await findMember(tx, { username }))!, memberId, now)
  await takeLevel(tx, memberId, tiers, now)
  await connectAccounts(tx, rootKey, memberId, now)
}

/** Takes off so many points that a level is lost by a little, as somebody does who counts again what was imported. */
async function takeLevel(
  tx: Tx,
  memberId: string,
  tiers: NonNullable<GamificationInput['tiers']>,
  now: Date,
): Promise<void> {
  const { xp } = await balancesOf(tx, memberId)
  const at = standingOf(tiers, xp)
  const lost = at && levelsOf(tiers).find(({ number, level }) => number === at.number && level === at.level)
  if (!lost) return
  const move = { memberId, unit: 'xp', amount: lost.needed - 80 - xp, reason: 'adjustment', actor: 'demo' } as const
  await post(tx, [{ ...move, key: `demo:recount:${memberId}` }], new Date(now.getTime() - 400 * 24 * anHour))
}

/** One that is connected, one whose permission has run out, and one that was disconnected. Nobody is asked anything. */
async function connectAccounts(tx: Tx, rootKey: RootKey, memberId: string, now: Date): Promise<void> {
  const at = new Date(now.getTime() - 10 * 24 * anHour)
  const tokens = { access: 'demo', refresh: null, endsAt: null }
  for (const network of ['twitch', 'reddit', 'github'] as const) {
    await setNetwork(tx, rootKey, network, { clientId: 'demo', clientSecret: 'demo' }, at)
    const account = { id: 'demo', name: 'ingrid.walks', createdAt: null }
    await connectAccount(tx, rootKey, { memberId, network, account, tokens }, at)
  }
  const refused = await connectedAccount(tx, memberId, 'reddit')
  await accountUsed(tx, refused!, { is_expired: true, used_at: now })
  await disconnectAccount(tx, memberId, 'github')
}
