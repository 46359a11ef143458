import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { startPostgres } from '../../packages/server/src/db/supervisor.js'
import { startServer } from '../../packages/server/src/start.js'
import { quietConfig } from '../helpers/config.js'
import { embeddedPostgres } from '../helpers/process.js'

const dataDir = mkdtempSync(join(tmpdir(), 'rai-start-'))
afterAll(() => rmSync(dataDir, { recursive: true, force: true }))

test('a server that cannot close one thing closes all others, and says so', async () => {
  const { database, stop } = await startServer(await quietConfig({ dataDir }))
  await database.close()
  await expect(stop()).rejects.toThrow('end on pool more than once')
  expect(existsSync(join(dataDir, 'pg18/postmaster.pid'))).toBe(false)
  expect(existsSync(join(dataDir, 'rai.lock'))).toBe(false)
})

test('a database that is told to stop while it is started again stops', async () => {
  const said: string[] = []
  const log = { debug: (line: string) => said.push(line), warn: () => startsAgain() }
  const postgres = await startPostgres(dataDir, log)
  let startsAgain = () => {}
  const stopped = new Promise<void>((resolve) => {
    startsAgain = () => resolve(postgres.stop())
  })
  process.kill(embeddedPostgres(dataDir).pid, 'SIGKILL')
  await stopped
  const states = said.filter((line) => /ready to accept connections|is shut down/.test(line))
  expect(states).toHaveLength(3)
  expect(states[2]).toContain('is shut down')
})
