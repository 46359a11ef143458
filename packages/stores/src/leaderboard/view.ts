import { clientOf } from '../shared/client.js'
import type { Environment } from '../shared/environment.js'
import { createLoadable, type LoadableStore } from '../shared/loadable.js'
import { serverNow } from '../shared/server-clock.js'
import type { BoardRow, BoardRun } from '../types.js'
import { boardName, followFirstBoard, type RunChoice, rowsRoute, rowsSample } from './boards.js'
import { createPages, pageSize } from './pages.js'

/** A run's rows as far as they are known: a new object whenever something changed. */
export interface View {
  run: BoardRun
  /** How many members are ranked. */
  total: number
  /** The row at a position from 1, if it is known. A row that did not change stays the same object. */
  row(position: number): BoardRow | undefined
}

interface ViewStore extends LoadableStore<View | null> {
  show(first: number, last: number, by: object): void
  hide(by: object): void
}

interface Options {
  choice: RunChoice
  /** Whether a hint about this board's rows is about these. */
  concerns(type: string, id: string | null): boolean
  /** The viewer's member id, if they stand in this run. */
  me(): string | undefined
  /** The run ends or begins now, by the server's clock. */
  onTurn(): void
}

/** A list that is scrolled asks for where it stands, not for all that it passes: at most ten times a second. */
const betweenShows = 100
/** One that is flung asks for nothing: what nobody sees any more at the next look would come too late. */
const betweenLooks = 50
const frame = 16
/** The turn of a run is seen by every page at once: they ask within this time of each other. */
const turnSpread = 4000

/** When the state of a run changes next; null when it never does. */
export const turnOf = ({ state, startsAt, endsAt, finalAt }: BoardRun): string | null =>
  ({ not_started: startsAt, open: endsAt, in_review: finalAt, ended: null })[state]

/** The rows of a run, in pages: only those that somebody shows are loaded and kept up to date. */
export function createView(environment: Environment, { choice, concerns, me, onTurn }: Options): ViewStore {
  const client = clientOf(environment)
  const pages = createPages()
  /** Whose rows are known. */
  let known: string | undefined
  /** The pages that are being asked for, and since when. */
  let asked: number[] = []
  let askedAt = 0
  let planned: (() => void) | undefined

  const store = createLoadable<View | null>(environment, {
    concerns,
    outdate: pages.outdate,
    async load(call, previous) {
      if (!previous) pages.clear()
      asked = pages.missing()
      askedAt = environment.clock()
      const wanted = asked
      const board = await boardName(environment, choice)
      if (board === undefined) return null
      const answers = await Promise.all(
        wanted.map((page) =>
          client.get(rowsRoute, rowsSample, {
            ...call,
            params: { idOrSlug: board },
            query: { period: choice.period, start: choice.start, from: page * pageSize + 1, limit: pageSize },
          }),
        ),
      )
      asked = []
      const last = answers.at(-1)
      if (!last || call.signal.aborted) return previous ?? null
      const { run, total } = last
      const whose = [board, run.period, run.start].join()
      if (whose !== known) pages.clear()
      known = whose
      pages.put(
        answers.map(({ items }, i) => [wanted[i]!, items] as const),
        total,
      )
      watchTurn(run, call.signal)
      const at = pages.snapshot()
      return {
        run,
        total,
        row(position) {
          const row = at(position)
          // Rows that everybody may read are asked for without a name, so that one answer serves all.
          return row && !row.me && row.member.id === me() ? { ...row, me: true } : row
        },
      }
    },
  })
  followFirstBoard(environment, choice, store)

  function watchTurn(run: BoardRun, signal: AbortSignal) {
    const turn = turnOf(run)
    if (!turn) return
    const wait = Math.max(0, Date.parse(turn) - serverNow(environment)) + 1000 + environment.random() * turnSpread
    const cancel = environment.after(wait, onTurn)
    signal.addEventListener('abort', cancel)
  }

  function plan(wait: number) {
    const before = pages.shown()
    planned = environment.after(wait, () => {
      planned = undefined
      const shown = pages.shown()
      const shows = (page: number) => shown.includes(page)
      if (!before.some(shows)) plan(betweenLooks)
      else if (pages.missing().some((page) => !asked.includes(page))) store.load(!asked.some(shows))
    })
  }

  return {
    ...store,
    show(first, last, by) {
      pages.show(by, first, last)
      if (planned || pages.missing().length === 0) return
      plan(Math.max(frame, askedAt + betweenShows - environment.clock()))
    },
    hide: pages.hide,
  }
}
