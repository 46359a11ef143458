import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sparticuz from '@sparticuz/chromium'
import { type Browser, type CDPSession, chromium, type Page } from 'playwright-core'
import { countNext, createBoard } from '../../packages/server/src/domain/leaderboards/index.js'
import { startServer } from '../../packages/server/src/start.js'
import { type TestCommunity, testCommunity } from '../helpers/community.js'
import { quietConfig } from '../helpers/config.js'
import { seedMembers } from './seed.js'

/** A server with a board of members, a site that shows what a bench writes, and a browser. */
export interface World {
  apiUrl: string
  community: TestCommunity
  browser: Browser
  /** Makes another community for the site. */
  found(): Promise<TestCommunity>
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
    while (await community.tenant(countNext));

    const browser = await chromium.launch({
      executablePath: process.env.RAI_CHROMIUM ?? (await sparticuz.executablePath()),
      args: ['--no-sandbox', '--disable-gpu'],
    })
    undo.push(() => browser.close())
    return await work({
      apiUrl: server.url,
      community,
      browser,
      found: () => testCommunity(server, { origin }),
      put: (path, html) => {
        pages.set(path, html)
        return origin + path
      },
    })
  } finally {
    for (const step of undo.reverse()) await step()
  }
}

/** A bench's page, as a site would write it. */
export const page = (body: string) => `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Bench</title>
<style>
  body { margin: 0; font: 14px sans-serif }
  rai-leaderboard:not(:defined) { display: block; block-size: 30rem }
</style>
<body>${body}`

/** What a page needs for a leaderboard. */
export const oneLine = (apiUrl: string, key: string) =>
  `<script async src="${apiUrl}/rai.js" data-key="${key}"></script><rai-leaderboard board="points"></rai-leaderboard>`

/** The list that is scrolled, for `locator`. */
export const list = 'rai-leaderboard [part~=list]'

/** A phone's slow 4G connection: 150 ms away, 1.6 Mbit/s down. */
const slow4g = { offline: false, latency: 150, downloadThroughput: 200_000, uploadThroughput: 94_000 }

/** Works with a tab of a browser that has seen nothing yet, on a phone that is so much slower than this machine and has a slow 4G connection. */
export async function inTab<T>(browser: Browser, rate: number, work: (tab: Page, devtools: CDPSession) => Promise<T>) {
  const context = await browser.newContext({ viewport: { width: 412, height: 915 } })
  const tab = await context.newPage()
  const devtools = await context.newCDPSession(tab)
  await devtools.send('Network.enable')
  await devtools.send('Network.emulateNetworkConditions', slow4g)
  await devtools.send('Emulation.setCPUThrottlingRate', { rate })
  try {
    return await work(tab, devtools)
  } finally {
    await context.close()
  }
}

/** What the page's main thread worked until now, in milliseconds of its own clock. `Performance` must be enabled. */
export async function worked(devtools: CDPSession): Promise<number> {
  const { metrics } = await devtools.send('Performance.getMetrics')
  return metrics.find(({ name }) => name === 'TaskDuration')!.value * 1000
}

interface TraceEvent {
  name: string
  pid: number
  tid: number
  /** CPU time in microseconds. */
  tdur?: number
}

/** Answers the CPU time of the longest task of the page's main thread while some work is done, in milliseconds. */
export async function longestTask(devtools: CDPSession, work: () => Promise<unknown>): Promise<number> {
  const events: TraceEvent[] = []
  devtools.on('Tracing.dataCollected', ({ value }) => events.push(...(value as unknown as TraceEvent[])))
  const includedCategories = ['devtools.timeline', 'disabled-by-default-devtools.timeline']
  await devtools.send('Tracing.start', { transferMode: 'ReportEvents', traceConfig: { includedCategories } })
  await work()
  const complete = new Promise((done) => devtools.once('Tracing.tracingComplete', done))
  await devtools.send('Tracing.end')
  await complete
  const { pid, tid } = events.find(({ name }) => name === 'Layout')!
  const tasks = events.filter((event) => event.name === 'RunTask' && event.pid === pid && event.tid === tid)
  return Math.max(...tasks.map(({ tdur = 0 }) => tdur)) / 1000
}
