import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { afterAll } from 'vitest'
import { freePort } from '../../packages/server/src/db/supervisor.js'

export interface TestRedis {
  url: string
  signal(name: 'SIGSTOP' | 'SIGCONT'): void
  /** Kills it, and waits until it has gone. */
  kill(): Promise<void>
  /** Starts it again where it was, empty. */
  start(): Promise<void>
}

/** A Redis that keeps nothing on disk. It ends after the file's last test. Call it at the top of a test file. */
export async function startRedis(): Promise<TestRedis> {
  const port = await freePort()
  let child: ChildProcess
  const redis: TestRedis = {
    url: `redis://127.0.0.1:${port}`,
    signal: (name) => child.kill(name),
    async kill() {
      child.kill('SIGKILL')
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    },
    async start() {
      child = spawn('redis-server', ['--port', String(port), '--bind', '127.0.0.1', '--save', ''], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      for await (const text of child.stdout!.setEncoding('utf8'))
        if (text.includes('Ready to accept connections')) break
    },
  }
  await redis.start()
  afterAll(redis.kill)
  return redis
}
