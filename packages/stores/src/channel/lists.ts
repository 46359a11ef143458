import type { ReadableAtom } from 'nanostores'
import { clientOf } from '../shared/client.js'
import { type Environment, perEnvironment } from '../shared/environment.js'
import type { HintType } from '../shared/live.js'
import { createLoadable, type Loadable } from '../shared/loadable.js'
import { perId } from '../shared/per-id.js'
import type { Call } from '../shared/request.js'
import type { Message, Topic } from '../types.js'
import { messageSample } from './conversation.js'

/** What is listed of a channel, as far as it was asked for. */
export interface Listed<T> {
  items: readonly T[]
  /** Where the rest begins; null when all is there. */
  nextCursor: string | null
}

export interface Listing<T> {
  $list: ReadableAtom<Loadable<Listed<T>>>
  /** Asks for what comes next, if there is more. */
  more(): void
  refresh(): Promise<void>
}

const channelPath = '/widget/v1/{publishableKey}/channels/{channelId}'
/** A search for what is rare looks through page after page, and stops for a person's word after so many. */
const mostAtOnce = 5

const searches = /* @__PURE__ */ perEnvironment(() => new Map<string, Listing<Message>>())
const pinned = /* @__PURE__ */ perEnvironment(() => new Map<string, Listing<Message>>())
const forums = /* @__PURE__ */ perEnvironment(() => new Map<string, Listing<Topic>>())

/**
 * Messages of a channel with a text in them, newest first. It may end before it has found any, and go on by `more`. Another
 * text is another store: listen to it and leave the one before.
 */
export const found = (environment: Environment, channelId: string, text: string): Listing<Message> =>
  perId(searches(environment), `${channelId}\n${text}`, () =>
    createListing(environment, {
      concerns: () => false,
      ask: (call, cursor) =>
        clientOf(environment).get(
          `GET ${channelPath}/search`,
          { items: [messageSample] },
          { ...call, viewer: true, params: { channelId }, query: { text, cursor, limit: 30 } },
        ),
    }),
  )

/** What is pinned in a channel, the latest pin first. */
export const pins = (environment: Environment, channelId: string): Listing<Message> =>
  perId(pinned(environment), channelId, () =>
    createListing(environment, {
      concerns: (type, _, where) => where === channelId && (type === 'message.updated' || type === 'message.deleted'),
      async ask(call) {
        const request = { ...call, viewer: true, params: { channelId } }
        const { items } = await clientOf(environment).get(
          `GET ${channelPath}/pins`,
          { items: [messageSample] },
          request,
        )
        return { items, nextCursor: null }
      },
    }),
  )

/** The topics of a forum, those first where something was said last. */
export const topics = (environment: Environment, channelId: string): Listing<Topic> =>
  perId(forums(environment), channelId, () =>
    createListing(environment, {
      concerns: (type, _, where) => where === channelId && type === 'message.created',
      ask: (call, cursor) =>
        clientOf(environment).get(
          `GET ${channelPath}/topics`,
          { items: [{ id: '', title: '' }] },
          { ...call, viewer: true, params: { channelId }, query: { cursor, limit: 50 } },
        ),
    }),
  )

/** Begins a topic of a forum with its first message. Rejects with an ApiError. */
export const startTopic = (
  environment: Environment,
  channelId: string,
  body: { title: string; text: string },
): Promise<Topic> =>
  clientOf(environment).send(`POST ${channelPath}/topics`, { id: '', title: '' }, { params: { channelId }, body })

interface Source<T> {
  concerns(type: HintType, id: string | null, channelId?: string): boolean
  ask(call: Call, cursor: string | undefined): Promise<{ items: T[]; nextCursor: string | null }>
}

function createListing<T>(environment: Environment, { concerns, ask }: Source<T>) {
  let isMore = false
  const store = createLoadable<Listed<T>>(environment, {
    concerns,
    async load(call, previous) {
      const from = isMore ? previous : undefined
      const items = [...(from?.items ?? [])]
      let cursor = from?.nextCursor
      // What was there is there again, and one at least of what was not.
      const wanted = isMore || !previous ? items.length + 1 : previous.items.length
      let asked = 0
      do {
        const page = await ask(call, cursor ?? undefined)
        items.push(...page.items)
        cursor = page.nextCursor
      } while (cursor && items.length < wanted && ++asked < mostAtOnce)
      isMore = false
      return { items, nextCursor: cursor }
    },
  })
  const it: Listing<T> = {
    $list: store.$state,
    more() {
      const state = store.$state.value
      if (state?.state !== 'ready' || !state.value.nextCursor || (isMore && !state.stale)) return
      isMore = true
      store.load(false)
    },
    refresh: store.refresh,
  }
  return { it, main: store }
}
