import { fork } from 'node:child_process'
import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { join } from 'node:path'
import { type Bench, interleaved, type Row, timed } from './measure.js'

const rounds = 12
const requests = 64
const atOnce = 8
const bar = 2

/** A route, and the baseline that asks with the same credential. */
export interface RouteAsked {
  what: string
  url: string
  reference: string
  headers: Record<string, string>
  /** Posted, where there is one. */
  body?: string
}

export const bench: Bench = {
  title: `Routes, ${atOnce} requests at once, from another process`,
  reference:
    'in the same process as ours: Fastify, the same credential check, and tenant() with one query by primary key',
  run: async () => {
    const child = fork(join(import.meta.dirname, 'routes-server.ts'), { execArgv: process.execArgv })
    const agent = new Agent({ keepAlive: true, maxSockets: atOnce })
    try {
      const [routes] = (await once(child, 'message')) as [RouteAsked[]]
      const rows: Row[] = []
      for (const route of routes) {
        const each = async (url: string) =>
          (await timed(() => Promise.all(Array.from({ length: requests }, () => ask(agent, url, route))))) / requests
        const figures = await interleaved(
          rounds,
          () => each(route.url),
          () => each(route.reference),
        )
        rows.push({ what: route.what, unit: 'ms each', bar, ...figures })
      }
      return rows
    } finally {
      agent.destroy()
      child.send('stop')
      await once(child, 'exit')
    }
  },
}

const ask = (agent: Agent, url: string, { headers, body }: RouteAsked) =>
  new Promise<void>((resolve, reject) => {
    const asked = request(url, { agent, headers, method: body === undefined ? 'GET' : 'POST' }, (answer) => {
      if (answer.statusCode !== 200) reject(new Error(`${url} was answered ${answer.statusCode}`))
      answer.resume().once('end', resolve)
    })
    asked.once('error', reject).end(body)
  })
