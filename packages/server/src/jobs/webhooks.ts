import { randomUUID } from 'node:crypto'
import type { Logger } from 'pino'
import type { GuardedFetch } from '../calls/fetch.js'
import { sendWebhook } from '../calls/webhook.js'
import type { Config } from '../config.js'
import type { Database, Tx } from '../db/database.js'
import type { RootKey } from '../domain/keys/secrets.js'
import { isStillSaid } from '../domain/webhooks/deliveries.js'
import {
  communitiesWithWork,
  type Delivery,
  leave,
  type Outcome,
  type Receiver,
  type Turn,
  work,
} from '../domain/webhooks/queue.js'
import { showAttached } from '../pages/attachments.js'
import { type Loop, startLoop } from './loop.js'

/** How much is under way to one endpoint. */
const atOnce = 5
/** How long what is under way may take when the server stops. */
const drainMs = 3_000

/** What this instance sends to an endpoint. */
interface Line {
  receiver: Receiver
  /** The lease's end: nothing is begun after it. */
  until: Date
  waiting: Delivery[]
  sending: Set<Delivery>
}

/** What this instance has taken of a community. */
interface Post {
  /** By endpoint. */
  lines: Map<string, Line>
  /** Not written down yet. */
  outcomes: Outcome[]
}

/**
 * Tells endpoints what happens. Each endpoint has a line of its own, so that nobody waits for one that does not answer. What is
 * sent is written down in the transaction that takes the next (domain/webhooks/queue.ts).
 */
export function startWebhooks(
  database: Database,
  log: Pick<Logger, 'error'>,
  rootKey: RootKey,
  clock: () => Date,
  fetchGuarded: GuardedFetch,
  { filesUrl }: Pick<Config, 'filesUrl'>,
): Loop {
  const worker = randomUUID()
  const showFile: Turn['showFile'] = (communityId, file) => showAttached(filesUrl, communityId, file)
  const posts = new Map<string, Post>()
  const stopping = new AbortController()
  let isStopping = false
  const sending = new Set<Promise<void>>()

  const loop = startLoop(database, log, {
    name: 'webhooks',
    find: async (db) => {
      const found = await communitiesWithWork(db, worker, clock())
      // What is under way keeps its lease by that.
      return [...new Set([...found, ...posts.keys()])]
    },
    run: async (communityId) => {
      const post = posts.get(communityId) ?? { lines: new Map(), outcomes: [] }
      posts.set(communityId, post)
      const { deliveries, receivers, until, more } = await writeOutcomes(communityId, post, (tx, turn) =>
        work(tx, rootKey, turn),
      )
      if (isStopping) return false
      for (const [endpointId, line] of post.lines) {
        const receiver = receivers.get(endpointId)
        if (receiver) Object.assign(line, { receiver, until })
        // Disabled, deleted, or another instance's by now.
        else line.waiting = []
      }
      for (const delivery of deliveries) lineOf(post, delivery, receivers, until).waiting.push(delivery)
      for (const line of post.lines.values()) send(communityId, post, line)
      forgetIdle(communityId, post)
      return more
    },
  })

  /** Outcomes that could not be written down are kept for the next time. */
  async function writeOutcomes<T>(
    communityId: string,
    post: Post,
    then: (tx: Tx, turn: Turn) => Promise<T>,
  ): Promise<T> {
    const outcomes = [...post.outcomes]
    const underWay = [...post.lines.values()].flatMap(({ waiting, sending }) => [...waiting, ...sending])
    const turn = { worker, outcomes, underWay, showFile, at: clock() }
    const result = await database.tenant(communityId, (tx) => then(tx, turn))
    post.outcomes.splice(0, outcomes.length)
    return result
  }

  function lineOf(post: Post, { endpointId }: Delivery, receivers: Map<string, Receiver>, until: Date): Line {
    const line = post.lines.get(endpointId) ?? {
      ...{ receiver: receivers.get(endpointId)!, until },
      ...{ waiting: [], sending: new Set<Delivery>() },
    }
    post.lines.set(endpointId, line)
    return line
  }

  /** Begins as much of a line as may be under way. */
  function send(communityId: string, post: Post, line: Line): void {
    // What waited too long is taken again with the next lease.
    if (clock() >= line.until) line.waiting = []
    while (!isStopping && line.sending.size < atOnce && line.waiting.length > 0) {
      const delivery = line.waiting.shift()!
      line.sending.add(delivery)
      const sent = attempt(communityId, line, delivery).then((outcome) => {
        line.sending.delete(delivery)
        sending.delete(sent)
        // What we broke off is no failure of the endpoint's.
        if (outcome && (!stopping.signal.aborted || outcome.status !== null)) post.outcomes.push(outcome)
        send(communityId, post, line)
        loop.wake(communityId)
      })
      sending.add(sent)
    }
  }

  /**
   * Never fails. Null where nothing was sent: a message was deleted since it was taken, or the database did not say; then it
   * is taken again.
   */
  async function attempt(communityId: string, { receiver }: Line, delivery: Delivery): Promise<Outcome | null> {
    const isSaid = (tx: Tx) => isStillSaid(tx, delivery.messageId)
    if (delivery.isSaid && !(await database.tenant(communityId, isSaid).catch(() => false))) return null
    return sendWebhook(fetchGuarded, receiver, delivery, clock, stopping.signal)
  }

  function forgetIdle(communityId: string, post: Post): void {
    for (const [endpointId, { waiting, sending }] of post.lines)
      if (waiting.length === 0 && sending.size === 0) post.lines.delete(endpointId)
    if (post.lines.size === 0 && post.outcomes.length === 0) posts.delete(communityId)
  }

  return {
    wake: loop.wake,
    stop: async () => {
      isStopping = true
      const late = setTimeout(() => stopping.abort(), drainMs)
      await Promise.all([loop.stop(), Promise.all(sending)])
      clearTimeout(late)
      for (const [communityId, post] of posts) {
        await writeOutcomes(communityId, post, leave).catch((error: unknown) =>
          log.error({ err: error, communityId }, 'what was sent could not be written down'),
        )
      }
    },
  }
}
