import { type Environment, perEnvironment } from './environment.js'

interface ServerClock {
  now(): number
  /** Takes the time out of an answer. One from a cache may be old, so it can only move the clock forward. */
  hear(time: string | undefined, fresh: boolean | undefined): void
}

/** The server's clock, kept by the difference to the visitor's. */
export const serverClockOf = /* @__PURE__ */ perEnvironment((environment): ServerClock => {
  let skew: number | undefined
  return {
    now: () => environment.clock() + (skew ?? 0),
    hear(time, fresh) {
      const heard = Date.parse(time ?? '') - environment.clock()
      if (Number.isNaN(heard)) return
      skew = fresh || skew === undefined ? heard : Math.max(skew, heard)
    },
  }
})

/** The time by the server's clock in milliseconds, for countdowns on machines whose clock is wrong. */
export const serverNow = (environment: Environment): number => serverClockOf(environment).now()
