import type { QueryOf } from '@rai/contract'
import type { Tx } from '../../db/database.js'
import { clockOf } from '../../domain/clock.js'
import { type Community, thisCommunity } from '../../domain/communities.js'
import { Failure } from '../../domain/failure.js'
import { findFields } from '../../domain/fields/fields.js'
import {
  type Board,
  claimPrize,
  fieldOf,
  findShownBoard,
  joinBoard,
  leaveBoard,
  mayView,
  prizeOf,
  type Row,
  type Run,
  rememberSeen,
  rowsAround,
  rowsAt,
  runOf,
  type Seen,
  searchRows,
  seenOf,
  segmentsOf,
  settingsOf,
  type Won,
} from '../../domain/leaderboards/index.js'
import type { Asker, Context, Handlers, Services } from '../../http/context.js'
import { firstPageHtml } from '../../pages/first-page.js'
import { avatarUrl } from '../../pages/pictures.js'

type Path = '/widget/v1/{publishableKey}/leaderboards/{idOrSlug}'

const defaultLimit = 50
const defaultAround = 3

type Keys =
  | `GET ${Path}`
  | `GET ${Path}/rows`
  | `GET ${Path}/first-page`
  | `GET ${Path}/rows/me`
  | `POST ${Path}/prizes/claim`
  | `PUT ${Path}/seen`
  | `${'PUT' | 'DELETE'} ${Path}/entry`

/** Which board, and who asks when. */
type Reading = Pick<Context<`GET ${Path}`>, 'tx' | 'principal' | 'params' | 'now'> & { deps: Pick<Services, 'config'> }

/** The board that is read, and where. */
interface Place {
  board: Board
  community: Community
}

export const leaderboards: Handlers<Keys> = {
  'GET /widget/v1/{publishableKey}/leaderboards/{idOrSlug}': async (reading) =>
    readBoard(reading, await readPlace(reading)),

  'GET /widget/v1/{publishableKey}/leaderboards/{idOrSlug}/rows': async ({ query, ...reading }) =>
    readRows(reading, runIn(await readPlace(reading), query, reading.now), query),

  'GET /widget/v1/{publishableKey}/leaderboards/{idOrSlug}/first-page': ({ query, ...reading }) =>
    readFirstPage(reading, query),

  'GET /widget/v1/{publishableKey}/leaderboards/{idOrSlug}/rows/me': async ({
    tx,
    principal,
    params,
    query,
    now,
    deps,
  }) => {
    const { board, run } = runIn(await readPlace({ tx, principal, params }), query, now)
    const { around = defaultAround } = query
    const [{ state, rows, total }, seen, won] = await Promise.all([
      rowsAround(tx, board, run, principal.memberId!, around),
      seenOf(tx, run, principal.memberId!),
      prizeOf(tx, run, principal.memberId!),
    ])
    return {
      state,
      items: rows.map(showRow(tx, deps)),
      seen: seen && showSeen(seen),
      prize: won && showWon(won),
      run: showRun(run),
      total,
      now: now.toISOString(),
    }
  },

  'POST /widget/v1/{publishableKey}/leaderboards/{idOrSlug}/prizes/claim': async ({
    tx,
    principal,
    params,
    body,
    now,
  }) => {
    const { run } = runIn(await readPlace({ tx, principal, params }), body, now)
    return showWon(await claimPrize(tx, run, principal.memberId!, now))
  },

  'PUT /widget/v1/{publishableKey}/leaderboards/{idOrSlug}/seen': async ({ tx, principal, params, body, now }) => {
    const { run } = runIn(await readPlace({ tx, principal, params }), body, now)
    const seen = { rank: body.rank, at: now }
    await rememberSeen(tx, run, principal.memberId!, seen)
    return showSeen(seen)
  },

  'PUT /widget/v1/{publishableKey}/leaderboards/{idOrSlug}/entry': async ({ tx, principal, params, now }) => {
    await joinBoard(tx, await readableBoard(tx, params.idOrSlug, principal), principal.memberId!, now)
    return { joined: true }
  },

  'DELETE /widget/v1/{publishableKey}/leaderboards/{idOrSlug}/entry': async ({ tx, principal, params }) => {
    await leaveBoard(tx, await readableBoard(tx, params.idOrSlug, principal), principal.memberId!)
    return { joined: false }
  },
}

async function readBoard({ tx, principal, now }: Reading, { board, community }: Place) {
  const isOffered = (other: Board) =>
    isListed(other, principal) && (principal.origin !== undefined || isWhereverIs(other, board))
  const readTabs = async () => {
    const whole = board.segment_of === null ? board : await findShownBoard(tx, board.segment_of)
    return { whole, segments: whole && isOffered(whole) ? await segmentsOf(tx, whole.id) : [] }
  }
  const [{ whole, segments }, metric] = await Promise.all([readTabs(), metricNames(tx, community, [board])])
  const { prizeTerms, widget } = settingsOf(board)
  const { button } = widget
  return {
    ...showSummary(board, metric),
    description: board.description,
    requiresOptIn: board.requires_opt_in,
    whole: segments.length > 0 && whole && whole !== board ? { id: whole.id, periods: whole.periods } : null,
    segments: segments.filter(isOffered).map(({ id, name, periods }) => ({ id, name, periods })),
    prizes: board.prizes,
    prizeTerms: prizeTerms || null,
    button: button.enabled && button.link ? { text: button.text, link: button.link } : null,
    runs: board.periods.map((period) => showRun(runOf(board, clockOf(community), now, period))),
    now: now.toISOString(),
  }
}

async function readRows(
  { tx, principal, now, deps }: Reading,
  { board, run }: ReturnType<typeof runIn>,
  query: QueryOf<`GET ${Path}/rows`>,
) {
  const { from = 1, limit = defaultLimit, search } = query
  const { rows, total } =
    search === undefined
      ? await rowsAt(tx, board, run, { from, limit }, principal.memberId)
      : await searchRows(tx, board, run, { text: search, limit }, principal.memberId)
  const next = from + rows.length
  const nextCursor = search === undefined && rows.length > 0 && next <= total ? String(next) : null
  return { items: rows.map(showRow(tx, deps)), nextCursor, run: showRun(run), total, now: now.toISOString() }
}

/** Board and rows as HTML, for the inside of the tag. Nothing where there are no rows: the element has words for that. */
export async function readFirstPage(
  reading: Reading,
  { layout = 'auto', theme = 'auto', locale = 'en', ...query }: QueryOf<`GET ${Path}/first-page`>,
) {
  const { publicUrl } = reading.deps.config
  const place = await readPlace(reading)
  // What can be refused is, before anything else is asked.
  const found = runIn(place, query, reading.now)
  const [board, rows] = await Promise.all([readBoard(reading, place), readRows(reading, found, query)])
  const page = { board, rows, layout, theme, locale, stylesheet: `${publicUrl}/leaderboard.css` }
  return { html: rows.items.length > 0 ? await firstPageHtml(page) : '', now: rows.now }
}

/** A board that the asker may not see is not there. */
async function readableBoard(tx: Tx, idOrSlug: string, asker: Asker): Promise<Board> {
  const board = await findShownBoard(tx, idOrSlug)
  if (!board || !mayView(board, asker)) throw new Failure('not_found', 'There is no such leaderboard here.')
  if (!isForPage(board, asker.origin)) {
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

async function readPlace({ tx, principal, params }: Pick<Reading, 'tx' | 'principal' | 'params'>): Promise<Place> {
  const [board, community] = await Promise.all([readableBoard(tx, params.idOrSlug, principal), thisCommunity(tx)])
  return { board, community }
}

/** @throws Failure `unavailable` for a board that is being counted. */
function runIn(
  { board, community }: Place,
  { period, start }: Pick<QueryOf<`GET ${Path}/rows`>, 'period' | 'start'>,
  now: Date,
) {
  if (board.counted_to !== null)
    throw new Failure('unavailable', 'The leaderboard is being counted. Try again in a moment.')
  return { board, run: runOf(board, clockOf(community), now, period, start) }
}

/** Whether a board may be on every page that another one may be on: in a frame, nobody tells which page it is. */
function isWhereverIs(board: Board, other: Board): boolean {
  const { whitelistedDomains: allowed } = settingsOf(board).widget
  const { whitelistedDomains: pages } = settingsOf(other).widget
  return allowed.length === 0 || (pages.length > 0 && pages.every((origin) => allowed.includes(origin)))
}

/** Whether the asker's page may choose the board when it names none. */
export const isOfConfig = (board: Board, asker: Asker): boolean => board.segment_of === null && isListed(board, asker)

/** Whether a list for the asker's page names the board. */
const isListed = (board: Board, asker: Asker): boolean => mayView(board, asker) && isForPage(board, asker.origin)

export const showSummary = (board: Board, metric: MetricNames) => ({
  id: board.id,
  slug: board.slug,
  name: board.name,
  metric: metric(board.metric),
  periods: board.periods,
})

type MetricNames = (metric: Board['metric']) => { unit: 'xp' | 'currency' | 'field'; name: string }

/** What the community calls what the boards rank by. */
export async function metricNames(
  tx: Tx,
  { xp_name, currency_name }: Community,
  boards: readonly Board[],
): Promise<MetricNames> {
  const fields = await findFields(
    tx,
    boards.flatMap(({ metric }) => fieldOf(metric) ?? []),
  )
  return (metric) => {
    if (metric === 'xp') return { unit: metric, name: xp_name }
    if (metric === 'currency') return { unit: metric, name: currency_name }
    const field = fieldOf(metric)!
    return { unit: 'field', name: fields.get(field)?.name ?? field }
  }
}

const showRow =
  ({ communityId }: Tx, { config }: Reading['deps']) =>
  ({ position, rank, tied, score, member: { id, name, avatarId }, me }: Row) => ({
    position,
    rank,
    tied,
    score,
    member: { id, name, avatarUrl: avatarId && avatarUrl(config.filesUrl, communityId, avatarId) },
    me,
  })

const showWon = ({ rank, prize, claimedAt }: Won) => ({
  rank,
  prize,
  state: claimedAt ? ('claimed' as const) : ('won' as const),
  claimedAt: claimedAt?.toISOString() ?? null,
})

const showSeen = ({ rank, at }: Seen) => ({ rank, at: at.toISOString() })

const showRun = ({ period, start, startsAt, endsAt, finalAt, state }: Run) => ({
  period,
  start: period === 'all' ? null : start,
  startsAt: startsAt?.toISOString() ?? null,
  endsAt: endsAt?.toISOString() ?? null,
  finalAt: finalAt?.toISOString() ?? null,
  state,
})
