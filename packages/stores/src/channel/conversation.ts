import { atom, onMount, type ReadableAtom } from 'nanostores'
import { clientOf } from '../shared/client.js'
import { type Environment, perEnvironment } from '../shared/environment.js'
import type { ApiError } from '../shared/failures.js'
import { listenLive } from '../shared/live.js'
import { createLoadable, type Loadable } from '../shared/loadable.js'
import { perId } from '../shared/per-id.js'
import { serverNow } from '../shared/server-clock.js'
import type { Message } from '../types.js'
import { createOutbox, type Outbox } from './outbox.js'
import { join, replace, silence, type Talk } from './stretch.js'

/** What is said in a channel, and what the viewer says and does there. */
export interface Conversation {
  $talk: ReadableAtom<Loadable<Talk>>
  /** Who is writing, by member ids: the viewer may be one of them. */
  $typing: ReadableAtom<readonly string[]>
  /** What the viewer sends. */
  outbox: Outbox
  /** Asks for more at an end, if there is more. */
  older(): void
  newer(): void
  /** Goes to the newest messages, or to those around one. */
  latest(): void
  around(messageId: string): void
  /** Shows at once what has become of a message; null: it was deleted. */
  put(messageId: string, message: Message | null): void
  /** Says that the viewer is writing. Never rejects. */
  type(): void
  refresh(): Promise<void>
}

/** What is shown: a channel, or a topic of a forum. */
export interface Place {
  channelId: string
  topicId?: string | undefined
}

const channelPath = '/widget/v1/{publishableKey}/channels/{channelId}'
const messagePath = '/widget/v1/{publishableKey}/messages/{messageId}'
export const messageSample = {
  id: '',
  text: '',
  reactions: [{ emoji: '', count: 0 }],
  attachments: [{ name: '' }],
  cards: [{ url: '' }],
  createdAt: '',
}
const pageSample = { items: [messageSample], hasBefore: false, hasAfter: false }

const pageSize = 50
/** After an absence so many messages are caught up with; what came after them is asked for when somebody goes there. */
const mostCaughtUp = 500
/** More changes than this are asked for as a page, and not one by one. */
const mostSingle = 8
/** For so long after they were heard of, somebody counts as writing; and so often the viewer is said to. */
const typingFor = 6000
const typingEvery = 3000

const conversations = /* @__PURE__ */ perEnvironment(() => new Map<string, Conversation>())

/** The conversation of a channel, shared by everything on the page that shows it. */
export const conversation = (environment: Environment, place: Place): Conversation =>
  perId(conversations(environment), `${place.channelId} ${place.topicId ?? ''}`, () => create(environment, place))

function create(environment: Environment, { channelId, topicId }: Place) {
  const client = clientOf(environment)
  let talk = silence
  /** What is to be asked for next. */
  let wanted = new Set<'before' | 'after'>()
  let target: { messageId: string | undefined } | undefined
  let isBehind = false
  let isOld = false
  /** Messages that have changed. */
  let changed = new Set<string>()
  /** A hint has said what is old: not everything is. */
  let isTold = false

  const store = createLoadable<Talk>(environment, {
    concerns(type, id, where) {
      if (where !== channelId || !id) return false
      if (type === 'message.created') isBehind = true
      else if (type === 'message.updated' || type === 'message.deleted' || type === 'reaction.changed') changed.add(id)
      else return false
      isTold = true
      return true
    },
    outdate() {
      if (!isTold) isOld = isBehind = true
      isTold = false
    },
    async load(call, previous) {
      const ask = async (query: { before?: string; after?: string; around?: string; limit?: number }) => {
        const request = { ...call, viewer: true, params: { channelId }, query: { topicId, limit: pageSize, ...query } }
        const { items, ...more } = await client.get(`GET ${channelPath}/messages`, pageSample, request)
        call.signal.throwIfAborted()
        return { messages: items, ...more }
      }
      if (!previous || target) {
        const around = target?.messageId
        const page = await ask(around ? { around } : {})
        talk = { ...page, hasAfter: around ? page.hasAfter : false }
        target = undefined
        wanted = new Set()
        changed = new Set()
        isBehind = isOld = false
        return talk
      }
      if (isOld || changed.size > mostSingle) await renewNewest(ask)
      if (isBehind) await catchUp(ask)
      if (changed.size) await askAgain(call)
      for (const end of wanted) {
        const from = talk.messages.at(end === 'before' ? 0 : -1)?.id
        if (from && (end === 'before' ? talk.hasBefore : talk.hasAfter))
          talk = join(talk, await ask({ [end]: from }), end)
        wanted.delete(end)
      }
      return talk
    },
  })

  type AskPage = (query: { before?: string; after?: string; limit?: number }) => Promise<Talk>

  /** What hints have not told of is seen in the last of what is known. */
  async function renewNewest(ask: AskPage) {
    const last = talk.messages.at(-1)
    const first = talk.messages.at(-100)
    if (last) {
      const page = await ask(first ? { after: first.id, limit: 100 } : { limit: 100 })
      const [from] = page.messages
      if (from && (first || from.id <= last.id)) talk = join(talk, { ...page, hasAfter: talk.hasAfter }, 'after')
      for (const { id } of page.messages) changed.delete(id)
    }
    isOld = false
  }

  async function catchUp(ask: AskPage) {
    let after = talk.messages.at(-1)?.id
    isBehind = false
    try {
      if (!after) talk = { ...(await ask({})), hasAfter: false }
      for (let count = 0; after && !talk.hasAfter && count < mostCaughtUp; ) {
        const page = await ask({ after, limit: 100 })
        count += page.messages.length
        talk = join(talk, { ...page, hasAfter: page.hasAfter && count >= mostCaughtUp }, 'after')
        after = page.hasAfter ? page.messages.at(-1)?.id : undefined
      }
    } catch (error) {
      isBehind = true
      throw error
    }
  }

  /** Asks for single messages that have changed, of those that are known. */
  async function askAgain(call: { signal: AbortSignal }) {
    const ids = [...changed].filter((id) =>
      talk.messages.some((message) => message.id === id || message.replyTo?.id === id),
    )
    const answers = await Promise.all(
      ids.map(
        async (messageId): Promise<[string, Message | null]> => [
          messageId,
          await client
            .get(`GET ${messagePath}`, messageSample, { ...call, viewer: true, params: { messageId } })
            .catch((error: ApiError) => {
              if (error.status === 404) return null
              throw error
            }),
        ],
      ),
    )
    call.signal.throwIfAborted()
    for (const id of ids) changed.delete(id)
    talk = replace(talk, new Map(answers), new Date(serverNow(environment)).toISOString())
  }

  function put(messageId: string, message: Message | null) {
    if (store.$state.value?.state !== 'ready') return
    talk = replace(talk, new Map([[messageId, message]]), new Date(serverNow(environment)).toISOString())
    store.set(talk)
    // A load that was under way has been given up: what it was to bring is asked for again.
    if (isBehind || isOld || changed.size || wanted.size || target) store.load(false)
  }

  const want = (end: 'before' | 'after') => {
    if (wanted.has(end) || !(end === 'before' ? talk.hasBefore : talk.hasAfter)) return
    wanted.add(end)
    store.load(false)
  }
  const go = (messageId: string | undefined) => {
    target = { messageId }
    store.load(true)
  }
  const outbox = createOutbox(environment, { channelId, topicId }, () => {
    isBehind = isTold = true
    store.load(false)
  })

  const it: Conversation = {
    $talk: store.$state,
    $typing: createTyping(environment, channelId),
    outbox,
    older: () => want('before'),
    newer: () => want('after'),
    latest: () => go(undefined),
    around: go,
    put,
    type() {
      const now = environment.clock()
      if (now < saidAt + typingEvery) return
      saidAt = now
      client.send(`PUT ${channelPath}/typing`, { now: '' }, { params: { channelId } }).catch(() => {})
    },
    refresh: store.refresh,
  }
  let saidAt = Number.NEGATIVE_INFINITY
  return { it, main: store }
}

/** Who writes in a channel now. */
function createTyping(environment: Environment, channelId: string): ReadableAtom<readonly string[]> {
  const $typing = atom<readonly string[]>([])
  onMount($typing, () => {
    const ends = new Map<string, () => void>()
    const end = (id: string) => {
      ends.get(id)?.()
      if (ends.delete(id)) $typing.set([...ends.keys()])
    }
    const leave = listenLive(environment, (type, id, where) => {
      if (type !== 'channel.typing' || where !== channelId || !id) return
      ends.get(id)?.()
      ends.set(
        id,
        environment.after(typingFor, () => end(id)),
      )
      $typing.set([...ends.keys()])
    })
    return () => {
      leave()
      for (const id of [...ends.keys()]) end(id)
    }
  })
  return $typing
}
