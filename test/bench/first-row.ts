import type { Browser } from 'playwright-core'
import { inWorld } from './browser.js'
import { type Bench, interleaved } from './measure.js'

/** A phone on a slow 4G connection: 150 ms away, 1.6 Mbit/s down, a quarter of this machine's speed. */
const slow4g = { offline: false, latency: 150, downloadThroughput: 200_000, uploadThroughput: 94_000 }
const slowdown = 4

export const bench: Bench = {
  title:
    'First row: from asking for the page to the frame that shows it (cold cache, slow 4G, CPU slowed down 4 times)',
  reference: 'a page written by hand that fetches the same rows with the same key and puts them into a table',
  run: () =>
    inWorld(1000, async ({ apiUrl, community, browser, put }) => {
      const rows = `${apiUrl}/widget/v1/${community.publishableKey}/leaderboards/points/rows?from=1&limit=100`
      const written = put('/written', page(`<table></table><script>${handWritten(rows)}</script>`))
      const widget = put('/widget', page(`<script>${onLoad}</script>${oneLine(apiUrl, community.publishableKey)}`))
      const figures = await interleaved(
        9,
        () => measure(browser, widget),
        () => measure(browser, written),
      )
      return [{ what: 'a leaderboard of 1,000', unit: 'ms', ...figures }]
    }),
}

const page = (body: string) => `<!doctype html><html lang="en"><meta charset="utf-8"><title>Bench</title><body>${body}`
const done = 'requestAnimationFrame(() => requestAnimationFrame(() => { globalThis.firstRow = performance.now() }))'
const onLoad = `addEventListener('rai-load', () => ${done})`
const oneLine = (apiUrl: string, key: string) =>
  `<script async src="${apiUrl}/rai.js" data-key="${key}"></script><rai-leaderboard board="points"></rai-leaderboard>`

/** What somebody writes who only wants the rows: one request, one table, no state, no live change. */
const handWritten = (rows: string) => `
  fetch(${JSON.stringify(rows)}).then((answer) => answer.json()).then(({ items }) => {
    for (const { rank, member, score } of items) {
      const row = document.querySelector('table').insertRow()
      for (const text of [rank, member.name, score.toLocaleString()]) row.insertCell().textContent = text
    }
    ${done}
  })`

async function measure(browser: Browser, url: string): Promise<number> {
  const context = await browser.newContext({ viewport: { width: 412, height: 915 } })
  const tab = await context.newPage()
  const devtools = await context.newCDPSession(tab)
  await devtools.send('Network.enable')
  await devtools.send('Network.emulateNetworkConditions', slow4g)
  await devtools.send('Emulation.setCPUThrottlingRate', { rate: slowdown })
  await tab.goto(url, { waitUntil: 'commit' })
  const handle = await tab.waitForFunction(() => (globalThis as { firstRow?: number }).firstRow)
  const ms = (await handle.jsonValue()) ?? 0
  await context.close()
  return ms
}
