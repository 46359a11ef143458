import { families as contract, errors, type Route, type RouteKey } from '@rai/contract'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { families, openapi } from '../../packages/server/src/pages/openapi.js'
import { type Reply, rawRequest } from '../helpers/api.js'
import { times } from '../helpers/long.js'
import { goodRequest, isAllowed, makePlace, noLimits, operations, type Place, visitors } from '../helpers/operations.js'
import { startTestServer } from '../helpers/server.js'
import { spoil, wildness } from '../helpers/wild.js'

const server = await startTestServer({ limits: noLimits })
let place: Place
beforeAll(async () => {
  place = await makePlace(server, 'https://home.example')
})
afterAll(() => {
  expect(Object.keys(Object.prototype)).toEqual([])
  expect((Object.prototype as { polluted?: unknown }).polluted).toBeUndefined()
})

const { paths } = openapi(server.url) as { paths: Record<string, Record<string, { responses: object }>> }

/** What is wrong with an answer, whatever was asked. */
function flaws(key: RouteKey, route: Route, reply: Reply, isHead: boolean): string[] {
  const [method, path] = key.split(' ') as [string, string]
  const { envelope } = families.find(({ name }) => key in contract[name])!
  const { status, headers, text, code, requestId } = reply
  const inside = /\n\s+at |node_modules|\.[jt]s:\d/
  const found = [
    ...(status >= 500 ? ['is our own fault'] : []),
    ...(String(status) in paths[path]![method.toLowerCase()]!.responses ? [] : ['is none that the API document lists']),
    ...(inside.test(text) ? ['shows what is inside'] : []),
    ...(headers.get('x-request-id') ? [] : ['has no request id']),
  ]
  if (isHead) return found
  const isGood = status < 300
  if (isGood && !route.answer) return found
  const schema = isGood ? envelope.successSchema(route, route.answer!) : envelope.refusalSchema
  const media = isGood ? 'application/json' : envelope.refusalMedia
  const { success, error } = schema.safeParse(JSON.parse(text))
  return [
    ...found,
    ...(success ? [] : [`is not in its envelope: ${error}`]),
    ...(headers.get('content-type')!.startsWith(media) ? [] : ['is of another type']),
    ...(isGood && status !== (route.status ?? 200) ? ['is another success'] : []),
    ...(!isGood && errors[code!]?.status !== status ? ['has another status than its code'] : []),
    ...(!isGood && requestId !== headers.get('x-request-id') ? ['has another request id in its body'] : []),
  ]
}

describe('31: whatever is asked, the answer is one that the contract has', () => {
  it.each(operations)('%s', { timeout: times(30_000, 600_000) }, async (key, route) => {
    const [method, path] = key.split(' ') as [string, string]
    const visitor = visitors.find((one) => isAllowed(route, one))!
    const who = visitor.shows(place, route)
    await fc.assert(
      fc.asyncProperty(wildness(route), async (wild) => {
        const good = await goodRequest(key, place, who)
        const reply = await rawRequest(server, await spoil(method, path, good, wild))
        expect(flaws(key, route, reply, good.method === 'HEAD'), reply.text).toEqual([])
      }),
      { numRuns: times(10, 200), seed: 4 },
    )
  })
})
