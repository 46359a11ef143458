import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll } from 'vitest'
import { freePort } from '../../packages/server/src/db/supervisor.js'

/** The server as it is shipped: see build.ts. */
const bundle = join(import.meta.dirname, '../../packages/server/dist/main.js')

/** A server in a process of its own. */
export interface ServerProcess {
  child: ChildProcess
  url: string
  /** Resolves when it serves; rejects when it ends before. */
  ready: Promise<void>
  /** Resolves when it has ended, with its exit code (null: killed). */
  ended: Promise<number | null>
  /** What it has said on both outputs so far. */
  said(): string
}

/**
 * Starts the built server on a free port, with no setting but these. What still runs after the file's last test is killed.
 * @param channel `ignore`: as from a shell. The server then says where it is on its output.
 */
export async function startProcess(
  env: Record<string, string>,
  channel: 'ipc' | 'ignore' = 'ipc',
): Promise<ServerProcess> {
  const port = await freePort()
  const child = spawn(process.execPath, [bundle], {
    env: { PATH: process.env.PATH, PORT: String(port), LOG_LEVEL: 'warn', ...env },
    stdio: ['ignore', 'pipe', 'pipe', channel],
  })
  started.add(child)
  let said = ''
  // Not `close` of the child: it does not come when we close the channel.
  const ended = Promise.all([once(child, 'exit'), once(child.stdout!, 'close'), once(child.stderr!, 'close')]).then(
    () => child.exitCode,
  )
  const ready = new Promise<void>((resolve, reject) => {
    for (const output of [child.stdout!, child.stderr!]) {
      output.setEncoding('utf8').on('data', (text: string) => {
        said += text
        if (said.includes('answers on')) resolve()
      })
    }
    child.once('message', () => resolve())
    ended.then(() => reject(new Error(`The server ended before it was ready. It said:\n${said}`)))
  })
  // Whoever expects a refusal waits for the end instead.
  ready.catch(() => {})
  return { child, url: `http://127.0.0.1:${port}`, ready, ended, said: () => said }
}

/** Runs the built server with a command, as an operator would, and answers what it said. */
export async function runCommand(
  env: Record<string, string>,
  ...args: string[]
): Promise<{ code: number | null; said: string; values: Record<string, string> }> {
  const child = spawn(process.execPath, [bundle, ...args], { env: { PATH: process.env.PATH, ...env } })
  const [said, errors] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  const lines = said.trim().split('\n')
  const values = Object.fromEntries(lines.map((line) => [line.slice(0, 16).trim(), line.slice(16)]))
  return { code: child.exitCode, said: said + errors, values }
}

const started = new Set<ChildProcess>()
afterAll(() => {
  for (const child of started) child.kill('SIGKILL')
})

/** The embedded database of a data directory, as it describes itself. */
export function embeddedPostgres(dataDir: string): { pid: number; superuserUrl: string } {
  const [pid, , , port] = readFileSync(join(dataDir, 'pg18/postmaster.pid'), 'utf8').split('\n')
  const password = readFileSync(join(dataDir, 'pg18.password'), 'utf8').trim()
  return { pid: Number(pid), superuserUrl: `postgres://postgres:${password}@127.0.0.1:${port}/rai` }
}

/** Whether a process with this id runs. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
