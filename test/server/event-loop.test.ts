import type { Route } from '@rai/contract'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import type { z } from 'zod'
import { type RawRequest, rawRequest } from '../helpers/api.js'
import { goodRequest, isAllowed, makePlace, noLimits, operations, type Place, visitors } from '../helpers/operations.js'
import { startTestServer } from '../helpers/server.js'
import { spoil, type Wildness, wildness } from '../helpers/wild.js'

/** Runs under `npm run test:long` alone: on a busy machine it would tell of the machine. */
const mostMs = 100
const server = await startTestServer({ limits: noLimits })
let place: Place
beforeAll(async () => {
  place = await makePlace(server, 'https://home.example')
})

/** As much as fits into a body, of each kind of thing that somebody could want to look through. */
const large: unknown[] = [
  'x'.repeat(250_000),
  'e\u0301'.repeat(80_000),
  ' '.repeat(250_000),
  '😀'.repeat(60_000),
  `${'a.'.repeat(100_000)}@${'a-'.repeat(20_000)}`,
  `https://${'a.'.repeat(100_000)}`,
  Array(1000).fill('x'.repeat(240)),
  Array(1000).fill(Array(100).fill(0)),
  Array(1000).fill({ a: { b: { c: [] } } }),
  Object.fromEntries(Array.from({ length: 1000 }, (_, n) => [`name${n}`, { value: 'x'.repeat(200) }])),
]

/** The same, as a whole body and as each of its fields. */
function heavy({ body }: Route): Wildness[] {
  if (!body) return []
  const fields = Object.keys((body as z.ZodObject).shape ?? {})
  return large
    .flatMap((value) => [value, ...fields.map((name) => ({ [name]: value }))])
    .map((body) => ({ in: 'body', body }))
}

/** The processor's time that a request takes in this process, ours for sending it and other threads' included. */
async function workOf(request: RawRequest): Promise<number> {
  const before = process.cpuUsage()
  await rawRequest(server, request)
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}

/** The least of a few: what else happens here meanwhile is not the request's. */
async function leastWorkOf(request: RawRequest): Promise<number> {
  let least = Number.POSITIVE_INFINITY
  for (let n = 0; n < 5 && least > mostMs; n++) least = Math.min(least, await workOf(request))
  return least
}

describe('31: no input holds the event loop for long', () => {
  it.each(operations)('%s', { timeout: 600_000 }, async (key, route) => {
    const [method, path] = key.split(' ') as [string, string]
    const who = visitors.find((one) => isAllowed(route, one))!.shows(place, route)
    for (const wild of [...heavy(route), ...fc.sample(wildness(route), { numRuns: 50, seed: 4 })]) {
      const request = await spoil(method, path, await goodRequest(key, place, who), wild)
      expect(await leastWorkOf(request), JSON.stringify(wild).slice(0, 200)).toBeLessThan(mostMs)
    }
  })
})
