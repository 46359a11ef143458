import type { ReadableAtom } from 'nanostores'
import { clientOf } from '../shared/client.js'
import { type Environment, perEnvironment } from '../shared/environment.js'
import { identityOf } from '../shared/identity.js'
import { createLoadable, type Loadable } from '../shared/loadable.js'
import { perId } from '../shared/per-id.js'
import type { Board, MyRows } from '../types.js'
import { boardName, boardRoute, choiceId, followFirstBoard, type RunChoice, rowsRoute, rowsSample } from './boards.js'
import { createView, type View } from './view.js'

/** One run of a board, shared by everything on the page that chose the same. The values are null where the community has no board. */
export interface Leaderboard {
  $board: ReadableAtom<Loadable<Board | null>>
  $view: ReadableAtom<Loadable<View | null>>
  /** The viewer's own place, with its neighbours. Null for guests, too. */
  $mine: ReadableAtom<Loadable<MyRows | null>>
  /** Says which positions are shown now: the missing rows among them are loaded. `by` tells elements that share it apart. */
  show(first: number, last: number, by: object): void
  /** Ends `show`. */
  hide(by: object): void
  /** Asks for everything again, when a person wants it. Never rejects: the states tell. */
  refresh(): Promise<void>
}

const boardSample = {
  id: '',
  name: '',
  metric: { unit: 'xp', name: '' },
  periods: ['all'],
  runs: [rowsSample.run],
} as const
/** How many rows above and below the viewer's own come with it. */
const around = 3

const leaderboards = /* @__PURE__ */ perEnvironment(() => new Map<string, Leaderboard>())

/** The leaderboard of a run. Nothing is asked for before somebody listens, and nothing is kept long after they stop. */
export function leaderboard(environment: Environment, choice: RunChoice = {}): Leaderboard {
  return perId(leaderboards(environment), choiceId(choice), () => create(environment, choice))
}

function create(environment: Environment, choice: RunChoice) {
  const client = clientOf(environment)
  let boardId: string | undefined
  const rowsChanged = (type: string, id: string | null) =>
    type === 'leaderboard.changed' && (boardId === undefined || boardId === id)

  const board = createLoadable<Board | null>(environment, {
    concerns: (type) => type === 'config.changed',
    async load(call) {
      const idOrSlug = await boardName(environment, choice)
      if (idOrSlug === undefined) return null
      const answer = await client.get(boardRoute, boardSample, { ...call, params: { idOrSlug } })
      boardId = answer.id
      return answer
    },
  })

  const mine = createLoadable<MyRows | null>(environment, {
    concerns: rowsChanged,
    async load(call) {
      if (!(await identityOf(environment).token(call))) return null
      const idOrSlug = await boardName(environment, choice)
      if (idOrSlug === undefined) return null
      return client.get(
        `${rowsRoute}/me`,
        { ...rowsSample, state: 'ranked' },
        {
          ...call,
          viewer: true,
          params: { idOrSlug },
          query: { period: choice.period, start: choice.start, around },
        },
      )
    },
  })

  const view = createView(environment, {
    choice,
    concerns: rowsChanged,
    me: () => (mine.$state.value?.state === 'ready' ? own(mine.$state.value.value)?.member.id : undefined),
    onTurn() {
      for (const store of all) store.renew()
    },
  })

  const all = [board, view, mine]
  followFirstBoard(environment, choice, board)
  followFirstBoard(environment, choice, mine)
  const it: Leaderboard = {
    $board: board.$state,
    $view: view.$state,
    $mine: mine.$state,
    show: view.show,
    hide: view.hide,
    refresh: async () => void (await Promise.all(all.map((store) => store.refresh()))),
  }
  return { it, main: view }
}

const own = (rows: MyRows | null | undefined) => rows?.items.find(({ me }) => me)
