import type { GuestMessage, HostMessage, Methods, Wanted } from '../protocol.js'

export interface EventInfo {
  /** Grows with every event of a connection. */
  seq: number
  /** How many events before this one the host could not keep: load anew what they would have changed. */
  missed: number
}

type Handler = (data: unknown, info: EventInfo) => void

interface Subscription {
  wanted: Wanted
  /** What it is called on the wire. */
  s: number
  handlers: Set<Handler>
  made: Promise<unknown>
}

type Subscribe = (
  method: 'events.subscribe' | 'events.unsubscribe',
  params: Methods['events.subscribe']['params'] | Methods['events.unsubscribe']['params'],
) => Promise<unknown>

/**
 * The newest event that this document has handled, by session and subscription. It is the document's, not the object's:
 * another object in it, after a hot reload, must not handle the same events.
 */
function handledHere(): Map<string, number> {
  const page = globalThis as { [name: symbol]: Map<string, number> | undefined }
  const name = Symbol.for('rai.bridge.handled')
  page[name] ??= new Map()
  return page[name]
}

/** The events that the page hears: one subscription for all handlers that want the same. */
export function createSubscriptions(call: Subscribe, post: (message: GuestMessage) => void) {
  const handled = handledHere()
  const all = new Map<string, Subscription>()
  let lastId = 0
  let session: string

  const keyOf = ({ name, filter }: Wanted) => `${session} ${JSON.stringify([name, filter])}`
  const make = (s: number, wanted: Wanted) =>
    call('events.subscribe', { s, ...wanted, after: handled.get(keyOf(wanted)) ?? 0 })

  return {
    async add(name: string, handler: Handler, filter?: Wanted['filter']): Promise<() => void> {
      const key = JSON.stringify([name, filter])
      let one = all.get(key)
      if (!one) {
        const s = ++lastId
        const wanted = { name, ...(filter && { filter }) }
        one = { s, wanted, handlers: new Set(), made: make(s, wanted) }
        all.set(key, one)
      }
      const { s, handlers, made } = one
      handlers.add(handler)
      const remove = () => {
        if (!handlers.delete(handler) || handlers.size > 0 || !all.delete(key)) return
        call('events.unsubscribe', { s }).catch(() => {})
      }
      try {
        await made
      } catch (error) {
        handlers.delete(handler)
        all.delete(key)
        throw error
      }
      return remove
    },
    hear({ s, seq, d, missed }: Extract<HostMessage, { t: 'event' }>) {
      const one = [...all.values()].find((other) => other.s === s)
      if (!one || seq <= (handled.get(keyOf(one.wanted)) ?? 0)) return
      handled.set(keyOf(one.wanted), seq)
      for (const handler of one.handlers)
        try {
          handler(d, { seq, missed })
        } catch (error) {
          reportError(error)
        }
      post({ t: 'ack', s, seq })
    },
    /** Subscribes to the same on a new port. */
    renew(next: string) {
      session = next
      for (const one of all.values()) {
        one.made = make(one.s, one.wanted)
        one.made.catch(() => {})
      }
    },
  }
}
