/** The server of streams.ts: ours (`rai`) or a bare one, told what to do by messages. */
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { emit } from '../../packages/server/src/domain/events.js'
import { createBoard } from '../../packages/server/src/domain/leaderboards/index.js'
import { startServer } from '../../packages/server/src/start.js'
import { testCommunity } from '../helpers/community.js'
import { quietConfig } from '../helpers/config.js'
import type { StreamsServer } from './streams.js'

interface Running extends StreamsServer {
  /** Makes one event that all clients are told of. */
  event(): unknown
  stop(): unknown
}

async function ours(): Promise<Running> {
  const dataDir = mkdtempSync(join(tmpdir(), 'rai-bench-'))
  const many = { points: 1_000_000, seconds: 60 }
  const server = await startServer(await quietConfig({ dataDir }), {
    limits: { address: many, page: many, connectionsPerAddress: 10_000 },
  })
  const { tenant, publishableKey, origin } = await testCommunity(server)
  const board = await tenant((tx) => createBoard(tx, { name: 'Bench' }, new Date()))
  return {
    url: `${server.url}/widget/v1/${publishableKey}/stream`,
    origin,
    event: () => tenant((tx) => emit(tx, 'leaderboard.changed', board.id)),
    async stop() {
      await server.stop()
      rmSync(dataDir, { recursive: true })
    },
  }
}

async function bare(): Promise<Running> {
  const open = new Set<ServerResponse>()
  const server = createServer((_, answer) => {
    answer.writeHead(200, { 'content-type': 'text/event-stream' }).write('retry: 3000\nid: 0\n\n')
    open.add(answer)
    answer.once('close', () => open.delete(answer))
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const text = 'id: 1\nevent: leaderboard.changed\ndata: {"seq":1,"type":"leaderboard.changed","id":null}\n\n'
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    origin: 'https://site.example',
    event: () => {
      for (const answer of open) answer.write(text)
    },
    stop: () => server.close(),
  }
}

const running = await (process.argv[2] === 'bare' ? bare() : ours())
process.on('message', async (asked) => {
  if (asked === 'event') await running.event()
  if (asked === 'memory') {
    for (let n = 0; n < 3; n++) globalThis.gc?.()
    process.send!(process.memoryUsage.rss())
  }
  if (asked === 'stop') {
    await running.stop()
    process.disconnect()
  }
})
process.send!({ url: running.url, origin: running.origin } satisfies StreamsServer)
