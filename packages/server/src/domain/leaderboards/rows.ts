import { createHmac } from 'node:crypto'
import { type RawBuilder, sql } from 'kysely'
import type { Tx } from '../../db/database.js'
import { findMember } from '../members.js'
import type { Board } from './boards.js'
import { countAbove, scoreNear } from './counts.js'
import type { Run } from './runs.js'

/** A row as others may see it. */
export interface Row {
  /** 1-based; members with equal scores have different positions and the same rank. */
  position: number
  rank: number
  tied: boolean
  score: number
  member: { id: string; name: string; avatarUrl: string | null }
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
  avatar_url: string | null
}

/** The ranking: higher scores first, then who reached theirs earlier, then id. */
const forward = sql`s.score desc, s.reached_at, s.member_id`
const backward = sql`s.score, s.reached_at desc, s.member_id desc`

const ranked = (tx: Tx, run: Run) => sql`
  select s.member_id, s.score, s.reached_at, m.display_name, m.avatar_url
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

/** Some rows in order. The slice is cut before members are looked up: skipping a row costs a step in the index. */
async function slice(tx: Tx, run: Run, { bound = sql`true`, order, skip = 0, count }: Slice): Promise<Stored[]> {
  const { rows } = await sql<Stored>`
    select s.member_id, s.score, s.reached_at, m.display_name, m.avatar_url
    from (
      select s.member_id, s.score, s.reached_at from board_scores s where ${inRun(tx, run)} and s.ranked and ${bound}
      order by ${order} limit ${count} offset ${skip}
    ) s join members m on m.community_id = ${tx.communityId} and m.id = s.member_id
    order by ${order}`.execute(tx.db)
  return rows
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
  const total = await totalOf(tx, board, run)
  const wanted = Math.min(limit, total - from + 1)
  if (wanted <= 0) return { rows: [], total }

  // One row beyond the last tells whether the last is tied.
  const stored =
    from === 1 ? await slice(tx, run, { order: forward, count: wanted + 1 }) : await storedAt(tx, run, from, wanted + 1)
  const above = from === 1 ? 0 : (await countAbove(tx, run, [stored[0]?.score ?? 0]))[0]!
  let rank = above + 1
  const rows = stored.slice(0, wanted).map((row, i) => {
    const position = from + i
    if (i > 0 && row.score !== stored[i - 1]!.score) rank = position
    const tied = rank < position || stored[i + 1]?.score === row.score
    return shown(board, row, { position, rank, tied }, viewerId)
  })
  return { rows, total }
}

/** The stored rows from a position on. The tree finds the score that stands there; at most a few rows are walked. */
async function storedAt(tx: Tx, run: Run, from: number, count: number): Promise<Stored[]> {
  const score = (await scoreNear(tx, run, from)) ?? (await lastScore(tx, run))
  if (score === undefined) return []
  const [above] = await countAbove(tx, run, [score])
  const skip = from - 1 - above!
  if (skip >= 0) return below(tx, run, score, skip, count)
  // The tree is behind: rows wanted stand above the score it found.
  const higher = await slice(tx, run, { bound: sql`s.score > ${score}`, order: backward, count: -skip })
  return [...higher.reverse(), ...(await below(tx, run, score, 0, count))].slice(0, count)
}

/** Rows with at most that score, in order. */
const below = (tx: Tx, run: Run, score: number, skip: number, count: number) =>
  slice(tx, run, { bound: sql`s.score <= ${score}`, order: forward, skip, count })

async function lastScore(tx: Tx, run: Run): Promise<number | undefined> {
  const [last] = await slice(tx, run, { order: backward, count: 1 })
  return last?.score
}

export type MyState = 'ranked' | 'no_score' | 'hidden' | 'not_eligible' | 'not_joined'

/** Whether a board is for a member, if they want to. */
export const isEligible = ({ ranked_members }: Board, memberId: string): boolean =>
  ranked_members.length === 0 || ranked_members.includes(memberId)

/** A member's row with `around` neighbours on each side, or why there is none. */
export async function rowsAround(
  tx: Tx,
  board: Board,
  run: Run,
  memberId: string,
  around: number,
): Promise<RowList & { state: MyState }> {
  const total = await totalOf(tx, board, run)
  const none = (state: MyState) => ({ state, rows: [], total })
  const member = await findMember(tx, { id: memberId })
  if (!isEligible(board, memberId)) return none('not_eligible')
  if (member?.visibility === 'hidden') return none('hidden')
  if (board.requires_opt_in && !member?.entered_boards.includes(board.id)) return none('not_joined')
  const { rows } = await sql<Stored>`${ranked(tx, run)} and s.member_id = ${memberId}`.execute(tx.db)
  const mine = rows[0]
  if (!mine) return none('no_score')
  const [position] = await positionsOf(tx, run, [mine])
  if (position! > total) return none('no_score')
  const from = Math.max(1, position! - around)
  const list = await rowsAt(tx, board, run, { from, limit: position! - from + 1 + around }, memberId)
  return { state: 'ranked', ...list }
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
  const above = await countAbove(
    tx,
    run,
    stored.map(({ score }) => score),
  )
  const next = await countAbove(
    tx,
    run,
    stored.map(({ score }) => score - 1),
  )
  const positions = await positionsOf(tx, run, stored, above)
  const rows = stored
    .map((row, i) => {
      const place = { position: positions[i]!, rank: above[i]! + 1, tied: next[i]! - above[i]! > 1 }
      return shown(board, row, place, viewerId)
    })
    .filter(({ position }) => position <= total)
  return { rows, total }
}

/** The position of each row: those above its score, and those of the same score that stand before it. */
async function positionsOf(tx: Tx, run: Run, stored: readonly Stored[], above?: readonly number[]): Promise<number[]> {
  if (stored.length === 0) return []
  const higher =
    above ??
    (await countAbove(
      tx,
      run,
      stored.map(({ score }) => score),
    ))
  // Each group of equal scores is walked once, however many of its rows are asked for.
  const { rows } = await sql<{ member_id: string; place: number }>`
    select member_id, place from (
      select s.member_id, row_number() over (partition by s.score order by s.reached_at, s.member_id) as place
      from board_scores s
      where ${inRun(tx, run)} and s.ranked and s.score = any(${sql.val([...new Set(stored.map(({ score }) => score))])}::bigint[])
    ) tied where member_id = any(${sql.val(stored.map(({ member_id }) => member_id))}::uuid[])`.execute(tx.db)
  const places = new Map(rows.map(({ member_id, place }) => [member_id, place]))
  return stored.map(({ member_id }, i) => higher[i]! + (places.get(member_id) ?? 1))
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
      member: { id: row.member_id, name: row.display_name, avatarUrl: row.avatar_url },
      me,
    }
  // A picture, or the id that other boards show beside a name, would undo what initials and aliases hide.
  const alias = createHmac('sha256', board.alias_key).update(row.member_id).digest()
  const member = {
    id: alias.toString('base64url', 0, 16),
    name: me ? row.display_name : nameDisplays[board.name_display](row, alias),
    avatarUrl: me ? row.avatar_url : null,
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
