import { randomUUID } from 'node:crypto'
import type { Redis } from 'ioredis'
import pg from 'pg'
import type { Logger } from 'pino'
import { isId } from '../domain/ids.js'
import { openRedis } from '../redis.js'

/**
 * Tells other instances at once of events that this one numbered. Only ever a hint: when it does not arrive, they find
 * the events by looking.
 */
export interface Hints {
  /** Says that a community's events are numbered up to here. Never throws, never waits. */
  send(communityId: string, seq: number): void
  close(): Promise<void>
}

/** What brings texts from each instance to all of them, unless it does not. */
export interface Carrier {
  carry(texts: readonly string[]): Promise<unknown>
  close(): Promise<unknown>
}

/** Where hints travel: a channel of the database, or of Redis. */
export const hintChannel = 'rai_hints'
/** Hints about one community that come within this time are one: pages are told less often anyway. */
const gatherMs = 25

/**
 * @param open Opens each carrier; texts that it brings go to `hear`.
 * @param heard What a hint of another instance does.
 */
export function createHints(
  open: readonly ((hear: (text: string) => void) => Carrier)[],
  heard: (communityId: string, seq: number) => void,
): Hints {
  const self = randomUUID()
  const waiting = new Map<string, number>()
  let timer: NodeJS.Timeout | undefined
  let carrying = false

  const carriers = open.map((one) =>
    one((text) => {
      const [sender, communityId = '', seq = ''] = text.split(' ')
      if (sender !== self && isId(communityId) && /^\d{1,15}$/.test(seq)) heard(communityId, Number(seq))
    }),
  )
  const gather = () => {
    timer ??= setTimeout(flush, gatherMs)
  }
  /** One at a time: behind a carrier that hangs, a community's hints stay one. */
  async function flush(): Promise<void> {
    timer = undefined
    if (carrying) return
    carrying = true
    const texts = [...waiting].map(([communityId, seq]) => `${self} ${communityId} ${seq}`)
    waiting.clear()
    await Promise.allSettled(carriers.map((carrier) => carrier.carry(texts)))
    carrying = false
    if (waiting.size > 0) gather()
  }

  return {
    send(communityId, seq) {
      if (carriers.length === 0) return
      waiting.set(communityId, seq)
      gather()
    },
    async close() {
      clearTimeout(timer)
      await Promise.allSettled(carriers.map((carrier) => carrier.close()))
    },
  }
}

const withinMs = 10_000
const reconnectAfterMs = 1_000

/**
 * Carries hints by NOTIFY and LISTEN, on one connection of its own that is made again whenever it breaks. A pooler that
 * gives each transaction another connection brings nothing.
 * @param url The database.
 */
export const byNotify =
  (url: string, log: Pick<Logger, 'warn'>) =>
  (hear: (text: string) => void): Carrier => {
    let client: pg.Client
    let closed = false
    let isTold = false
    let timer: NodeJS.Timeout | undefined

    function connect(): void {
      const fresh = new pg.Client({
        connectionString: url,
        application_name: 'rai hints',
        connectionTimeoutMillis: withinMs,
        query_timeout: withinMs,
        keepAlive: true,
        keepAliveInitialDelayMillis: withinMs,
      })
      client = fresh
      let isOver = false
      const again = (error?: Error) => {
        if (isOver || closed) return
        isOver = true
        if (!isTold) log.warn(`hints of other instances are interrupted: ${error?.message ?? 'the connection ended'}`)
        isTold = true
        fresh.end().catch(() => {})
        timer = setTimeout(connect, reconnectAfterMs)
      }
      fresh.on('error', again)
      fresh.on('end', again)
      fresh.on('notification', ({ payload = '' }) => hear(payload))
      fresh
        .connect()
        .then(() => fresh.query(`listen ${hintChannel}`))
        .then(() => {
          isTold = false
        })
        .catch(again)
    }

    connect()
    return {
      carry: (texts) =>
        client.query('select pg_notify($1, text) from unnest($2::text[]) as text', [hintChannel, texts]),
      close() {
        closed = true
        clearTimeout(timer)
        return client.end()
      },
    }
  }

/** Carries hints by a channel of Redis; hearing takes a connection of its own. */
export const byRedis =
  (redis: Redis, url: string, log: Pick<Logger, 'warn'>) =>
  (hear: (text: string) => void): Carrier => {
    const listener = openRedis(url, log)
    listener.on('ready', () => listener.subscribe(hintChannel).catch(() => listener.disconnect(true)))
    listener.on('message', (_channel, text) => hear(text))
    return {
      carry: (texts) => Promise.all(texts.map((text) => redis.publish(hintChannel, text))),
      close: async () => listener.disconnect(),
    }
  }
