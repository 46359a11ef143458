import {
  type ApiError,
  type Board,
  type BoardRow,
  errorOf,
  type Leaderboard,
  type MyRows,
  type RunChoice,
  type View,
} from '@rai/stores'

/** From this length on a list can be searched. */
export const long = 50

/** From this width on the first three stand on a podium. */
const wide = 720

export type Layout = 'auto' | 'table' | 'compact' | 'card' | 'podium'

/** What a store holds at the moment. */
type Held<Store extends keyof Leaderboard> = Leaderboard[Store] extends { get(): infer State } ? State : never

type Ready<State> = Extract<State, { state: 'ready' }>

/** Rows that somebody searched for. */
export interface Found {
  text: string
  rows: readonly BoardRow[]
  highest: number
}

/** What an element is told, by its page, its stores and its parts. */
interface Told {
  /** What address, key and board name together. */
  subject: string
  /** Which of the board's segments is asked for; none for the board itself. */
  segment: string | undefined
  /** The run that the stores below are of. */
  choice: RunChoice
  board: Held<'$board'> | undefined
  view: Held<'$view'> | undefined
  mine: Held<'$mine'> | undefined
  limit: number | undefined
  layout: Layout | undefined
  /** The page fills rows in its own way. */
  isCustom: boolean
  /** What is searched for and found; asked only where one can search. */
  found: () => Found | undefined
  /** The width of the list; asked only where it matters. */
  width: () => number
}

/** What is shown. */
export interface Model {
  board?: Board | undefined
  /** Which segment it is; none for the board that ranks everyone. */
  segment?: string | undefined
  /** Its segments are to be chosen from. */
  hasSegments?: boolean
  hasExtras?: boolean
  /**
   * The rows that were asked for, or, while those are on their way, the ones before, so that choosing another period never
   * blanks the list. Its value is null where the community has no board.
   */
  shown?: Ready<Held<'$view'>> | undefined
  view?: View | undefined
  /** The run that they are of: what a person does here is about it, whatever is on its way. */
  choice?: RunChoice | undefined
  /** Names the run. */
  key: string
  /** What belongs to the one who looks; nothing of a person stays who is no longer, or not surely, that one. */
  mine?: MyRows | undefined
  /** Their row. */
  own?: BoardRow | undefined
  isLong?: boolean
  found?: Found | undefined
  /** How many rows the list has. */
  total: number
  layout: Exclude<Layout, 'auto'>
  /** Why there is nothing to show. */
  failure?: ApiError | undefined
  /** What failed last, whether or not there is something to show. */
  error?: ApiError | undefined
}

export const nothingKnown: Model = { key: '', total: 0, layout: 'table' }

/** Decides what to show by what is known now, and by what was shown before. */
export function decide(before: Model, { subject, segment, limit, layout = 'auto', ...told }: Told): Model {
  let { board, segment: of, shown, choice, mine, key } = before
  if (told.board?.state === 'ready') {
    board = told.board.value ?? undefined
    of = segment
  }
  if (told.view?.state === 'ready' && ((board && of === segment) || !told.view.value)) {
    shown = told.view
    choice = told.choice
    key = [subject, segment, shown.value?.run.period, shown.value?.run.start].join(' ')
    mine = (told.mine?.state === 'ready' && told.mine.value) || undefined
  } else if (told.view?.state === 'failed') shown = mine = undefined
  const view = shown?.value ?? undefined
  const isLong = !!view && view.total > long
  const found = isLong ? told.found() : undefined
  const count = found?.rows.length ?? view?.total ?? 0
  const total = limit && limit > 0 ? Math.min(count, limit) : count
  const canStand = total > 2 && !found && !told.isCustom
  const hasPodium = canStand && (layout === 'podium' || told.width() > wide)
  // A segment that the page itself names stands alone.
  const hasSegments = !!board?.segments.length && (!board.whole || !!of)
  const [boardError, viewError, mineError] = [told.board, told.view, told.mine].map((state) => state && errorOf(state))
  const failure = shown ? undefined : (boardError ?? viewError)
  return {
    board,
    segment: of,
    hasSegments,
    hasExtras: hasSegments || !!board?.prizes.length,
    shown,
    view,
    choice,
    key,
    mine,
    own: mine?.items.find(({ me }) => me),
    isLong,
    found,
    total,
    layout: layout !== 'auto' && layout !== 'podium' ? layout : hasPodium ? 'podium' : 'table',
    failure,
    error: failure ?? shown?.stale ?? mineError,
  }
}
