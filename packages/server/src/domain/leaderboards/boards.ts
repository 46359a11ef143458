import { type Period, type Prize, periodNames } from '@rai/contract'
import { type RawBuilder, type Selectable, sql } from 'kysely'
import { everyColumn, writeOnce } from '../../db/connection.js'
import type { Tx } from '../../db/database.js'
import type { Tables } from '../../db/tables.js'
import { emit } from '../events.js'
import { Failure } from '../failure.js'
import { findFields } from '../fields/fields.js'
import { given } from '../given.js'
import { isId, newId } from '../ids.js'
import { takeBoards } from '../locks.js'
import { checkNamed } from '../references.js'
import { beginCounting, countAgain, removeBoard } from './counting.js'
import { fieldOf, type Metric } from './scores.js'
import { planSettling } from './winners.js'

/** A leaderboard: what it counts, when, for whom, and how it is shown. */
export type Board = Selectable<Tables['leaderboards']>

/** What a caller can set. `settings` are documented values that no query reads; they are kept as they came. */
export interface BoardInput {
  name: string
  slug?: string | undefined
  description?: string | undefined
  metric?: Metric | undefined
  periods?: readonly Period[] | undefined
  nameDisplay?: 'full' | 'initials' | 'alias' | undefined
  topRankLimit?: number | null | undefined
  onlyPositive?: boolean | undefined
  requiresOptIn?: boolean | undefined
  startsAt?: Date | null | undefined
  endsAt?: Date | null | undefined
  reviewHours?: number | null | undefined
  prizes?: readonly Prize[] | undefined
  rankedMembers?: readonly string[] | undefined
  rankedRoles?: readonly string[] | undefined
  rankedFields?: Readonly<Record<string, string>> | undefined
  segmentOf?: string | null | undefined
  viewingMembers?: readonly string[] | undefined
  viewingRoles?: readonly string[] | undefined
  isEnabled?: boolean | undefined
  displayOrder?: number | undefined
  widgetEnabled?: boolean | undefined
  settings?: Record<string, unknown> | undefined
}

const boardColumns = everyColumn<Board>({
  community_id: true,
  id: true,
  name: true,
  slug: true,
  description: true,
  metric: true,
  periods: true,
  name_display: true,
  alias_key: true,
  top_rank_limit: true,
  only_positive: true,
  requires_opt_in: true,
  starts_at: true,
  ends_at: true,
  review_hours: true,
  prizes: true,
  settled_to: true,
  settles_at: true,
  ranked_members: true,
  ranked_roles: true,
  ranked_fields: true,
  segment_of: true,
  viewing_members: true,
  viewing_roles: true,
  is_enabled: true,
  display_order: true,
  widget_enabled: true,
  settings: true,
  scores_id: true,
  counted_to: true,
  former_of: true,
  created_at: true,
  updated_at: true,
  revision: true,
})

/** The columns that decide who has which score: a change to one of them counts the board again from the ledger. */
const countingColumns = [
  'metric',
  'periods',
  'starts_at',
  'ends_at',
  'ranked_members',
  'ranked_roles',
  'ranked_fields',
  'requires_opt_in',
] as const

function columnsOf(input: Partial<BoardInput>) {
  const columns = {
    name: input.name?.trim(),
    slug: input.slug,
    description: input.description,
    metric: input.metric,
    periods: input.periods && periodNames.filter((period) => input.periods!.includes(period)),
    name_display: input.nameDisplay,
    top_rank_limit: input.topRankLimit,
    only_positive: input.onlyPositive,
    requires_opt_in: input.requiresOptIn,
    starts_at: input.startsAt,
    ends_at: input.endsAt,
    review_hours: input.reviewHours,
    prizes: input.prizes && JSON.stringify(input.prizes),
    ranked_members: input.rankedMembers && [...input.rankedMembers],
    ranked_roles: input.rankedRoles && [...input.rankedRoles],
    ranked_fields: input.rankedFields && JSON.stringify(input.rankedFields),
    segment_of: input.segmentOf,
    viewing_members: input.viewingMembers && [...input.viewingMembers],
    viewing_roles: input.viewingRoles && [...input.viewingRoles],
    is_enabled: input.isEnabled,
    display_order: input.displayOrder,
    widget_enabled: input.widgetEnabled,
    settings: input.settings && JSON.stringify(input.settings),
  }
  return given(columns)
}

/** A slug from a name; `board` when nothing of the name can stand in one. */
const slugOf = (name: string): string =>
  name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 90) || 'board'

/** The community's boards, without what some of them were. */
const boards = (tx: Tx) =>
  tx.db.selectFrom('leaderboards').where('community_id', '=', tx.communityId).where('former_of', 'is', null)

async function freeSlug(tx: Tx, wanted: string): Promise<string> {
  const rows = await boards(tx)
    .select('slug')
    .where((eb) => eb.or([eb('slug', '=', wanted), eb('slug', 'like', `${wanted}-%`)]))
    .execute()
  const used = new Set(rows.map(({ slug }) => slug))
  if (!used.has(wanted)) return wanted
  for (let n = 2; ; n++) if (!used.has(`${wanted}-${n}`)) return `${wanted}-${n}`
}

/** @throws Failure `already_exists` for a slug in use, `unknown_reference` for a member, role or field that is not here. */
export async function createBoard(tx: Tx, input: BoardInput, at: Date): Promise<Board> {
  await takeBoards(tx)
  await checkInput(tx, input, null)
  const columns = columnsOf(input)
  const id = newId(at.getTime())
  const board = await tx.db
    .insertInto('leaderboards')
    .values({
      ...columns,
      metric: columns.metric ?? 'xp',
      periods: columns.periods ?? [...periodNames],
      community_id: tx.communityId,
      id,
      scores_id: id,
      name: input.name.trim(),
      slug: input.slug ?? (await freeSlug(tx, slugOf(input.name))),
      created_at: at,
      updated_at: at,
    })
    .returningAll()
    .executeTakeFirstOrThrow()
  await planSettling(tx, board, at)
  await announce(tx, board.id, board.segment_of)
  return beginCounting(tx, board)
}

/** @param change What to set, or what follows from the board as it is: nobody changes it in between. */
export async function updateBoard(
  tx: Tx,
  id: string,
  change: Partial<BoardInput> | ((before: Board) => Partial<BoardInput>),
  at: Date,
): Promise<Board> {
  await takeBoards(tx)
  const before = await boardById(tx, id)
  const input = typeof change === 'function' ? change(before) : change
  await checkInput(tx, { startsAt: before.starts_at, endsAt: before.ends_at, ...input }, before.id)
  const board = await tx.db
    .updateTable('leaderboards')
    .set({ ...columnsOf(input), updated_at: at, revision: sql`revision + 1` })
    .where('community_id', '=', tx.communityId)
    .where('id', '=', before.id)
    .returningAll()
    .executeTakeFirstOrThrow()
  await planSettling(tx, board, at)
  await announce(tx, board.id, before.segment_of, board.segment_of)
  const counts = (row: Board) => JSON.stringify(countingColumns.map((column) => row[column]))
  return counts(board) === counts(before) ? board : countAgain(tx, before, board)
}

/** Deletes a board with its scores and counts. The ledger keeps every point, and its segments are boards of their own. */
export async function deleteBoard(tx: Tx, id: string): Promise<void> {
  await takeBoards(tx)
  const board = await boardById(tx, id)
  await tx.db
    .updateTable('leaderboards')
    .set({ segment_of: null })
    .where('community_id', '=', tx.communityId)
    .where('segment_of', '=', board.id)
    .execute()
  for (const table of ['board_seen', 'board_winners'] as const) {
    await tx.db.deleteFrom(table).where('community_id', '=', tx.communityId).where('board_id', '=', board.id).execute()
  }
  for (const one of [...(await formersOf(tx, [board.id])), board]) await removeBoard(tx, one)
  await announce(tx, board.id, board.segment_of)
}

export async function boardById(tx: Tx, id: string): Promise<Board> {
  const board = isId(id) ? await boards(tx).selectAll().where('id', '=', id).executeTakeFirst() : undefined
  if (!board) throw new Failure('not_found', 'There is no such leaderboard.')
  return board
}

/** Those of the boards that are there. */
export async function findBoards(tx: Tx, ids: readonly string[]): Promise<Board[]> {
  if (ids.length === 0) return []
  return boards(tx)
    .selectAll()
    .where('id', 'in', [...ids])
    .execute()
}

/** Boards in the operator's order: what pages ask for all the time. */
const boardsWhere = (communityId: RawBuilder<unknown>, condition: RawBuilder<unknown>) => sql`
  select ${boardColumns} from leaderboards where community_id = ${communityId} and former_of is null and ${condition}
  order by display_order, created_at, id`
const boardsBy = (column: 'id' | 'slug' | 'segment_of') =>
  writeOnce<{ communityId: string; value: string }>(({ communityId, value }) =>
    boardsWhere(communityId, sql`${sql.ref(column)} = ${value}`),
  )
const boardsById = boardsBy('id')
const boardsBySlug = boardsBy('slug')
const segments = boardsBy('segment_of')
const enabledBoards = writeOnce<{ communityId: string }>(({ communityId }) =>
  boardsWhere(communityId, sql`is_enabled and widget_enabled`),
)

/** Finds a board by id or slug, as pages are shown it. */
export async function findShownBoard(tx: Tx, idOrSlug: string): Promise<Board | undefined> {
  const ask = async (statement: typeof boardsBySlug) =>
    (await tx.send<Board>(statement(tx.db, { communityId: tx.communityId, value: idOrSlug })))[0]
  const board = (isId(idOrSlug) && (await ask(boardsById))) || (await ask(boardsBySlug))
  return board && (await asShown(tx, [board]))[0]
}

/** Boards as pages are shown them: one that is counted again counts what it did before, until it is through. */
async function asShown(tx: Tx, boards: readonly Board[]): Promise<Board[]> {
  const counting = boards.filter(({ counted_to }) => counted_to !== null)
  const formers = await formersOf(
    tx,
    counting.map(({ id }) => id),
  )
  return boards.map((board) => {
    const former = formers.find(({ former_of, counted_to }) => former_of === board.id && counted_to === null)
    const shown =
      former && [...countingColumns, 'scores_id', 'counted_to'].map((name) => [name, former[name as keyof Board]])
    return { ...board, ...(shown && Object.fromEntries(shown)) }
  })
}

/** What boards were before they were counted again, and what is not taken away yet of earlier ones. */
async function formersOf(tx: Tx, ids: readonly string[]): Promise<Board[]> {
  if (ids.length === 0) return []
  return tx.db
    .selectFrom('leaderboards')
    .selectAll()
    .where('community_id', '=', tx.communityId)
    .where('former_of', 'in', [...ids])
    .execute()
}

export interface BoardPage {
  page: number
  limit: number
  sort: { column: 'created_at' | 'updated_at' | 'name' | 'slug' | 'display_order'; direction: 'asc' | 'desc' }
  /** In the name or the slug, without regard to case. */
  keyword?: string | undefined
}

export async function listBoards(
  tx: Tx,
  { page, limit, sort, keyword }: BoardPage,
): Promise<{ rows: Board[]; total: number }> {
  let found = boards(tx)
  if (keyword) {
    const like = `%${keyword.replace(/[\\%_]/g, '\\$&')}%`
    found = found.where((eb) => eb.or([eb('name', 'ilike', like), eb('slug', 'ilike', like)]))
  }
  const { total } = await found.select((eb) => eb.fn.countAll<number>().as('total')).executeTakeFirstOrThrow()
  const rows = await found
    .selectAll()
    .orderBy(sort.column, sort.direction)
    .orderBy('id', sort.direction)
    .limit(limit)
    .offset((page - 1) * limit)
    .execute()
  return { rows, total }
}

/** The boards that pages may show, in the operator's order, as they are shown them. */
export async function shownBoards(tx: Tx): Promise<Board[]> {
  return asShown(tx, await tx.send<Board>(enabledBoards(tx.db, tx)))
}

/** The boards that show parts of one, in the operator's order, as pages are shown them. */
export async function segmentsOf(tx: Tx, boardId: string): Promise<Board[]> {
  return asShown(tx, await tx.send<Board>(segments(tx.db, { communityId: tx.communityId, value: boardId })))
}

async function checkInput(tx: Tx, input: Partial<BoardInput>, self: string | null): Promise<void> {
  if (input.startsAt && input.endsAt && input.endsAt <= input.startsAt) {
    throw new Failure('invalid_request', 'A leaderboard must end after it starts.', [
      { path: 'endDate', message: 'must be after the start' },
    ])
  }
  if (input.slug !== undefined) {
    const other = await boards(tx).select('id').where('slug', '=', input.slug).executeTakeFirst()
    if (other && other.id !== self) throw new Failure('already_exists', 'Another leaderboard has this slug.')
  }
  await checkFields(tx, input)
  await checkSegment(tx, input.segmentOf ?? null, self)
  await checkNamed(tx, 'members', 'allowedUsersToRank', input.rankedMembers)
  await checkNamed(tx, 'members', 'allowedUsersToView', input.viewingMembers)
  await checkNamed(tx, 'roles', 'allowedRolesToRank', input.rankedRoles)
  await checkNamed(tx, 'roles', 'allowedRolesToView', input.viewingRoles)
}

async function checkFields(tx: Tx, { metric, rankedFields = {} }: Partial<BoardInput>): Promise<void> {
  const ranking = metric && fieldOf(metric)
  const fields = await findFields(tx, [...(ranking === undefined ? [] : [ranking]), ...Object.keys(rankedFields)])
  if (ranking !== undefined && fields.get(ranking)?.type !== 'number') {
    throw new Failure('unknown_reference', `The community has no field of numbers "${ranking}".`, [
      { path: 'rankingField', message: 'no such field' },
    ])
  }
  const missing = Object.keys(rankedFields)
    .filter((field) => !/^(single-line-text|select)$/.test(fields.get(field)?.type ?? ''))
    .map((field) => ({ path: `allowedFieldsToRank.${field}`, message: 'no such field of text or select' }))
  if (missing.length > 0)
    throw new Failure('unknown_reference', 'The leaderboard names fields that do not exist here.', missing)
}

/** A board has segments or is one: pages show one row of tabs. */
async function checkSegment(tx: Tx, whole: string | null, self: string | null): Promise<void> {
  if (whole === null) return
  const [board] = await findBoards(tx, [whole].filter(isId))
  const refuse = (message: string) => new Failure('unknown_reference', message, [{ path: 'segmentOf', message }])
  if (!board || board.id === self) throw refuse('There is no such leaderboard.')
  const hasSegments = self !== null && (await segmentsOf(tx, self)).length > 0
  if (board.segment_of !== null || hasSegments) throw refuse('A segment has no segments.')
}

/** Every page that shows one of the boards asks again, and the community's list of boards may have changed. */
async function announce(tx: Tx, ...boardIds: readonly (string | null)[]): Promise<void> {
  await emit(tx, 'config.changed', null)
  for (const id of new Set(boardIds)) if (id !== null) await emit(tx, 'leaderboard.changed', id)
}
