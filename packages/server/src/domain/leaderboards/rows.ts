import { createHmac } from 'node:crypto'
import { type RawBuilder, sql } from 'kysely'
import { writeOnce } from '../../db/connection.js'
import type { Tx } from '../../db/database.js'
import { findMember, type Member } from '../members/members.js'
import type { Board } from './boards.js'
import {
  ahead,
  everybody,
  findPosition,
  firstPlace,
  inRun,
  longStretches,
  nobody,
  placeOf,
  placeOfScore,
  type RunInSql,
  runInSql,
  standing,
} from './counts.js'
import type { Run } from './runs.js'
import { isAmong } from './settings.js'

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
  display_name: string
  avatar_id: string | null
}

const ranking = (run: RunInSql) => sql`board_scores where ${inRun(run)} and ranked`

/** The score of one member. By itself, so that it is looked up by the member and not along the ranking. */
const scoreOf = (run: RunInSql, memberId: RawBuilder<unknown>) =>
  sql`(select * from board_scores where ${inRun(run)} and member_id = ${memberId}::uuid offset 0)`

const forward = sql`negated, reached_at, member_id`
const backward = sql`negated desc, reached_at desc, member_id desc`

/** What is asked of a run, by value. */
interface Asked extends Record<keyof RunInSql, string> {
  topRankLimit: number | null
}
type InSql<Values> = { readonly [Name in keyof Values]: RawBuilder<unknown> }

const asked = (tx: Tx, board: Board, { scoresId, period, start }: Run): Asked => ({
  communityId: tx.communityId,
  boardId: scoresId,
  period,
  start,
  topRankLimit: board.top_rank_limit,
})

/** How many members a run shows: those ranked, above zero only where the board says so, down to its last place. */
const shownTotal = (run: InSql<Asked>, onlyPositive: boolean) => sql`
  least(${onlyPositive ? ahead(run, placeOfScore(sql`0`)) : everybody(run)}, ${run.topRankLimit}::bigint)::bigint`

/** Once for boards that show every score, and once for those that show only what is above zero. */
const onceForBoards = <Values extends Asked>(
  write: (value: InSql<Values>, onlyPositive: boolean) => RawBuilder<unknown>,
) => {
  const statements = {
    all: writeOnce<Values>((value) => write(value, false)),
    positive: writeOnce<Values>((value) => write(value, true)),
  }
  return (tx: Tx, board: Board, values: Values) => statements[board.only_positive ? 'positive' : 'all'](tx.db, values)
}

const total = onceForBoards<Asked>(
  (run, onlyPositive) => sql`with ${longStretches(run)} select ${shownTotal(run, onlyPositive)} as total`,
)

/** How many members a run shows. */
export async function totalOf(tx: Tx, board: Board, run: Run): Promise<number> {
  const [row] = await tx.send<{ total: number }>(total(tx, board, asked(tx, board, run)))
  return row!.total
}

interface Listed {
  total: number
  /** In order, and one beyond the last that is wanted, where there is one. */
  stored: Stored[]
  /** How many members stand before the first. */
  ahead: number
  /** How many have a higher score than the first; null where nobody before it has the same. */
  above: number | null
}

/** A place before all who have the score of the first row `top`, if one of them stands before it: one row or none. */
const tie = (run: InSql<Asked>) => sql`
  select top.negated, '-infinity'::timestamptz as reached_at, ${nobody} as member_id from top cross join lateral (
    select from ${ranking(run)} and negated = top.negated and (reached_at, member_id) < (top.reached_at, top.member_id)
    limit 1
  ) earlier`

/**
 * The rows of a run from a place on, and where they stand, as one statement.
 * @param found A CTE `found (negated, reached_at, member_id, skip)`: so many rows from that place on are skipped.
 * @param standing A query of one row `(ahead, above)`: where the first row `top` stands.
 * @param count How many rows, up to 200.
 */
const listFrom = (
  run: InSql<Asked>,
  onlyPositive: boolean,
  { found, standing, count }: Record<'found' | 'standing' | 'count', RawBuilder<unknown>>,
) => sql`
    with ${longStretches(run)}, ${found}, listed as materialized (
      select s.* from found cross join lateral (
        select ${forward} from ${ranking(run)} and (${forward}) >= ${placeOf('found')}
        -- What the planner believes where it does not know how many are wanted.
        order by ${forward} offset found.skip limit 200
      ) s limit ${count}::bigint
    ), top as (
      select * from listed order by ${forward} limit 1
    )
    select t.*, -s.negated as score, s.member_id, s.display_name, s.avatar_id from (
      select ${shownTotal(run, onlyPositive)} as total, standing.* from (${standing}) standing
    ) t left join (
      select s.*, m.display_name, m.avatar_id
      from listed s join members m on m.community_id = ${run.communityId}::uuid and m.id = s.member_id
    ) s on true order by s.negated, s.reached_at, s.member_id`

const firstRows = onceForBoards<Asked & { count: number }>((run, onlyPositive) =>
  listFrom(run, onlyPositive, {
    found: firstPlace,
    standing: sql`select 0 as ahead, null::bigint as above`,
    count: run.count,
  }),
)

const rowsFrom = onceForBoards<Asked & { position: number; count: number }>((run, onlyPositive) =>
  listFrom(run, onlyPositive, {
    found: findPosition(run, run.position),
    standing: sql`
      select ${run.position}::bigint - 1 as ahead, (select ${ahead(run, placeOf('tie'))} from (${tie(run)}) tie) as above`,
    count: run.count,
  }),
)

const rowsAroundMember = onceForBoards<Asked & { memberId: string; around: number; count: number }>(
  (run, onlyPositive) =>
    listFrom(run, onlyPositive, {
      found: sql`
      mine as (
        select ${forward} from ${scoreOf(run, run.memberId)} s where ranked
      ), found as (
        select start.*, 0 as skip from mine left join lateral (
          select ${forward} from ${ranking(run)} and (${forward}) <= (mine.negated, mine.reached_at, mine.member_id)
          order by ${backward} offset ${run.around}::bigint limit 1
        ) start on true
      )`,
      // Two places, counted by the same part of the plan: each part costs as much to set up as to run.
      standing: sql`
        select max(n) filter (where not is_tie) as ahead, max(n) filter (where is_tie) as above from (
          select is_tie, ${ahead(run, placeOf('place'))} as n
          from (select false as is_tie, * from top union all select true, * from (${tie(run)}) tie) place offset 0
        ) counted`,
      count: run.count,
    }),
)

interface OneRow extends Stored, Pick<Listed, 'total' | 'ahead'> {
  /** How many of those before it have its score. */
  equal: number
  /** Whether the next one has it. */
  followed: boolean
}

/** One member's row and where it stands, where `standing` tells: a list takes twice the steps. */
const rowOfMember = onceForBoards<Asked & { memberId: string }>(
  (run, onlyPositive) => sql`
    ${onlyPositive ? sql`with ${longStretches(run)}` : sql``}
    select mine.member_id, mine.score, m.display_name, m.avatar_id, standing.ahead, standing.equal, exists (
        select from ${ranking(run)} and negated = mine.negated and (reached_at, member_id) > (mine.reached_at, mine.member_id)
      ) as followed,
      least(${onlyPositive ? ahead(run, placeOfScore(sql`0`)) : sql`standing.everybody`}, ${run.topRankLimit}::bigint)::bigint
        as total
    from ${scoreOf(run, run.memberId)} mine join members m on m.community_id = ${run.communityId}::uuid and m.id = mine.member_id
    ${standing(run)} where mine.ranked`,
)

async function list(tx: Tx, statement: ReturnType<typeof firstRows>): Promise<Listed> {
  const rows = await tx.send<Listed & Stored>(statement)
  return { ...rows[0]!, stored: rows.filter(({ member_id }) => member_id !== null) }
}

/**
 * Rows of a run by position.
 * @param from The first position wanted, from 1.
 * @param limit Up to 100.
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
  const values = { ...asked(tx, board, run), count: limit + 1 }
  const listed = await list(
    tx,
    from === 1 ? firstRows(tx, board, values) : rowsFrom(tx, board, { ...values, position: from }),
  )
  return { rows: shownRows(board, listed, limit, viewerId), total: listed.total }
}

/** Rows as others may see them. */
function shownRows(
  board: Board,
  { stored, ahead, above, total }: Listed,
  limit: number,
  viewerId: string | undefined,
): Row[] {
  let rank = (above ?? ahead) + 1
  return stored.slice(0, Math.max(0, Math.min(limit, total - ahead))).map((row, i) => {
    const position = ahead + i + 1
    if (i > 0 && row.score !== stored[i - 1]!.score) rank = position
    const tied = rank < position || stored[i + 1]?.score === row.score
    return shown(board, row, { position, rank, tied }, viewerId)
  })
}

export type MyState = 'ranked' | 'no_score' | 'hidden' | 'not_eligible' | 'not_joined'

/** Whether a board is for a member, if they want to. */
export const isEligible = (board: Board, { id, role_ids, fields }: Member): boolean =>
  isAmong(board, { members: board.ranked_members, roles: board.ranked_roles }, { memberId: id, roleIds: role_ids }) &&
  Object.entries(board.ranked_fields).every(([field, value]) => fields[field] === value)

/** A member's row with `around` neighbours on each side (up to 50), or why there is none. */
export async function rowsAround(
  tx: Tx,
  board: Board,
  run: Run,
  memberId: string,
  around: number,
): Promise<RowList & { state: MyState }> {
  if (around === 0) {
    const [mine] = await tx.send<OneRow>(rowOfMember(tx, board, { ...asked(tx, board, run), memberId }))
    if (mine && mine.ahead < mine.total) {
      const { ahead, equal, followed, total } = mine
      const place = { position: ahead + 1, rank: ahead - equal + 1, tied: equal > 0 || followed }
      return { state: 'ranked', rows: [shown(board, mine, place, memberId)], total }
    }
  }
  // One more than wanted below.
  const values = { ...asked(tx, board, run), memberId, around, count: around + 1 + around + 1 }
  const listed = await list(tx, rowsAroundMember(tx, board, values))
  const mine = listed.stored.findIndex(({ member_id }) => member_id === memberId)
  const isShown = mine >= 0 && listed.ahead + mine < listed.total
  if (isShown)
    return { state: 'ranked', rows: shownRows(board, listed, mine + 1 + around, memberId), total: listed.total }
  return { state: await whyNot(tx, board, memberId), rows: [], total: listed.total }
}

async function whyNot(tx: Tx, board: Board, memberId: string): Promise<MyState> {
  const member = await findMember(tx, { id: memberId })
  if (!member || !isEligible(board, member)) return 'not_eligible'
  if (member.visibility === 'hidden') return 'hidden'
  return board.requires_opt_in && !member.entered_boards.includes(board.id) ? 'not_joined' : 'no_score'
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
  const inSql = runInSql(tx, run)
  const { rows: stored } = await sql<Stored & Pick<Listed, 'ahead' | 'above'> & { tied: boolean }>`
    with ${longStretches(inSql)}
    select named.member_id, named.score, named.display_name, named.avatar_id, ${ahead(inSql, placeOf('named'))} as ahead,
      ${ahead(inSql, placeOfScore(sql`named.negated`))} as above,
      exists (select from ${ranking(inSql)} and negated = named.negated and member_id <> named.member_id) as tied
    from (
      select s.*, m.display_name, m.avatar_id, m.name_key
      from members m cross join lateral ${scoreOf(inSql, sql`m.id`)} s
      where s.ranked and m.community_id = ${tx.communityId}::uuid and m.name_key ^@ lower(${text})
      order by m.name_key, m.id limit ${limit}
    ) named order by named.name_key, named.member_id`.execute(tx.db)
  const rows = stored
    .map((row) =>
      shown(board, row, { position: row.ahead + 1, rank: (row.above ?? row.ahead) + 1, tied: row.tied }, viewerId),
    )
    .filter(({ position }) => position <= total)
  return { rows, total }
}

function shown(
  board: Board,
  row: Stored,
  { position, rank, tied }: { position: number; rank: number; tied: boolean },
  viewerId: string | undefined,
): Row {
  const me = row.member_id === viewerId
  if (board.name_display === 'full')
    return {
      position,
      rank,
      tied,
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
  return { position, rank, tied, score: row.score, member, me }
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
