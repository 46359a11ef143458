import { createHmac } from 'node:crypto'
import { type RawBuilder, sql } from 'kysely'
import { planOnce } from '../../db/connection.js'
import type { Tx } from '../../db/database.js'
import { findMember, type Member } from '../members.js'
import type { Board } from './boards.js'
import { above, countAbove, type Step, scoreNear } from './counts.js'
import type { Run } from './runs.js'

/** A row as others may see it. */
export interface Row {
  /** 1-based; members with equal scores have different positions and the same rank. */
  position: number
  rank: number
  tied: boolean
  score: number
  member: { id: string; name: string; avatarId: string | null }
  /** Whether it is the row of the member who asks. */
  me: boolean
}

export interface RowList {
  rows: Row[]
  /** How many members the run shows. */
  total: number
}

interface Stored {
  member_id: string
  score: number
  reached_at: Date
  display_name: string
  avatar_id: string | null
}

/** The ranking: higher scores first, then who reached theirs earlier, then id. */
const forward = sql`s.score desc, s.reached_at, s.member_id`
const backward = sql`s.score, s.reached_at desc, s.member_id desc`

const ranked = (tx: Tx, run: Run) => sql`
  select s.member_id, s.score, s.reached_at, m.display_name, m.avatar_id
  from board_scores s join members m on m.community_id = s.community_id and m.id = s.member_id
  where ${inRun(tx, run)} and s.ranked`

const inRun = (tx: Tx, run: Run) => sql`
  s.community_id = ${tx.communityId} and s.board_id = ${run.boardId} and s.period = ${run.period}
    and s.period_start = ${run.start}::date`

interface Slice {
  /** Which of the ranked rows; default all. */
  bound?: RawBuilder<unknown>
  order: RawBuilder<unknown>
  skip?: number
  count: number
}

/** As many rows as are asked for at once as a rule: what the planner believes where it does not know how many are wanted. */
const asARule = 256

/** Some rows in order. The slice is cut before members are looked up: skipping a row costs a step in the index. */
function slice(tx: Tx, run: Run, { bound = sql`true`, order, skip = 0, count }: Slice): Promise<Stored[]> {
  // How far one skips decides what is the best plan.
  const isUsual = skip === 0 && count <= asARule
  const statement = sql`
    select s.member_id, s.score, s.reached_at, m.display_name, m.avatar_id
    from (
      select * from (
        select s.member_id, s.score, s.reached_at from board_scores s where ${inRun(tx, run)} and s.ranked and ${bound}
        order by ${order} ${isUsual ? sql`limit ${sql.lit(asARule)}` : sql`offset ${skip}`}
      ) s limit ${count}
    ) s join members m on m.community_id = ${tx.communityId} and m.id = s.member_id
    order by ${order}`.compile(tx.db)
  return tx.send<Stored>(isUsual ? planOnce(statement) : statement)
}

/** How many members a run shows: those ranked, above zero only where the board says so, down to its last place. */
export async function totalOf(tx: Tx, board: Board, run: Run): Promise<number> {
  const [total] = await countAbove(tx, run, [board.only_positive ? 0 : Number.NEGATIVE_INFINITY])
  return Math.min(total!, board.top_rank_limit ?? Number.POSITIVE_INFINITY)
}

/**
 * Rows of a run by position.
 * @param from The first position wanted, from 1.
 * @param viewerId The member who asks, if any.
 */
export async function rowsAt(
  tx: Tx,
  board: Board,
  run: Run,
  { from, limit }: { from: number; limit: number },
  viewerId: string | undefined,
): Promise<RowList> {
  // One row beyond the last tells whether the last is tied.
  const [total, { stored, near }] = await Promise.all([
    totalOf(tx, board, run),
    from === 1
      ? slice(tx, run, { order: forward, count: limit + 1 }).then((stored) => ({ stored, near: undefined }))
      : storedAt(tx, run, from, limit + 1),
  ])
  const wanted = Math.min(limit, total - from + 1)
  return { rows: await listed(tx, board, run, { stored, from, wanted, near }, viewerId), total }
}

interface Listing {
  /** In order, and one beyond the last that is wanted, where there is one. */
  stored: readonly Stored[]
  /** The position of the first. */
  from: number
  wanted: number
  /** What is known already of a score that may be the first one's. */
  near: Step | undefined
}

/** Rows as others may see them. */
async function listed(
  tx: Tx,
  board: Board,
  run: Run,
  { stored, from, wanted, near }: Listing,
  viewerId: string | undefined,
): Promise<Row[]> {
  const [first] = stored
  if (wanted <= 0 || !first) return []
  const [higher] =
    from === 1 ? [0] : near?.score === first.score ? [near.above] : await countAbove(tx, run, [first.score])
  let rank = higher! + 1
  return stored.slice(0, wanted).map((row, i) => {
    const position = from + i
    if (i > 0 && row.score !== stored[i - 1]!.score) rank = position
    const tied = rank < position || stored[i + 1]?.score === row.score
    return shown(board, row, { position, rank, tied }, viewerId)
  })
}

/** The stored rows from a position on. The tree finds the score that stands there; at most a few rows are walked. */
async function storedAt(
  tx: Tx,
  run: Run,
  from: number,
  count: number,
): Promise<{ stored: Stored[]; near: Step | undefined }> {
  const near = (await scoreNear(tx, run, from)) ?? (await lastStep(tx, run))
  if (near === undefined) return { stored: [], near }
  const skip = from - 1 - near.above
  if (skip >= 0) return { stored: await below(tx, run, near.score, skip, count), near }
  // The tree is behind: rows wanted stand above the score it found.
  const [higher, rest] = await Promise.all([
    slice(tx, run, { bound: sql`s.score > ${near.score}`, order: backward, count: -skip }),
    below(tx, run, near.score, 0, count),
  ])
  return { stored: [...higher.reverse(), ...rest].slice(0, count), near }
}

/** Rows with at most that score, in order. */
const below = (tx: Tx, run: Run, score: number, skip: number, count: number) =>
  slice(tx, run, { bound: sql`s.score <= ${score}`, order: forward, skip, count })

async function lastStep(tx: Tx, run: Run): Promise<Step | undefined> {
  const [last] = await slice(tx, run, { order: backward, count: 1 })
  if (!last) return undefined
  const [above] = await countAbove(tx, run, [last.score])
  return { score: last.score, above: above! }
}

export type MyState = 'ranked' | 'no_score' | 'hidden' | 'not_eligible' | 'not_joined'

/** Whether a board is for a member, if they want to. */
export const isEligible = ({ ranked_members, ranked_fields }: Board, { id, fields }: Member): boolean =>
  (ranked_members.length === 0 || ranked_members.includes(id)) &&
  Object.entries(ranked_fields).every(([field, value]) => fields[field] === value)

/** A member's row with `around` neighbours on each side, or why there is none. */
export async function rowsAround(
  tx: Tx,
  board: Board,
  run: Run,
  memberId: string,
  around: number,
): Promise<RowList & { state: MyState }> {
  const [total, member, mine] = await Promise.all([
    totalOf(tx, board, run),
    findMember(tx, { id: memberId }),
    placeOf(tx, run, memberId),
  ])
  const none = (state: MyState) => ({ state, rows: [], total })
  if (!member || !isEligible(board, member)) return none('not_eligible')
  if (member.visibility === 'hidden') return none('hidden')
  if (board.requires_opt_in && !member.entered_boards.includes(board.id)) return none('not_joined')
  if (!mine || mine.above + mine.place > total) return none('no_score')
  const { score, reached_at } = mine
  const position = mine.above + mine.place
  const others = async (bound: RawBuilder<unknown>, order: RawBuilder<unknown>, count: number) =>
    count > 0 ? slice(tx, run, { bound, order, count }) : []
  const tiedFrom = (than: RawBuilder<unknown>) =>
    sql`s.score = ${score} and (s.reached_at, s.member_id) ${than} (${reached_at}::timestamptz, ${memberId}::uuid)`
  // By the index on both sides of the member, and one more than wanted below.
  const [before, higher, level, lower] = await Promise.all([
    others(tiedFrom(sql`<`), backward, around),
    others(sql`s.score > ${score}`, backward, around),
    others(tiedFrom(sql`>=`), forward, around + 2),
    others(sql`s.score < ${score}`, forward, around + 1),
  ])
  const upper = [...before, ...higher].slice(0, around).reverse()
  const from = position - upper.length
  const wanted = Math.min(upper.length + 1 + around, total - from + 1)
  const stored = [...upper, ...level, ...lower]
  const rows = await listed(tx, board, run, { stored, from, wanted, near: mine }, memberId)
  return { state: 'ranked', rows, total }
}

/** Where a ranked member stands: so many have a higher score, and among those of the same score theirs is this place. */
async function placeOf(tx: Tx, run: Run, memberId: string) {
  const statement = sql`
    select mine.score, mine.reached_at::text, ${above(tx, run, sql`mine.score`)} as above, (
      select count(*) from board_scores s where ${inRun(tx, run)} and s.ranked and s.score = mine.score
        and (s.reached_at, s.member_id) <= (mine.reached_at, mine.member_id)
    ) as place
    from (
      select s.* from board_scores s where ${inRun(tx, run)} and s.ranked and s.member_id = ${memberId} offset 0
    ) mine`
  const [found] = await tx.send<Step & { reached_at: string; place: number }>(planOnce(statement.compile(tx.db)))
  return found
}

/**
 * Rows of the members whose shown name begins with a text, by name. Boards that do not show names have none: a search
 * would tell what they hide.
 */
export async function searchRows(
  tx: Tx,
  board: Board,
  run: Run,
  { text, limit }: { text: string; limit: number },
  viewerId: string | undefined,
): Promise<RowList> {
  const total = await totalOf(tx, board, run)
  if (board.name_display !== 'full') return { rows: [], total }
  const { rows: stored } = await sql<Stored>`
    ${ranked(tx, run)} and m.name_key ^@ lower(${text}) order by m.name_key, m.id limit ${limit}`.execute(tx.db)
  const scores = stored.map(({ score }) => score)
  const [higher, next, places] = await Promise.all([
    countAbove(tx, run, scores),
    countAbove(
      tx,
      run,
      scores.map((score) => score - 1),
    ),
    placesOf(tx, run, stored),
  ])
  const rows = stored
    .map((row, i) => {
      const position = higher[i]! + places.get(row.member_id)!
      const place = { position, rank: higher[i]! + 1, tied: next[i]! - higher[i]! > 1 }
      return shown(board, row, place, viewerId)
    })
    .filter(({ position }) => position <= total)
  return { rows, total }
}

/** The place of each member among those of the same score, from 1. */
async function placesOf(tx: Tx, run: Run, stored: readonly Stored[]): Promise<Map<string, number>> {
  // Each group of equal scores is walked once, however many of its rows are asked for.
  const { rows } = await sql<{ member_id: string; place: number }>`
    select member_id, place from (
      select s.member_id, row_number() over (partition by s.score order by s.reached_at, s.member_id) as place
      from board_scores s
      where ${inRun(tx, run)} and s.ranked and s.score = any(${sql.val([...new Set(stored.map(({ score }) => score))])}::bigint[])
    ) tied where member_id = any(${sql.val(stored.map(({ member_id }) => member_id))}::uuid[])`.execute(tx.db)
  return new Map(rows.map(({ member_id, place }) => [member_id, place]))
}

function shown(
  board: Board,
  row: Stored,
  place: { position: number; rank: number; tied: boolean },
  viewerId: string | undefined,
): Row {
  const me = row.member_id === viewerId
  if (board.name_display === 'full')
    return {
      ...place,
      score: row.score,
      member: { id: row.member_id, name: row.display_name, avatarId: row.avatar_id },
      me,
    }
  // A picture, or the id that other boards show beside a name, would undo what initials and aliases hide.
  const alias = createHmac('sha256', board.alias_key).update(row.member_id).digest()
  const member = {
    id: alias.toString('base64url', 0, 16),
    name: me ? row.display_name : nameDisplays[board.name_display](row, alias),
    avatarId: me ? row.avatar_id : null,
  }
  return { ...place, score: row.score, member, me }
}

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' })
const firstGrapheme = (word: string): string => graphemes.segment(word)[Symbol.iterator]().next().value?.segment ?? ''

const nameDisplays = {
  initials: ({ display_name }: Stored) => {
    const words = display_name.trim().split(/\s+/)
    const picked = words.length > 1 ? [words[0]!, words.at(-1)!] : words
    return picked.map((word) => `${firstGrapheme(word).toUpperCase()}.`).join(' ')
  },
  /** Six digits, the same ones for the same member of the same board. */
  alias: (_: Stored, alias: Buffer) => `Member ${100_000 + (alias.readUInt32BE(16) % 900_000)}`,
} as const
