import type { ReadableAtom } from 'nanostores'
import { clientOf } from '../shared/client.js'
import { type Environment, perEnvironment } from '../shared/environment.js'
import { createLoadable, type Loadable } from '../shared/loadable.js'
import { perId } from '../shared/per-id.js'
import type { BoardRow } from '../types.js'
import { boardName, choiceId, followFirstBoard, type RunChoice, rowsRoute, rowsSample } from './boards.js'

/** The rows of a run whose shown name begins with a text. */
export interface Search {
  /** At most 100 rows, by name. */
  $found: ReadableAtom<Loadable<BoardRow[]>>
  refresh(): Promise<void>
}

/** As many as one answer holds. */
const limit = 100

const searches = /* @__PURE__ */ perEnvironment(() => new Map<string, Search>())

/** Looks for members of a run by name. Another text is another store: listen to it and leave the one before. */
export function search(environment: Environment, choice: RunChoice, text: string): Search {
  return perId(searches(environment), `${choiceId(choice)}\n${text}`, () => {
    const store = createLoadable<BoardRow[]>(environment, {
      concerns: (type) => type === 'leaderboard.changed',
      async load(call) {
        const idOrSlug = await boardName(environment, choice)
        if (idOrSlug === undefined) return []
        const query = { period: choice.period, start: choice.start, search: text, limit }
        const answer = await clientOf(environment).get(rowsRoute, rowsSample, { ...call, params: { idOrSlug }, query })
        return answer.items
      },
    })
    followFirstBoard(environment, choice, store)
    return { it: { $found: store.$state, refresh: store.refresh }, main: store }
  })
}
