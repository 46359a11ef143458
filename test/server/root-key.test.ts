import { randomBytes, randomUUID } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { Config } from '../../packages/server/src/config.js'
import type { Tx } from '../../packages/server/src/db/database.js'
import { rootKey } from '../../packages/server/src/domain/keys/secrets.js'
import { createMember } from '../../packages/server/src/domain/members/members.js'
import { pairwiseName } from '../../packages/server/src/domain/pairwise.js'
import { signingSecret } from '../../packages/server/src/domain/socials/secret.js'
import { startServer } from '../../packages/server/src/start.js'
import { ask, embedToken } from '../helpers/api.js'
import { type TestCommunity, testCommunity } from '../helpers/community.js'
import { quietConfig } from '../helpers/config.js'
import { createTestDatabase } from '../helpers/database.js'

const database = await createTestDatabase()
const config = await quietConfig({ dataDir: join(tmpdir(), `rai-root-${randomUUID()}`), database })
const [first, second] = [randomBytes(32), randomBytes(32)]

/** Runs a server with these root keys for as long as the work takes. */
async function withServer<T>(
  keys: Pick<Config, 'secretKey'> & Partial<Config>,
  work: (server: Awaited<ReturnType<typeof startServer>>) => Promise<T>,
): Promise<T> {
  const server = await startServer({ ...config, ...keys }, { checkAnswers: true })
  try {
    return await work(server)
  } finally {
    await server.stop()
  }
}

it('another root key takes over what the one before it sealed: tokens, and answers that may be asked for again', async () => {
  let community: TestCommunity
  /** What somebody is called by to the page of an iframe channel. */
  let pageName = ''
  const nameOf = (tx: Tx, key: Buffer) => pairwiseName(tx, rootKey(key), 'ada', 'https://app.example')
  const create = (server: { url: string }) =>
    ask(server, 'POST /apis/v1/users', {
      bearer: community.communityKey,
      body: { username: 'once' },
      headers: { 'idempotency-key': 'once' },
    })
  const isValid = async (server: { url: string }, token: string) =>
    (await ask(server, 'POST /v2/api/widget-access-keys/validate', { body: { embedToken: token } })).answer.valid

  const { token, made, secret } = await withServer({ secretKey: first }, async (server) => {
    community = await testCommunity(server)
    await community.tenant((tx) => createMember(tx, { username: 'ada' }, new Date()))
    const { key } = (await ask(server, 'POST /v1/social-secret', { bearer: community.systemKey })).answer
    pageName = await community.tenant((tx) => nameOf(tx, first))
    return { token: await embedToken(server, community, 'ada'), made: await create(server), secret: key! }
  })
  expect(made.status).toBe(201)
  for (const previousSecretKey of [null, randomBytes(32)]) {
    const start = withServer({ secretKey: second, previousSecretKey }, async () => {})
    await expect(start).rejects.toThrow('is not the one that sealed')
  }
  await withServer({ secretKey: second, previousSecretKey: first }, async (server) => {
    expect(await isValid(server, token)).toBe(true)
    const again = await create(server)
    expect([again.text, again.headers.get('idempotent-replayed')]).toEqual([made.text, 'true'])
  })
  await withServer({ secretKey: second }, async (server) => {
    expect(await isValid(server, token)).toBe(true)
    const kept = await server.database.tenant(community.id, (tx) => signingSecret(tx, rootKey(second)))
    expect(`whsec_${kept.toString('base64')}`).toBe(secret)
    const name = await server.database.tenant(community.id, (tx) => nameOf(tx, second))
    expect(name).toBe(pageName)
  })
  await expect(withServer({ secretKey: first }, async () => {})).rejects.toThrow('is not the one that sealed')
})
