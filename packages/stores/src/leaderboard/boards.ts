import { onMount } from 'nanostores'
import { configOf } from '../shared/config.js'
import type { Environment } from '../shared/environment.js'
import type { Loadable, LoadableStore } from '../shared/loadable.js'
import type { Config, Period } from '../types.js'

/** Which run of which board. */
export interface RunChoice {
  /** A board's id or slug. Default: the first board of the community. */
  board?: string | undefined
  /** Default: the board's first. */
  period?: Period | undefined
  /** The run's first day. Default: the run that is open now. */
  start?: string | undefined
}

export const boardRoute = 'GET /widget/v1/{publishableKey}/leaderboards/{idOrSlug}'
export const rowsRoute = `${boardRoute}/rows` as const

/** What every answer with rows has. */
export const rowsSample = {
  items: [{ position: 0, rank: 0, score: 0, member: { id: '', name: '' } }],
  run: { period: 'all', state: 'open' },
  total: 0,
} as const

/** The board to ask for; undefined when the community has none. */
export async function boardName(environment: Environment, { board }: RunChoice): Promise<string | undefined> {
  return board ?? (await configOf(environment).value()).leaderboards[0]?.id
}

/** Makes a store that chose no board follow the community's first one. */
export function followFirstBoard(environment: Environment, { board }: RunChoice, store: LoadableStore<unknown>): void {
  if (board !== undefined) return
  onMount(store.$state, () =>
    configOf(environment).$state.listen((now, before) => {
      if (before?.state === 'ready' && firstBoard(now) !== firstBoard(before)) store.renew()
    }),
  )
}

const firstBoard = (config: Loadable<Config>): string | undefined =>
  config.state === 'ready' ? config.value.leaderboards[0]?.id : undefined

/** A choice as a cache's key. */
export const choiceId = ({ board, period, start }: RunChoice): string => [board, period, start].join('\n')
