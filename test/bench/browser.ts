import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sparticuz from '@sparticuz/chromium'
import { type Browser, chromium } from 'playwright-core'
import { createBoard } from '../../packages/server/src/domain/leaderboards/index.js'
import { startServer } from '../../packages/server/src/start.js'
import { type TestCommunity, testCommunity } from '../helpers/community.js'
import { quietConfig } from '../helpers/config.js'
import { seedMembers } from './seed.js'

/** A server with a board of members, a site that shows what a bench writes, and a browser. */
export interface World {
  apiUrl: string
  community: TestCommunity
  browser: Browser
  /** Puts a page on the site; answers its address. */
  put(path: string, html: string): string
}

/** Makes a world with so many ranked members for one bench, and takes it down again. */
export async function inWorld<T>(members: number, work: (world: World) => Promise<T>): Promise<T> {
  const undo: (() => unknown)[] = []
  try {
    const pages = new Map<string, string>()
    const site = createServer((request, response) => {
      response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' }).end(pages.get(request.url ?? ''))
    })
    await new Promise<void>((done) => site.listen(0, '127.0.0.1', done))
    undo.push(() => site.close())
    const origin = `http://127.0.0.1:${(site.address() as AddressInfo).port}`

    const dataDir = mkdtempSync(join(tmpdir(), 'rai-bench-'))
    undo.push(() => rmSync(dataDir, { recursive: true }))
    const server = await startServer(await quietConfig({ dataDir, demoSite: origin }))
    undo.push(server.stop)
    const community = await testCommunity(server, { origin })
    await community.tenant(async (tx) => {
      const now = new Date()
      await seedMembers(tx, members, now)
      await createBoard(tx, { name: 'Points', slug: 'points', periods: ['all'] }, now)
    })

    const browser = await chromium.launch({
      executablePath: process.env.RAI_CHROMIUM ?? (await sparticuz.executablePath()),
      args: ['--no-sandbox', '--disable-gpu'],
    })
    undo.push(() => browser.close())
    return await work({
      apiUrl: server.url,
      community,
      browser,
      put: (path, html) => {
        pages.set(path, html)
        return origin + path
      },
    })
  } finally {
    for (const step of undo.reverse()) await step()
  }
}
