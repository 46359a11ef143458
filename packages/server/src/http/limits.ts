import { isIPv6 } from 'node:net'
import type { FastifyReply } from 'fastify'
import type { Redis } from 'ioredis'
import {
  type RateLimiterAbstract,
  RateLimiterMemory,
  RateLimiterRedis,
  type RateLimiterRes,
} from 'rate-limiter-flexible'
import { Failure } from '../domain/failure.js'

/** So many requests in so many seconds. */
export interface Limit {
  points: number
  seconds: number
}

/** What requests are counted by: so many in so many seconds. */
const counted = {
  /** Everything that comes from one address (an IPv6 network of 64 bits counts as one). */
  address: { points: 6_000, seconds: 60 },
  /** Everything asked with one secret key. */
  key: { points: 6_000, seconds: 60 },
  /** Everything that pages ask with one publishable key, from everywhere. */
  page: { points: 60_000, seconds: 60 },
  /** What anyone may ask about logins, from one network. */
  login: { points: 60, seconds: 60 },
  /** Wrong passwords for one account from one network: it is locked there, and only for so long. */
  password: { points: 10, seconds: 900 },
  /** Wrong passwords for one account from everywhere: many networks may be one person’s. */
  account: { points: 100, seconds: 3_600 },
  /** Mails to one address. */
  mail: { points: 5, seconds: 3_600 },
  /** Mails by which one community invites people. */
  invitations: { points: 1_000, seconds: 86_400 },
  /** Communities that one account makes. */
  servers: { points: 10, seconds: 86_400 },
  /** What is asked of one community to be sent by webhooks once more. */
  replay: { points: 10, seconds: 1 },
} as const satisfies Record<string, Limit>

/**
 * Who may ask how often. Generous: they stop what runs wild, not what works. Requests are counted in Redis, where there is
 * one, for all instances together; else, and for what is held open, in this process's memory, so that several instances
 * allow several times as much.
 */
export const defaultLimits = {
  ...counted,
  /** How many streams one address may hold open: one for each page that shows a widget. */
  streams: 500,
  /** How many files of one community may be on their way, or wait to become jobs. */
  uploads: 4,
  /** How many connections are open in all. */
  connections: 10_000,
  /** How many of them one address may hold, where no proxy stands in front: else one could take them all. */
  connectionsPerAddress: 1_000,
  /** How many pages that messages of one community link to are asked in a minute. */
  linkedPages: 30,
  /** How long a body may take to arrive, unless it is an upload. */
  bodyMs: 30_000,
} as const satisfies Limits

export type LimitName = keyof typeof counted
export type HeldName = 'streams' | 'uploads'
export type Limits = Readonly<
  Record<LimitName, Limit> &
    Record<HeldName | 'connections' | 'connectionsPerAddress' | 'linkedPages' | 'bodyMs', number>
>

export interface Limiter {
  /**
   * Counts one request and writes the limit's state into the answer (draft-ietf-httpapi-ratelimit-headers).
   * @throws Failure `rate_limited`, with Retry-After set.
   */
  take(reply: FastifyReply, name: LimitName, who: string): Promise<void>
  /** Counts from the beginning again for somebody. */
  forget(name: LimitName, who: string): Promise<void>
  /**
   * Counts one stream or upload until it is released.
   * @throws Failure `rate_limited`, with Retry-After set.
   */
  hold(reply: FastifyReply, who: string, name?: HeldName): () => void
}

/** The counting of one request. */
export interface RequestLimit {
  take(name: LimitName, who: string): Promise<void>
  forget(name: LimitName, who: string): Promise<void>
}

export const limitFor = ({ take, forget }: Limiter, reply: FastifyReply): RequestLimit => ({
  take: (name, who) => take(reply, name, who),
  forget,
})

/** What somebody who holds too many hears, and when to try again: others end by then. */
const held = {
  streams: {
    seconds: 60,
    message: 'Too many streams are open from this address. Close some, or ask at times.',
  },
  uploads: {
    seconds: 5,
    message: 'Too many files of yours are on their way. Send the next one when one of them has come.',
  },
} as const satisfies Record<HeldName, { seconds: number; message: string }>

/** @param redis Where instances count together. While it is away, each counts by itself. */
export function createLimiter(limits: Limits, redis: Redis | null): Limiter {
  const counter = (name: LimitName): RateLimiterAbstract => {
    const { points, seconds } = limits[name]
    const options = { keyPrefix: `rai:${name}`, points, duration: seconds }
    const own = new RateLimiterMemory(options)
    if (!redis) return own
    return new RateLimiterRedis({
      ...options,
      storeClient: redis,
      rejectIfRedisNotReady: true,
      insuranceLimiter: own,
      // Who is over the limit does not trouble Redis until it is over.
      inMemoryBlockOnConsumed: points,
    })
  }
  const counters = new Map((Object.keys(counted) as LimitName[]).map((name) => [name, counter(name)]))
  const open = { streams: new Map<string, number>(), uploads: new Map<string, number>() }

  return {
    async take(reply, name, who) {
      const { points, seconds } = limits[name]
      const { allowed, state } = await counters
        .get(name)!
        .consume(who)
        .then(
          (state) => ({ allowed: true, state }),
          (state: RateLimiterRes) => ({ allowed: false, state }),
        )
      const wait = Math.max(1, Math.ceil(state.msBeforeNext / 1000))
      append(reply, 'RateLimit-Policy', `"${name}";q=${points};w=${seconds}`)
      append(reply, 'RateLimit', `"${name}";r=${Math.max(0, state.remainingPoints)};t=${wait}`)
      if (allowed) return
      reply.header('Retry-After', wait)
      throw new Failure('rate_limited', `Too many requests. Try again in ${wait} s.`)
    },
    async forget(name, who) {
      await counters.get(name)!.delete(who)
    },
    hold(reply, who, name = 'streams') {
      const counts = open[name]
      const count = counts.get(who) ?? 0
      if (count >= limits[name]) {
        reply.header('Retry-After', held[name].seconds)
        throw new Failure('rate_limited', held[name].message)
      }
      counts.set(who, count + 1)
      return () => {
        const left = counts.get(who)! - 1
        if (left === 0) counts.delete(who)
        else counts.set(who, left)
      }
    },
  }
}

/** The header holds one member for each limit that was asked. */
function append(reply: FastifyReply, name: string, member: string): void {
  const before = reply.getHeader(name)
  reply.header(name, before === undefined ? member : `${before}, ${member}`)
}

/** The part of an address that one asker cannot change at will: all of IPv4, the first 64 bits of IPv6. */
export function networkOf(address: string): string {
  if (!isIPv6(address)) return address
  const [, mapped] = /^::ffff:(\d+(?:\.\d+){3})$/i.exec(address) ?? []
  if (mapped) return mapped
  const [head = [], tail = []] = address
    .replace(/%.*/, '')
    .replace(/\d{1,3}(?:\.\d{1,3}){3}$/, '0:0')
    .split('::')
    .map((part) => part.split(':').filter(Boolean))
  const groups = [...head, ...Array<string>(8 - head.length - tail.length).fill('0'), ...tail]
  return groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')
}
