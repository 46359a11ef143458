import type { Unit } from '@rai/contract'
import { type RawBuilder, sql } from 'kysely'
import type { Tx } from '../../db/database.js'
import { badgesOf, type MemberBadge } from '../badges/awards.js'
import type { CommunityClock, Stretch } from '../clock.js'
import { countFacts } from '../facts.js'
import type { Balances } from '../members/members.js'
import { type Day, sinceText, untilText } from '../time.js'

/** What a stretch of time was like for a member. */
export interface Recap {
  /** Gains, without what came back for something that was bought. */
  earned: Balances
  /** What was bought for, without what came back. */
  spent: number
  /** On which day they earned the most XP, and by equal XP the most currency; null for none. */
  bestDay: ({ day: Day } & Balances) | null
  /** On how many days they came. */
  days: number
  /** How many stages of milestones they claimed. */
  stages: number
  /** In the order in which they came. */
  badges: MemberBadge[]
}

export async function recapOf(
  tx: Tx,
  memberId: string,
  { startsAt, endsAt }: Stretch,
  { timeZone }: CommunityClock,
): Promise<Recap> {
  const time = { since: startsAt, until: endsAt }
  const isWithin = (at: Date) => (startsAt === null || at >= startsAt) && (endsAt === null || at < endsAt)
  const within = (column: string) => sql`${sql.ref(column)} >= ${sinceText(startsAt)}::timestamptz
    and ${sql.ref(column)} < ${untilText(endsAt)}::timestamptz`
  const [{ rows: byDay }, [days], { rows: claims }, badges] = await Promise.all([
    sql<{ day: Day; spent: number } & Balances>`
      select day, ${gains('xp')} as xp, ${gains('currency')} as currency,
        ${exact(sql`-sum(amount) filter (where reason in ('purchase', 'refund'))`)} as spent
      from (
        select (e.created_at at time zone ${timeZone})::date as day, e.unit, e.amount, t.reason
        from entries e join transactions t on t.community_id = e.community_id and t.id = e.transaction_id
        where e.community_id = ${tx.communityId} and e.member_id = ${memberId} and ${within('e.created_at')}
      ) d group by day order by day`.execute(tx.db),
    countFacts(tx, memberId, [{ kind: 'visit', subject: null, ...time }]),
    sql<{ n: number }>`
      select count(*) as n from milestone_claims
      where community_id = ${tx.communityId} and member_id = ${memberId}
        and ${within('claimed_at')}`.execute(tx.db),
    badgesOf(tx, memberId),
  ])
  const sum = (amount: (day: (typeof byDay)[number]) => number) =>
    byDay.reduce((total, one) => Math.min(total + amount(one), Number.MAX_SAFE_INTEGER), 0)
  const [best] = byDay
    .filter(({ xp, currency }) => xp + currency > 0)
    .toSorted((a, b) => b.xp - a.xp || b.currency - a.currency)
  return {
    earned: { xp: sum(({ xp }) => xp), currency: sum(({ currency }) => currency) },
    spent: sum(({ spent }) => spent),
    bestDay: best ? { day: best.day, xp: best.xp, currency: best.currency } : null,
    days: days!,
    stages: claims[0]!.n,
    badges: badges.filter(({ awarded_at }) => isWithin(awarded_at)),
  }
}

const gains = (unit: Unit) =>
  exact(sql`sum(amount) filter (where unit = ${unit} and amount > 0 and reason <> 'refund')`)

/** A sum, or the largest that every JSON reader keeps exact. */
const exact = (sum: RawBuilder<unknown>) => sql`least(coalesce(${sum}, 0), ${Number.MAX_SAFE_INTEGER}::bigint)::bigint`
