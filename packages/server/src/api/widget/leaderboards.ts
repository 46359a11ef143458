import type { QueryOf } from '@rai/contract'
import type { Tx } from '../../db/database.js'
import { communityClock } from '../../domain/clock.js'
import { type Community, thisCommunity } from '../../domain/communities.js'
import { Failure } from '../../domain/failure.js'
import {
  type Board,
  findBoard,
  mayView,
  type Run,
  rowsAround,
  rowsAt,
  runOf,
  searchRows,
  settingsOf,
} from '../../domain/leaderboards/index.js'
import type { Asker, Handlers } from '../../http/context.js'

type Path = '/widget/v1/{publishableKey}/leaderboards/{idOrSlug}'

const defaultLimit = 50
const defaultAround = 3

export const leaderboards: Handlers<`GET ${Path}` | `GET ${Path}/rows` | `GET ${Path}/rows/me`> = {
  'GET /widget/v1/{publishableKey}/leaderboards/{idOrSlug}': async ({ tx, principal, params, now }) => {
    const board = await readableBoard(tx, params.idOrSlug, principal)
    const community = await thisCommunity(tx)
    const clock = await communityClock(tx)
    const { button } = settingsOf(board).widget
    return {
      ...showSummary(board, community),
      description: board.description,
      button: button.enabled && button.link ? { text: button.text, link: button.link } : null,
      runs: board.periods.map((period) => showRun(runOf(board, clock, now, period))),
      now: now.toISOString(),
    }
  },

  'GET /widget/v1/{publishableKey}/leaderboards/{idOrSlug}/rows': async ({ tx, principal, params, query, now }) => {
    const { board, run } = await readableRun(tx, params.idOrSlug, principal, query, now)
    const { from = 1, limit = defaultLimit, search } = query
    const { rows, total } =
      search === undefined
        ? await rowsAt(tx, board, run, { from, limit }, principal.memberId)
        : await searchRows(tx, board, run, { text: search, limit }, principal.memberId)
    const next = from + rows.length
    const nextCursor = search === undefined && rows.length > 0 && next <= total ? String(next) : null
    return { items: rows, nextCursor, run: showRun(run), total, now: now.toISOString() }
  },

  'GET /widget/v1/{publishableKey}/leaderboards/{idOrSlug}/rows/me': async ({ tx, principal, params, query, now }) => {
    const { board, run } = await readableRun(tx, params.idOrSlug, principal, query, now)
    const { around = defaultAround } = query
    const { state, rows, total } = await rowsAround(tx, board, run, principal.memberId!, around)
    return { state, items: rows, run: showRun(run), total, now: now.toISOString() }
  },
}

/** A board that the asker may not see is not there. */
async function readableBoard(tx: Tx, idOrSlug: string, { memberId, origin }: Asker): Promise<Board> {
  const board = await findBoard(tx, idOrSlug)
  if (!board || !mayView(board, memberId)) throw new Failure('not_found', 'There is no such leaderboard here.')
  if (!isForPage(board, origin)) {
    throw new Failure(
      'origin_not_allowed',
      'This leaderboard is not allowed on this page. Add its origin to the board.',
    )
  }
  return board
}

function isForPage(board: Board, origin: string | undefined): boolean {
  const { whitelistedDomains } = settingsOf(board).widget
  return origin === undefined || whitelistedDomains.length === 0 || whitelistedDomains.includes(origin)
}

async function readableRun(
  tx: Tx,
  idOrSlug: string,
  asker: Asker,
  { period, start }: Pick<QueryOf<`GET ${Path}/rows`>, 'period' | 'start'>,
  now: Date,
) {
  const board = await readableBoard(tx, idOrSlug, asker)
  if (board.counted_to !== null)
    throw new Failure('unavailable', 'The leaderboard is being counted. Try again in a moment.')
  return { board, run: runOf(board, await communityClock(tx), now, period, start) }
}

/** Whether a list for the asker's page names the board. */
export const isListed = (board: Board, { memberId, origin }: Asker): boolean =>
  mayView(board, memberId) && isForPage(board, origin)

export const showSummary = (board: Board, community: Community) => ({
  id: board.id,
  slug: board.slug,
  name: board.name,
  metric: { unit: board.metric, name: board.metric === 'xp' ? community.xp_name : community.currency_name },
  periods: board.periods,
})

const showRun = ({ period, start, startsAt, endsAt, finalAt, state }: Run) => ({
  period,
  start: period === 'all' ? null : start,
  startsAt: startsAt?.toISOString() ?? null,
  endsAt: endsAt?.toISOString() ?? null,
  finalAt: finalAt?.toISOString() ?? null,
  state,
})
