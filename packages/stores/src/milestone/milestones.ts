import type { ReadableAtom } from 'nanostores'
import { clientOf } from '../shared/client.js'
import { configOf } from '../shared/config.js'
import { type Environment, perEnvironment } from '../shared/environment.js'
import { identityOf } from '../shared/identity.js'
import { createLoadable, type Loadable } from '../shared/loadable.js'
import { perId } from '../shared/per-id.js'
import { serverNow } from '../shared/server-clock.js'
import { askAtNext } from '../shared/turn.js'
import type { ClaimedStage, Config, Milestone, MilestoneChoice, MilestonesAnswer } from '../types.js'

/** Milestones, and what the community calls its units. */
export interface Milestones extends MilestonesAnswer {
  /** Undefined where that could not be had. */
  units: Config['units'] | undefined
}

interface MilestoneStore {
  $milestones: ReadableAtom<Loadable<Milestones>>
  /**
   * Claims what a stage gives. It looks claimed at once, and as before where that fails; while one claim of it is under way
   * there is no second. Rejects with an ApiError when it fails.
   */
  claim(milestoneId: string, stage: number): Promise<ClaimedStage>
  refresh(): Promise<void>
}

const route = 'GET /widget/v1/{publishableKey}/milestones'
const claimRoute = 'POST /widget/v1/{publishableKey}/milestones/{milestoneId}/stages/{n}/claim'
const milestoneSample = {
  id: '',
  name: '',
  state: 'locked',
  stages: [{ number: 0, name: '', state: 'locked', reason: { code: 'done', have: 0, need: 0 } }],
} as const
const sample = { items: [milestoneSample], labels: [''] } as const

const all = /* @__PURE__ */ perEnvironment(() => new Map<string, MilestoneStore>())

/** Milestones and how far the viewer is with each, shared by everything on the page that chose the same. */
export function milestones(environment: Environment, choice: MilestoneChoice = {}): MilestoneStore {
  const { filter, label, sort } = choice
  return perId(all(environment), [filter, label, sort].join('\n'), () => create(environment, choice))
}

function create(environment: Environment, choice: MilestoneChoice) {
  const client = clientOf(environment)
  const { $source, token } = identityOf(environment)
  /** What the server said last. */
  let known: Milestones | undefined
  /** What is being claimed, by milestone and stage. */
  const claims = new Map<string, Promise<ClaimedStage>>()

  const store = createLoadable<Milestones>(environment, {
    concerns: (type) => type === 'milestone.changed' || type === 'balance.changed' || type === 'config.changed',
    async load(call, previous) {
      // Another person looks at the page.
      if (!previous) claims.clear()
      const units = configOf(environment)
        .value()
        .then(
          (config) => config.units,
          () => undefined,
        )
      const viewer = (await token(call)) !== null
      const answer = await client.get(route, sample, { ...call, viewer, query: choice })
      known = { ...answer, units: await units }
      const turns = known.items.flatMap(({ startsAt, endsAt }) => [startsAt, endsAt])
      askAtNext(environment, turns, store.renew, call.signal)
      return painted(known)
    },
  })

  /** What is being claimed looks claimed. */
  const painted = (answer: Milestones): Milestones => ({ ...answer, items: answer.items.map(paint) })

  function paint(milestone: Milestone): Milestone {
    const claimedAt = new Date(serverNow(environment)).toISOString()
    const stages = milestone.stages.map((stage) =>
      claims.has(`${milestone.id} ${stage.number}`) ? { ...stage, state: 'claimed' as const, claimedAt } : stage,
    )
    const { state } = stages.find(({ number }) => number === milestone.current) ?? milestone
    return { ...milestone, stages, state }
  }

  async function send(id: string, milestoneId: string, stage: number): Promise<ClaimedStage> {
    const person = $source.value
    const isSame = () => $source.value === person
    try {
      const params = { milestoneId, n: `${stage}` }
      const answer = await client.send(claimRoute, { milestone: milestoneSample }, { params })
      if (known && isSame())
        known = { ...known, items: known.items.map((item) => (item.id === milestoneId ? answer.milestone : item)) }
      return answer
    } finally {
      claims.delete(id)
      if (known && isSame()) store.set(painted(known))
      // What the server refused has changed meanwhile, and an answer that was lost may have been a yes.
      store.renew()
    }
  }

  return {
    it: {
      $milestones: store.$state,
      refresh: store.refresh,
      claim(milestoneId: string, stage: number) {
        const id = `${milestoneId} ${stage}`
        const underWay = claims.get(id) ?? send(id, milestoneId, stage)
        claims.set(id, underWay)
        if (known) store.set(painted(known))
        return underWay
      },
    },
    main: store,
  }
}
