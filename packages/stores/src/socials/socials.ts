import type { ReadableAtom } from 'nanostores'
import { clientOf } from '../shared/client.js'
import { configOf } from '../shared/config.js'
import { type Environment, perEnvironment } from '../shared/environment.js'
import { identityOf } from '../shared/identity.js'
import { createLoadable, type Loadable } from '../shared/loadable.js'
import { askAtNext } from '../shared/turn.js'
import type { Config, SocialQuest, SocialsAnswer } from '../types.js'

/** Quests on networks, and what the community calls its units. */
export interface Socials extends SocialsAnswer {
  /** Undefined where that could not be had. */
  units: Config['units'] | undefined
}

/** What comes with a claim: a code or an answer, or what a person will look at. */
export interface Evidence {
  code?: string | undefined
  note?: string | undefined
  link?: string | undefined
  picture?: Blob | undefined
}

export interface SocialStore {
  $socials: ReadableAtom<Loadable<Socials>>
  /** Says that the viewer has opened a quest. Again is as once. Rejects with an ApiError when it fails. */
  start(questId: string): Promise<SocialQuest>
  /**
   * Says that a quest is done, and answers where the viewer is with it then. It looks `checking` at once; while one claim of
   * it is under way there is no second. Rejects with an ApiError when it fails.
   */
  claim(questId: string, evidence?: Evidence): Promise<SocialQuest>
  refresh(): Promise<void>
}

const route = 'GET /widget/v1/{publishableKey}/socials'
const startRoute = 'POST /widget/v1/{publishableKey}/socials/{questId}/start'
const claimRoute = 'POST /widget/v1/{publishableKey}/socials/{questId}/claim'
const questSample = {
  id: '',
  title: '',
  network: { id: 'web', name: '' },
  proof: 'self',
  reward: { xp: 0, currency: 0 },
  notices: { age: '', region: '', paidPromotion: '' },
} as const
const sample = { items: [questSample] } as const

/** The quests of the community and where the viewer is with each, shared by everything on the page. */
export const socials: (environment: Environment) => SocialStore = /* @__PURE__ */ perEnvironment((environment) => {
  const client = clientOf(environment)
  const { $source, token } = identityOf(environment)
  /** What the server said last. */
  let known: Socials | undefined
  /** What is being claimed, by quest. */
  const claims = new Map<string, Promise<SocialQuest>>()

  const store = createLoadable<Socials>(environment, {
    concerns: (type) => type === 'social.changed' || type === 'config.changed',
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
      const answer = await client.get(route, sample, { ...call, viewer })
      known = { ...answer, units: await units }
      watchTurns(known.items, call.signal)
      return painted(known)
    },
  })

  /** What is being claimed looks so. */
  const painted = (answer: Socials): Socials => ({
    ...answer,
    items: answer.items.map((quest) =>
      quest.progress && claims.has(quest.id)
        ? { ...quest, progress: { ...quest.progress, state: 'checking' as const, reason: null, until: null } }
        : quest,
    ),
  })

  /** A quest ends for everybody, and what was done is open again at midnight for many; a cool-down is the viewer's own. */
  function watchTurns(items: readonly SocialQuest[], signal: AbortSignal) {
    const untilOf = (isDone: boolean) =>
      items.map(({ progress }) => ((progress?.state === 'done') === isDone ? progress?.until : null))
    askAtNext(environment, [...items.map(({ endsAt }) => endsAt), ...untilOf(true)], store.renew, signal)
    askAtNext(environment, untilOf(false), store.renew, signal, true)
  }

  /** Asks about one quest, and takes what the server says of it. */
  async function tell(ask: () => Promise<SocialQuest>): Promise<SocialQuest> {
    const person = $source.value
    const quest = await ask()
    if (known && $source.value === person)
      known = { ...known, items: known.items.map((item) => (item.id === quest.id ? quest : item)) }
    return quest
  }

  async function send(questId: string, evidence: Evidence): Promise<SocialQuest> {
    const person = $source.value
    try {
      return await tell(() => client.send(claimRoute, questSample, { params: { questId }, ...bodyOf(evidence) }))
    } finally {
      claims.delete(questId)
      if (known && $source.value === person) store.set(painted(known))
      // What the server refused has changed meanwhile, and an answer that was lost may have been a yes.
      store.renew()
    }
  }

  return {
    $socials: store.$state,
    refresh: store.refresh,
    async start(questId) {
      const quest = await tell(() => client.send(startRoute, questSample, { params: { questId } }))
      if (known) store.set(painted(known))
      return quest
    },
    claim(questId, evidence = {}) {
      const underWay = claims.get(questId) ?? send(questId, evidence)
      claims.set(questId, underWay)
      if (known) store.set(painted(known))
      return underWay
    },
  }
})

/** A picture goes with a form, everything else as JSON. */
function bodyOf({ picture, ...texts }: Evidence) {
  if (!picture) return { body: texts }
  const form = new FormData()
  for (const [name, text] of Object.entries(texts)) if (text !== undefined) form.set(name, text)
  form.set('picture', picture)
  return { form }
}
