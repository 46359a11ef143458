import { execFile } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { families } from '@rai/contract'
import { beforeAll, describe, expect, it } from 'vitest'
import { openapi } from '../../packages/server/src/pages/openapi.js'
import { goodRequest, isAllowed, makePlace, noLimits, operations, type Place, visitors } from '../helpers/operations.js'
import { startPrism } from '../helpers/prism.js'
import { startTestServer } from '../helpers/server.js'
import { spoil, type Wildness } from '../helpers/wild.js'

const execute = promisify(execFile)
const root = join(import.meta.dirname, '../..')

const server = await startTestServer({ limits: noLimits })
let place: Place
beforeAll(async () => {
  place = await makePlace(server, 'https://home.example')
})

describe('43: a client made from the API document by openapi-typescript', () => {
  it('compiles strictly, and asks something of every family', { timeout: 120_000 }, async () => {
    const folder = join(root, 'test/client')
    const run = (program: string, ...args: string[]) =>
      execute('npx', [program, ...args], { cwd: folder }).catch((error) => {
        throw new Error(error.stdout || error.message)
      })
    // What an earlier run has made would compile as well.
    rmSync(join(folder, 'dist'), { recursive: true, force: true })
    mkdirSync(join(folder, 'dist'))
    writeFileSync(join(folder, 'dist/openapi.json'), JSON.stringify(openapi(server.url)))
    await run('openapi-typescript', 'dist/openapi.json', '--output', 'dist/api.d.ts')
    await run('tsc')

    const { url } = server
    const { serverId, systemKey, publishableKey, userKey, widgetAccess, ownerTokens } = place
    const keys = { systemKey, publishableKey, userKey, widgetAccess, accessToken: ownerTokens.pop() }
    const surroundings = { url, serverId, ...keys }
    const env = { ...process.env, RAI_CLIENT: JSON.stringify(surroundings) }
    const { stdout } = await execute(process.execPath, ['dist/client.js'], { cwd: folder, env })
    const { found, asked } = JSON.parse(stdout) as { found: object; asked: string[] }
    expect(found).toMatchObject({
      health: 'ok',
      username: 'ada',
      isMine: true,
      signsIn: true,
      currency: 5,
      code: 'unauthorized',
    })
    const unasked = Object.entries(families).filter(([, table]) => !asked.some((key) => key in table))
    expect(unasked.map(([name]) => name)).toEqual([])
  })
})

describe('43: through a Prism proxy, which holds every request and answer against the API document', () => {
  let prism: Awaited<ReturnType<typeof startPrism>>
  beforeAll(async () => {
    prism = await startPrism(openapi(server.url), server.url)
    return prism.stop
  })

  const nobody = visitors.find(({ name }) => name === 'nobody')!
  // A stream has no end.
  const ended = operations.filter(([, route]) => route.media !== 'text/event-stream')

  it.each(ended)('%s is asked, refused and answered as it says', async (key, route) => {
    const [method, path] = key.split(' ') as [string, string]
    const who = visitors.find((one) => isAllowed(route, one))!.shows(place, route)
    const send = async (wild: Wildness, as = who) =>
      prism.ask(await spoil(method, path, await goodRequest(key, place, as), wild))
    const asItIs: Wildness = { in: 'headers', headers: {} }
    const { reply, violations } = await send(asItIs)
    expect([reply.status < 300, violations], reply.text).toEqual([true, []])
    const refused = [
      ...(route.access.principals.includes('anyone') ? [] : [await send(asItIs, nobody.shows(place, route))]),
      ...(route.body && !route.file ? [await send({ in: 'body', body: { unknown: true } })] : []),
      ...(route.query ? [await send({ in: 'query', pairs: [['unknown', '1']], alone: true })] : []),
    ]
    for (const { reply, violations } of refused) {
      expect(reply.status).toBeGreaterThanOrEqual(400)
      expect(
        violations.filter(({ location }) => location[0] === 'response'),
        reply.text,
      ).toEqual([])
    }
  })
})
