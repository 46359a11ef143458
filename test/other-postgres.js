/**
 * Runs the tests that touch data on a PostgreSQL of the system's, beside the embedded one: an older version, built and
 * set up by others. Where we are root on a Debian it is installed when it is missing; where it cannot be had, that is said.
 */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { freePort } from './browsers.js'
import { install } from './debian.js'

/** Whatever has rules that the database keeps, and not only answers that came from it. */
const files = ['bulk', 'database', 'distribute', 'idempotency', 'keys', 'leaderboards', 'migrate', 'tenants']

/** The newest that Debian has put here, from 15 on. */
function findBinaries() {
  const folder = '/usr/lib/postgresql'
  const versions = existsSync(folder) ? readdirSync(folder).map(Number) : []
  const newest = Math.max(...versions.filter((version) => existsSync(`${folder}/${version}/bin/initdb`)))
  return newest >= 15 ? `${folder}/${newest}/bin` : undefined
}

if (!findBinaries()) install('postgresql')
const binaries = findBinaries()
if (binaries) process.exitCode = await run(binaries)
else
  console.log(
    'These tests were not run: they need PostgreSQL 15 or newer (postgresql), which could not be installed here.',
  )

async function run(binaries) {
  const dataDir = mkdtempSync(join(tmpdir(), 'rai-postgres-'))
  // PostgreSQL does not run as root.
  const user = process.getuid?.() === 0 ? { uid: idOf('-u'), gid: idOf('-g') } : {}
  if (user.uid) chownSync(dataDir, user.uid, user.gid)
  const initdb = ['-D', dataDir, '-U', 'postgres', '--auth=trust', '--encoding=UTF8', '--locale=C.UTF-8']
  const made = spawnSync(`${binaries}/initdb`, initdb, { ...user, stdio: ['ignore', 'ignore', 'inherit'] })
  if (made.status !== 0) return 1
  const port = await freePort()
  const reach = { port, listen_addresses: '127.0.0.1', unix_socket_directories: '' }
  const settings = { ...reach, lc_messages: 'C', fsync: 'off' }
  const options = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const postgres = spawn(`${binaries}/postgres`, ['-D', dataDir, ...options], {
    ...user,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const ended = once(postgres, 'exit')
  try {
    const lines = createInterface(postgres.stderr)
    const ready = new Promise((resolve) => {
      lines.on('line', (line) => line.includes('ready to accept connections') && resolve(true))
    })
    if ((await Promise.race([ready, ended])) !== true) return 1
    const tests = spawn(
      'vitest',
      ['run', '--config', 'test/vitest.config.ts', ...files.map((name) => `test/server/${name}.test`)],
      {
        stdio: 'inherit',
        env: { ...process.env, RAI_TEST_DATABASE_URL: `postgres://postgres@127.0.0.1:${port}/postgres` },
      },
    )
    const [status] = await once(tests, 'exit')
    return status ?? 1
  } finally {
    postgres.kill('SIGINT')
    await ended
    rmSync(dataDir, { recursive: true })
  }
}

function idOf(flag) {
  return Number(spawnSync('id', [flag, 'postgres'], { encoding: 'utf8' }).stdout)
}
