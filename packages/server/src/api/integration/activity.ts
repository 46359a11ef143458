import type { AnswerOf, QueryOf, RouteKey } from '@rai/contract'
import type { Tx } from '../../db/database.js'
import { communityClock } from '../../domain/clock.js'
import { earnedByDay, lastDays, rewardsByDay } from '../../domain/members/activity.js'
import {
  defaultExternalIdType,
  findMember,
  type Member,
  type MemberName,
  notDeleted,
  userIdName,
} from '../../domain/members/members.js'
import type { Day } from '../../domain/time.js'
import type { Handlers } from '../../http/context.js'

type Daily = 'GET /apis/v1/users/activity/daily'
/** Which member, and how many days. */
type Asked = QueryOf<Daily>

const defaultDays = 30

export const activity: Handlers<Extract<RouteKey, `${string} /apis/v1/users/activity/${string}`>> = {
  'GET /apis/v1/users/activity/daily': ({ tx, query, now }) => history(tx, query, now),
  'POST /apis/v1/users/activity/daily': ({ tx, body, now }) => history(tx, body, now),

  'POST /apis/v1/users/activity/stats': async ({ tx, body, now }) => {
    const { member, days, clock } = await look(tx, body, now)
    const rewards = await rewardsByDay(tx, member.id, ['message', 'reply', 'reaction', 'social'], days.at(-1)!, clock)
    return report(member, days, (day) => {
      const { message = 0, reply = 0, reaction = 0, social = 0 } = rewards.get(day) ?? {}
      return { messages: message, replies: reply, reaction, socials: social }
    })
  },
}

async function history(tx: Tx, asked: Asked, now: Date): Promise<AnswerOf<Daily>> {
  const { member, days, clock } = await look(tx, asked, now)
  const earned = await earnedByDay(tx, member.id, days.at(-1)!, clock)
  return report(member, days, (day) => {
    const { xp = 0, currency = 0 } = earned.get(day) ?? {}
    return { coins: currency, xp }
  })
}

/** @throws Failure `not_found` */
async function look(tx: Tx, { identifier, identifier_type = 'email', days = defaultDays }: Asked, now: Date) {
  const [member, clock] = await Promise.all([findMember(tx, names[identifier_type](identifier)), communityClock(tx)])
  return { member: notDeleted(member), days: lastDays(days, clock, now), clock }
}

const names: Record<NonNullable<Asked['identifier_type']>, (identifier: string) => MemberName> = {
  email: (email) => ({ email }),
  username: (username) => ({ username }),
  id: userIdName,
  externalId: (value) => ({ externalId: { type: defaultExternalIdType, value } }),
}

/** What was counted on each day, and on all of them together: at most 2^53-1. */
function report<C extends Record<string, number>>(member: Member, days: readonly Day[], countsOf: (day: Day) => C) {
  const counts = days.map(countsOf)
  const total = (name: string) => counts.reduce((sum, count) => sum + count[name]!, 0)
  return {
    user_id: String(member.number),
    range: { start_date: days.at(-1)!, end_date: days[0]! },
    totals: Object.fromEntries(
      Object.keys(counts[0]!).map((name) => [name, Math.min(total(name), Number.MAX_SAFE_INTEGER)]),
    ) as C,
    daily_stats: days.map((date, n) => ({ date, ...counts[n]! })),
  }
}
