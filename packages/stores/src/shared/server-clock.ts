import { type Environment, perEnvironment } from './environment.js'

interface ServerClock {
  now(): number
  /** Takes the time of an answer from its headers: its body may be older, where a cache kept it. */
  hear(headers: Headers): void
}

/** The server's clock, kept by the difference to the visitor's. */
export const serverClockOf = /* @__PURE__ */ perEnvironment((environment): ServerClock => {
  let skew = 0
  return {
    now: () => environment.clock() + skew,
    hear(headers) {
      const time = Date.parse(headers.get('date') ?? '') + Number(headers.get('age')) * 1000
      if (time) skew = time - environment.clock()
    },
  }
})

/** The time by the server's clock in milliseconds, for countdowns on machines whose clock is wrong. */
export const serverNow = (environment: Environment): number => serverClockOf(environment).now()
