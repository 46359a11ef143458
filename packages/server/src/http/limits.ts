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
} as const satisfies Record<string, Limit>

export type LimitName = keyof typeof defaultLimits
export type Limits = Readonly<Record<LimitName, Limit>>

export interface Limiter {
  /**
   * Counts one request and writes the limit's state into the answer (draft-ietf-httpapi-ratelimit-headers).
   * @throws Failure `rate_limited`, with Retry-After set.
   */
  take(reply: FastifyReply, name: LimitName, who: string): Promise<void>
}

export function createLimiter(limits: Limits): Limiter {
  const counters = Object.fromEntries(
    Object.entries(limits).map(([name, { points, seconds }]) => [
      name,
      new RateLimiterMemory({ keyPrefix: name, points, duration: seconds }),
    ]),
  ) as Record<LimitName, RateLimiterMemory>

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
  }
}

/** The header holds one member for each limit that was asked. */
function append(reply: FastifyReply, name: string, member: string): void {
  const before = reply.getHeader(name)
  reply.header(name, before === undefined ? member : `${before}, ${member}`)
}

/** The part of an address that one asker cannot change at will. */
export const networkOf = (address: string): string =>
  address.includes(':') && !address.includes('.') ? address.split(':').slice(0, 4).join(':') : address
