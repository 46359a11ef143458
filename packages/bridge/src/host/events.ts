import { BridgeError } from '../error.js'
import type { HostMessage, Wanted } from '../protocol.js'
import { createMeter } from './meter.js'

type Post = (message: HostMessage) => void

interface Kept {
  seq: number
  d: unknown
  missed: number
}

/** What one guest wants to hear, and what of it the guest has not acknowledged. It outlives ports. */
interface Subscription extends Wanted {
  kept: Kept[]
  /** The way to the guest: its own name for the subscription, and its port. */
  to?: { s: number; post: Post } | undefined
}

export interface Events {
  emit(name: string, data: unknown): void
  /** Sends anew what was not acknowledged, unless the guest had handled it. */
  subscribe(wanted: Wanted & { s: number; after: number }, post: Post): void
  unsubscribe(s: number, post: Post): void
  acknowledge(s: number, seq: number, post: Post): void
}

/** So many subscriptions a guest may have, and so many events of each wait for it. */
const limits = { subscriptions: 50, kept: 500 }
/** So often it may subscribe: each time, all that is kept is sent anew. */
const rate = { calls: 200, seconds: 10 }

export function createEvents(): Events {
  const all = new Map<string, Subscription>()
  const meter = createMeter(rate)
  let lastSeq = 0

  const keyOf = ({ name, filter }: Wanted) => JSON.stringify([name, filter])
  const find = (s: number, post: Post) => [...all].find(([, { to }]) => to?.s === s && to.post === post)
  const send = ({ to }: Subscription, event: Kept) => to?.post({ t: 'event', s: to.s, ...event })

  return {
    emit(name, data) {
      for (const one of all.values()) {
        if (one.name !== name || !matches(data, one.filter)) continue
        if (one.kept.length === limits.kept) {
          // The oldest goes: whoever comes back late loads anew what the missed ones would have changed.
          const { missed } = one.kept.shift()!
          one.kept[0]!.missed += missed + 1
        }
        const event = { seq: ++lastSeq, d: data, missed: 0 }
        one.kept.push(event)
        send(one, event)
      }
    },
    subscribe({ s, name, filter, after }, post) {
      const wait = meter.take()
      if (wait > 0) throw new BridgeError('E_RATE', `${rate.calls} times in ${rate.seconds} s at most.`, wait)
      const wanted = { name, ...(filter && { filter }) }
      const key = keyOf(wanted)
      const one = all.get(key) ?? { ...wanted, kept: [] }
      if (!all.has(key) && all.size === limits.subscriptions)
        throw new BridgeError('E_RATE', `A guest has ${limits.subscriptions} subscriptions at most.`)
      all.set(key, one)
      one.kept = one.kept.filter(({ seq }) => seq > after)
      one.to = { s, post }
      for (const event of one.kept) send(one, event)
    },
    unsubscribe(s, post) {
      const found = find(s, post)
      if (found) all.delete(found[0])
    },
    acknowledge(s, seq, post) {
      const one = find(s, post)?.[1]
      if (one) one.kept = one.kept.filter((event) => event.seq > seq)
    },
  }
}

const matches = (data: unknown, filter: Wanted['filter'] = {}) =>
  Object.entries(filter).every(([name, value]) => (Object(data) as Record<string, unknown>)[name] === value)
