import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { type Bench, median } from './measure.js'

/** RAI_BENCH_STREAMS=5000 is the full size. */
const streams = Number(process.env.RAI_BENCH_STREAMS ?? 500)
const rounds = 11

/** A process of streams-server.ts, apart from ours, so that what it needs can be told from what its clients need. */
export interface StreamsServer {
  /** Where streams are. */
  url: string
  origin: string
}

export const bench: Bench = {
  title: `${streams.toLocaleString('en')} open streams, from a process of their own`,
  reference: 'a bare server of Node that holds as many answers open and writes the same to all',
  run: async () => {
    const ours = await measure('rai')
    const reference = await measure('bare')
    return [
      { what: 'memory of one stream (resident set)', unit: 'KB', ours: ours.memory, reference: reference.memory },
      { what: 'one event to all, 99th of 100 clients', unit: 'ms', ours: ours.slow, reference: reference.slow },
    ]
  },
}

async function measure(kind: 'rai' | 'bare'): Promise<{ memory: number; slow: number }> {
  const child = fork(join(import.meta.dirname, 'streams-server.ts'), [kind], {
    execArgv: [...process.execArgv, '--expose-gc'],
  })
  const open: IncomingMessage[] = []
  try {
    const { url, origin } = (await next(child)) as StreamsServer
    const before = await ask(child, 'memory')
    /** When the event of a round came to each client. */
    let came: number[] = []
    let all = () => {}
    for (let n = 0; n < streams; n += 100) {
      const some = Array.from({ length: 100 }, (_, i) => openStream(url, origin, n + i))
      for (const stream of await Promise.all(some)) {
        open.push(stream)
        stream.setEncoding('utf8').on('data', (text: string) => {
          if (text.includes('data:') && came.push(performance.now()) === streams) all()
        })
      }
    }
    const memory = ((await ask(child, 'memory')) - before) / streams / 1024
    const slow: number[] = []
    for (let round = 0; round < rounds; round++) {
      came = []
      const done = new Promise<void>((resolve) => {
        all = resolve
      })
      const start = performance.now()
      child.send('event')
      await done
      slow.push(came.sort((a, b) => a - b)[Math.floor(streams * 0.99)]! - start)
      // The same board is hinted at most twice a second.
      await new Promise((resolve) => setTimeout(resolve, 600))
    }
    return { memory, slow: median(slow) }
  } finally {
    for (const stream of open) stream.destroy()
    child.send('stop')
    await once(child, 'exit')
  }
}

async function next(child: ChildProcess): Promise<unknown> {
  const [message] = await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(() => Promise.reject(new Error('the server of the streams ended'))),
  ])
  return message
}

async function ask(child: ChildProcess, what: string): Promise<number> {
  child.send(what)
  return (await next(child)) as number
}

/** From several addresses of this machine: a port is free once for each. */
const openStream = (url: string, origin: string, n: number) =>
  new Promise<IncomingMessage>((resolve, reject) => {
    const request = get(
      url,
      { agent: false, localAddress: `127.0.0.${2 + (n % 20)}`, headers: { origin } },
      (answer) =>
        answer.statusCode === 200 ? resolve(answer) : reject(new Error(`a stream was answered ${answer.statusCode}`)),
    )
    request.once('error', reject)
  })
