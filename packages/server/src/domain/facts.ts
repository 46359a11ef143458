import { sql } from 'kysely'
import { writeOnce } from '../db/connection.js'
import type { Tx } from '../db/database.js'
import { type Day, sinceText, untilText } from './time.js'

/**
 * What members do that is counted. `wish` is an item of the store that they begin to save for, `freeze` a missed day that their
 * streak bore.
 */
export type FactKind = 'message' | 'reply' | 'reaction' | 'referral' | 'social' | 'visit' | 'wish' | 'freeze'

/** Something that a member did. */
export interface Fact {
  memberId: string
  kind: FactKind
  /** Which one it was: the same is counted once, whoever repeats it. A message's id, a day of a visit. */
  key: string
  /** What it was done with: a social quest. */
  subject?: string
  at: Date
}

/** Writes down what members did, in the transaction in which they do it. Twice is as once. */
export async function recordFacts(tx: Tx, facts: readonly Fact[]): Promise<void> {
  if (facts.length === 0) return
  await tx.db
    .insertInto('member_facts')
    .values(
      facts.map(({ memberId, kind, key, subject, at }) => ({
        community_id: tx.communityId,
        member_id: memberId,
        kind,
        key,
        subject: subject ?? null,
        happened_at: at,
      })),
    )
    .onConflict((oc) => oc.doNothing())
    .execute()
}

/** Which facts are counted: of a kind, in a stretch of time, and with something. */
export interface FactQuery {
  kind: FactKind
  /** Null: what it was done with is no question. */
  subject: string | null
  /** Null: from the beginning. */
  since: Date | null
  /** Null: for ever. */
  until: Date | null
}

const counts = writeOnce<{
  communityId: string
  memberId: string
  kinds: string[]
  subjects: (string | null)[]
  since: string[]
  until: string[]
}>(
  ({ communityId, memberId, kinds, subjects, since, until }) => sql`
    select (
      select count(*) from member_facts f
      where f.community_id = ${communityId} and f.member_id = ${memberId} and f.kind = q.kind
        and f.happened_at >= q.since and f.happened_at < q.until and (q.subject is null or f.subject = q.subject)
    ) as n
    from unnest(${kinds}::text[], ${subjects}::uuid[], ${since}::timestamptz[], ${until}::timestamptz[])
      with ordinality as q (kind, subject, since, until, place)
    order by place`,
)

/** How many facts of a member there are, for each of the questions, in one statement. */
export async function countFacts(tx: Tx, memberId: string, queries: readonly FactQuery[]): Promise<number[]> {
  if (queries.length === 0) return []
  const rows = await tx.send<{ n: number }>(
    counts(tx.db, {
      communityId: tx.communityId,
      memberId,
      kinds: queries.map(({ kind }) => kind),
      subjects: queries.map(({ subject }) => subject),
      since: queries.map(({ since }) => sinceText(since)),
      until: queries.map(({ until }) => untilText(until)),
    }),
  )
  return rows.map(({ n }) => n)
}

/** The days of a stretch, first and last included, that count for a member's streak, in order. */
export async function countedDays(
  tx: Tx,
  memberId: string,
  first: Day,
  last: Day,
): Promise<{ day: Day; kind: 'visit' | 'freeze' }[]> {
  const rows = await tx.db
    .selectFrom('member_facts')
    .select(['key as day', 'kind'])
    .where('community_id', '=', tx.communityId)
    .where('member_id', '=', memberId)
    .where('kind', 'in', ['visit', 'freeze'])
    .where('key', '>=', first)
    .where('key', '<=', last)
    .orderBy('key')
    .execute()
  return rows as { day: Day; kind: 'visit' | 'freeze' }[]
}
