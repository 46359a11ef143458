import type { Unit } from '@rai/contract'
import { type RawBuilder, sql } from 'kysely'
import { type Value, writeOnce } from '../db/connection.js'
import type { Tx } from '../db/database.js'
import { constraintOf } from '../db/errors.js'
import { type Given, movesOf, reachedBadges, writeGiven } from './badges/reached.js'
import { Failure } from './failure.js'
import { newId } from './ids.js'
import { isWholesale, scoreChanges } from './leaderboards/scores.js'
import { lockBalances, lockedBalances, mayTakeCounts, sharingBoards, taking, takingCounts } from './locks.js'

/** Why units move, and which of the community's accounts stands on the other side. */
const counterparts = {
  message: 'issued',
  reply: 'issued',
  reaction: 'issued',
  daily_login: 'issued',
  referral: 'issued',
  milestone: 'issued',
  social: 'issued',
  badge: 'issued',
  streak: 'issued',
  prize: 'issued',
  webhook: 'issued',
  import: 'issued',
  adjustment: 'adjusted',
  conversion: 'adjusted',
  purchase: 'spent',
  refund: 'spent',
  expiry: 'expired',
} as const

export type Reason = keyof typeof counterparts

/** One movement of one unit to (or, negative, from) one member. It becomes one balanced transaction. */
export interface Move {
  memberId: string
  unit: Unit
  /** A whole number, not 0. */
  amount: number
  reason: Reason
  /** Makes the effect happen once in a community, whoever repeats it: such as `job:<id>:<line>:xp`. */
  key: string
  /** Who caused it: the id of a key, a job or a member. */
  actor: string
}

/**
 * Posts moves: transactions, entries, balances, the scores of every board that ranks the unit, and the events that say so, in
 * one statement for one move or for thousands. A key that was posted before is passed over. The badges that members reach by it
 * are given after it.
 *
 * Boards cannot change under it: it holds the community's board lock shared (see leaderboards/counting.ts). Rows are locked in one
 * order, so that batches wait for each other rather than deadlock.
 *
 * @param at When the units were earned: it decides the day, week, month and year they count for.
 * @param announce Tell each member's pages that their balance changed. A bulk job says so once for all instead.
 * @throws Failure `not_enough` when a balance would fall below 0, `conflict` when a move makes it too large; nothing is
 * posted then.
 */
export async function post(tx: Tx, moves: readonly Move[], at: Date, announce = true): Promise<{ posted: number }> {
  if (moves.length === 0) return { posted: 0 }
  for (const { amount } of moves) {
    if (!Number.isSafeInteger(amount) || amount === 0)
      throw new Failure('invalid_request', 'An amount must be a whole number, not 0.')
  }
  const onlyGains = moves.every(({ amount }) => amount > 0)
  // The second begins when the first holds the lock, and sees what whoever held it before has done.
  const locks = [sharingBoards(tx)]
  // Where members are held already, it is too late for the lock on counts.
  const countsItself = isWholesale(moves.length) && mayTakeCounts(tx)
  if (countsItself) locks.push(takingCounts(tx))
  taking(tx, 'balances', 'members')
  try {
    const [result] = await tx.send<{ posted: number; reached: Given[] }>(
      ...locks,
      moves.length === 1
        ? postOne[onlyGains ? 'gain' : 'loss'](tx.db, {
            ...oneMove(moves[0]!),
            communityId: tx.communityId,
            at,
            announce,
          })
        : postMoves(tx.communityId, manyMoves(moves), { countsItself, onlyGains }, at, announce).compile(tx.db),
    )
    tx.wake('events')
    tx.wake('scores')
    await giveBadges(tx, result!.reached, at, announce)
    return { posted: result!.posted }
  } catch (error) {
    throw limits[constraintOf(error)]?.() ?? error
  }
}

/**
 * Gives members badges that they never had, and posts what those give as far as balances have room for it: a gift fails nothing
 * by which a badge is reached. What there is no room for is not written down as given.
 */
export async function giveBadges(tx: Tx, badges: readonly Given[], at: Date, announce = true): Promise<void> {
  if (badges.length === 0) return
  const given = await writeGiven(tx, badges, at)
  const gifts = given.filter(({ xp, currency }) => xp + currency > 0)
  if (gifts.length === 0) return
  const fit = await fitter(
    tx,
    gifts.map(({ memberId }) => memberId),
  )
  const fitting: Given[] = []
  for (const gift of gifts) {
    const { memberId, badgeId } = gift
    const [xp, currency] = [fit(memberId, 'xp', gift.xp), fit(memberId, 'currency', gift.currency)]
    fitting.push({ ...gift, xp, currency })
    if (xp === gift.xp && currency === gift.currency) continue
    await tx.db
      .updateTable('member_badges')
      .set({ xp, currency })
      .where('community_id', '=', tx.communityId)
      .where('member_id', '=', memberId)
      .where('badge_id', '=', badgeId)
      .execute()
  }
  await post(tx, movesOf(fitting), at, announce)
}

/** How much of a gain a balance has room for, by what members have and gain by it. Nobody else moves points of these meanwhile. */
async function fitter(tx: Tx, memberIds: readonly string[]) {
  const balances = await lockBalances(tx, memberIds)
  return (memberId: string, unit: Unit, amount: number): number => {
    const has = balances.get(`${memberId} ${unit}`) ?? 0
    const fitting = Math.min(amount, Number.MAX_SAFE_INTEGER - has)
    balances.set(`${memberId} ${unit}`, has + fitting)
    return fitting
  }
}

/** Gains as far as balances have room for them: what comes with something that somebody does fails nothing of that. */
export async function cutToRoom(tx: Tx, gains: readonly Move[]): Promise<Move[]> {
  if (gains.length === 0) return []
  const fit = await fitter(
    tx,
    gains.map(({ memberId }) => memberId),
  )
  return gains
    .map((gain) => ({ ...gain, amount: fit(gain.memberId, gain.unit, gain.amount) }))
    .filter(({ amount }) => amount > 0)
}

/** What of moves decides how the statement is written that posts them. */
interface Shape {
  /** Whether it writes the counts, under the lock on them. */
  countsItself: boolean
  /** Whether nobody loses anything. */
  onlyGains: boolean
}

/** A CTE `balanced`: what those who gain have then. */
const gainedBalances = (communityId: Value<string>) => sql`
  balanced as (
    insert into balances as b (community_id, member_id, unit, amount)
    select ${communityId}::uuid, member_id, unit, change from changes order by member_id, unit
    on conflict (community_id, member_id, unit) do update set amount = b.amount + excluded.amount
    returning b.member_id, b.unit, b.amount
  )`

/** The same where some lose: an upsert would hold the bare change to the limits, so rows that exist are updated. */
const changedBalances = (communityId: Value<string>) => sql`
  held as (
    ${lockedBalances(communityId)}
  ), updated as (
    update balances b set amount = b.amount + c.change, peak = greatest(b.peak, b.amount) from changes c join held using (member_id, unit)
    where b.community_id = ${communityId} and b.member_id = c.member_id and b.unit = c.unit
    returning b.member_id, b.unit, b.amount
  ), opened as (
    insert into balances as b (community_id, member_id, unit, amount)
    select ${communityId}::uuid, member_id, unit, change from changes c
    where not exists (select from held h where h.member_id = c.member_id and h.unit = c.unit)
    order by member_id, unit
    on conflict (community_id, member_id, unit) do update set amount = b.amount + excluded.amount
    returning b.member_id, b.unit, b.amount
  ), balanced as (
    select * from updated union all select * from opened
  )`

const most = sql.lit(Number.MAX_SAFE_INTEGER)

/** The statement that posts moves, which a query answers. */
const postMoves = (
  communityId: Value<string>,
  moves: RawBuilder<unknown>,
  { countsItself, onlyGains }: Shape,
  at: Value<Date>,
  announce: Value<boolean>,
) => sql`
  with moves (id, member_id, unit, amount, reason, key, actor, counterpart) as (
    ${moves}
  ), posted as (
    insert into transactions (community_id, id, reason, key, actor, created_at)
    select ${communityId}::uuid, id, reason, key, actor, ${at}::timestamptz from moves
    on conflict (community_id, key) do nothing
    returning id
  ), live as (
    select m.* from moves m join posted using (id)
  ), entered as (
    insert into entries (community_id, transaction_id, n, member_id, community_account, unit, amount, created_at)
    select ${communityId}::uuid, id, 0, member_id, null, unit, amount, ${at}::timestamptz from live
    union all
    select ${communityId}::uuid, id, 1, null, counterpart, unit, -amount, ${at}::timestamptz from live
    -- Like every insert from a select: without an answer, a Citus cluster would copy the rows in, which row-level security
    -- does not allow.
    returning 1
  ), changes as (
    select member_id, unit, unit as metric, sum(amount)::bigint as change from live group by member_id, unit
  ), ${(onlyGains ? gainedBalances : changedBalances)(communityId)}, gained as (
    insert into gains as g (community_id, member_id, unit, day, amount)
    select ${communityId}::uuid, member_id, unit, (${at}::timestamptz at time zone 'UTC')::date,
      least(sum(l.amount), ${most}::bigint)::bigint
    -- After the balances, whose locks keep two of a member's gains apart.
    from live l join balanced using (member_id, unit)
    where l.amount > 0 and l.reason <> 'refund' group by member_id, unit order by member_id, unit
    on conflict (community_id, member_id, unit, day) do update set amount = least(g.amount + excluded.amount, ${most}::bigint)
    returning 1
  ), totals as (
    select member_id, metric, amount - change as previous, amount as total
    from balanced join changes using (member_id, unit)
  ), ${scoreChanges(
    communityId,
    countsItself,
    at,
    sql`
    union all
    select 'balance.changed', member_id from changes where ${announce}::boolean group by member_id`,
  )}
  select (select count(*) from live) as posted, ${reachedBadges(communityId)} as reached`

/** As plain values: a list would be taken for ten rows when the statement is planned for all times. */
const oneMove = (move: Move) => ({ ...move, id: newId(), counterpart: counterparts[move.reason] })

const postOneOf = (onlyGains: boolean) =>
  writeOnce<ReturnType<typeof oneMove> & { communityId: string; at: Date; announce: boolean }>((m) =>
    postMoves(
      m.communityId,
      sql`
      select ${m.id}::uuid, ${m.memberId}::uuid, ${m.unit}::text, ${m.amount}::bigint, ${m.reason}::text, ${m.key}::text,
        ${m.actor}::text, ${m.counterpart}::text`,
      { countsItself: false, onlyGains },
      m.at,
      m.announce,
    ),
  )
const postOne = { gain: postOneOf(true), loss: postOneOf(false) }

function manyMoves(moves: readonly Move[]) {
  const column = <T>(pick: (move: Move) => T) => sql.val(moves.map(pick))
  return sql`
    select * from unnest(
      ${sql.val(moves.map(() => newId()))}::uuid[], ${column((m) => m.memberId)}::uuid[], ${column((m) => m.unit)}::text[],
      ${column((m) => m.amount)}::bigint[], ${column((m) => m.reason)}::text[], ${column((m) => m.key)}::text[],
      ${column((m) => m.actor)}::text[], ${column((m) => counterparts[m.reason])}::text[]
    )`
}

const limits: Record<string, () => Failure> = {
  balances_not_negative: () => new Failure('not_enough'),
  balances_exact: () => new Failure('conflict', 'The balance would be larger than 2^53 - 1.'),
}
