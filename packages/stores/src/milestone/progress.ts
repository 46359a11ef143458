import type { ReadableAtom } from 'nanostores'
import { clientOf } from '../shared/client.js'
import { configOf } from '../shared/config.js'
import { type Environment, perEnvironment } from '../shared/environment.js'
import { identityOf } from '../shared/identity.js'
import { createLoadable, type Loadable } from '../shared/loadable.js'
import { perId } from '../shared/per-id.js'
import type { Ladder, Period, Recap, StreakAnswer } from '../types.js'

/** A streak, and on which day the community's weeks begin: 1 is Monday. */
export interface Streak extends StreakAnswer {
  weekStart: number
}

const path = '/widget/v1/{publishableKey}'

interface StreakStore {
  $streak: ReadableAtom<Loadable<Streak | null>>
  refresh(): Promise<void>
}

const streaks = /* @__PURE__ */ perEnvironment(() => new Map<string, StreakStore>())

/** The viewer's streak and a month of its calendar, such as `2026-11`; null for a guest. Default: the month that is on. */
export function streak(environment: Environment, month?: string): StreakStore {
  return perId(streaks(environment), month ?? '', () => {
    const store = createLoadable<Streak | null>(environment, {
      concerns: (type) => type === 'user.visited' || type === 'milestone.changed' || type === 'balance.changed',
      async load(call) {
        if (!(await identityOf(environment).token(call))) return null
        const streakSample = { days: 0, today: '', month: '', calendar: [{ day: '', state: 'came' as const }] }
        const request = { ...call, viewer: true, query: { month } }
        const [answer, { community }] = await Promise.all([
          clientOf(environment).get(`GET ${path}/streak`, streakSample, request),
          configOf(environment).value(),
        ])
        return { ...answer, weekStart: community.weekStart }
      },
    })
    return { it: { $streak: store.$state, refresh: store.refresh }, main: store }
  })
}

/** Gets back the viewer's streak that broke last; what the page shows follows. Rejects with an ApiError. */
export async function repairStreak(environment: Environment): Promise<void> {
  try {
    await clientOf(environment).send(`POST ${path}/streak/repair`, { days: 0, calendar: [] }, {})
  } finally {
    // An answer that was lost may have been a yes.
    await Promise.all([...streaks(environment).values()].map(({ refresh }) => refresh()))
  }
}

/** Every level that XP lead to, and where the viewer stands. */
export const ladder: (environment: Environment) => { $ladder: ReadableAtom<Loadable<Ladder>> } =
  /* @__PURE__ */ perEnvironment((environment) => {
    const { $state } = createLoadable<Ladder>(environment, {
      concerns: (type) => type === 'balance.changed' || type === 'config.changed',
      async load(call) {
        const viewer = (await identityOf(environment).token(call)) !== null
        const levels = [{ tier: 0, name: '', level: 0, xp: 0 }]
        return clientOf(environment).get(`GET ${path}/tiers`, { levels }, { ...call, viewer })
      },
    })
    return { $ladder: $state }
  })

const recaps = /* @__PURE__ */ perEnvironment(() => new Map<string, { $recap: ReadableAtom<Loadable<Recap | null>> }>())

/** What a period has been like for the viewer so far; null for a guest. */
export function recap(environment: Environment, period: Period): { $recap: ReadableAtom<Loadable<Recap | null>> } {
  return perId(recaps(environment), period, () => {
    const store = createLoadable<Recap | null>(environment, {
      concerns: (type) => type === 'balance.changed' || type === 'milestone.changed',
      async load(call) {
        if (!(await identityOf(environment).token(call))) return null
        const recapSample = { period, spent: 0, days: 0, stages: 0 }
        return clientOf(environment).get(`GET ${path}/recap`, recapSample, { ...call, viewer: true, query: { period } })
      },
    })
    return { it: { $recap: store.$state }, main: store }
  })
}
