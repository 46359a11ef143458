import type { FastifyReply } from 'fastify'
import { RateLimiterMemory, type RateLimiterRes } from 'rate-limiter-flexible'
import { Failure } from '../domain/failure.js'

/** So many requests in so many seconds. */
export interface Limit {
  points: number
  seconds: number
}

/**
 * Who may ask how often. Generous: they stop what runs wild, not what works. Counted in this process's memory, so several
 * instances together allow several times as much.
 */
export const defaultLimits = {
  /** Everything that comes from one address (an IPv6 network of 64 bits counts as one). */
  address: { points: 6_000, seconds: 60 },
  /** Everything asked with one secret key. */
  key: { points: 6_000, seconds: 60 },
  /** Everything that pages ask with one publishable key, from everywhere. */
  page: { points: 60_000, seconds: 60 },
  /** How many streams one address may hold open: one for each page that shows a widget. */
  streams: 500,
} as const satisfies Limits

export type LimitName = 'address' | 'key' | 'page'
export type Limits = Readonly<Record<LimitName, Limit>> & { readonly streams: number }

export interface Limiter {
  /**
   * Counts one request and writes the limit's state into the answer (draft-ietf-httpapi-ratelimit-headers).
   * @throws Failure `rate_limited`, with Retry-After set.
   */
  take(reply: FastifyReply, name: LimitName, who: string): Promise<void>
  /**
   * Counts one open stream until it is released.
   * @throws Failure `rate_limited`
   */
  hold(reply: FastifyReply, who: string): () => void
}

/** When somebody who holds too many streams may try again: others end by then. */
const retryStreamSeconds = 60

export function createLimiter(limits: Limits): Limiter {
  const counter = (name: LimitName) =>
    new RateLimiterMemory({ keyPrefix: name, points: limits[name].points, duration: limits[name].seconds })
  const counters = { address: counter('address'), key: counter('key'), page: counter('page') }
  const streams = new Map<string, number>()

  return {
    async take(reply, name, who) {
      const { points, seconds } = limits[name]
      const { allowed, state } = await counters[name].consume(who).then(
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
    hold(reply, who) {
      const open = streams.get(who) ?? 0
      if (open >= limits.streams) {
        reply.header('Retry-After', retryStreamSeconds)
        throw new Failure('rate_limited', 'Too many streams are open from this address. Close some, or ask at times.')
      }
      streams.set(who, open + 1)
      return () => {
        const left = streams.get(who)! - 1
        if (left === 0) streams.delete(who)
        else streams.set(who, left)
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
  if (!address.includes(':') || address.includes('.')) return address
  const [head = [], tail] = address.split('::').map((part) => part.split(':').filter(Boolean))
  if (tail === undefined) return head.slice(0, 4).join(':')
  return [...head, ...Array(8 - head.length - tail.length).fill('0'), ...tail].slice(0, 4).join(':')
}
