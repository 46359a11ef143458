import type { Browser } from 'playwright-core'
import { inWorld } from './browser.js'
import { type Bench, interleaved } from './measure.js'

const members = 10_000
const frames = 240
const step = 160

/** What the main thread works, by its own clock. */
export const bench: Bench = {
  title: `Scrolling ${members.toLocaleString('en')} rows, ${step} px a frame: CPU of the main thread`,
  reference: 'a hand-rolled window that shows rows from memory and does nothing else',
  run: () =>
    inWorld(members, async ({ apiUrl, community, browser, put }) => {
      const line = `<script async src="${apiUrl}/rai.js" data-key="${community.publishableKey}"></script>`
      const widget = put('/widget', page(`${line}<rai-leaderboard board="points"></rai-leaderboard>`))
      const plain = put('/plain', page(`<div id="list"></div><script>${handRolled}</script>`))
      const figures = await interleaved(
        5,
        () => measure(browser, widget, 'rai-leaderboard [part~=list]'),
        () => measure(browser, plain, '#list'),
      )
      return [{ what: 'a frame', unit: 'ms', ...figures }]
    }),
}

const page = (body: string) => `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Bench</title>
<style>body { margin: 0; width: 412px } #list { height: 480px; overflow: auto } .row { position: absolute; display: flex; height: 48px; width: 100% }</style>
<body>${body}`

/** Rows from memory, only those in view in the document, reused as they leave: nothing else. */
const handRolled = `
  const list = document.querySelector('#list')
  const space = list.appendChild(document.createElement('div'))
  Object.assign(space.style, { position: 'relative', height: ${members} * 48 + 'px' })
  const pool = Array.from({ length: 12 }, () => {
    const row = space.appendChild(document.createElement('div'))
    row.className = 'row'
    for (let n = 0; n < 3; n++) row.append(document.createElement('span'))
    return row
  })
  const draw = () => {
    const first = Math.floor(list.scrollTop / 48)
    for (let n = first; n < first + pool.length; n++) {
      const row = pool[n % pool.length]
      if (row.n === n) continue
      row.n = n
      row.style.transform = 'translateY(' + n * 48 + 'px)'
      row.children[0].textContent = n + 1
      row.children[1].textContent = 'Member ' + (n + 1)
      row.children[2].textContent = ((${members} - n) * 10).toLocaleString()
    }
  }
  list.addEventListener('scroll', draw)
  draw()`

async function measure(browser: Browser, url: string, list: string): Promise<number> {
  const context = await browser.newContext({ viewport: { width: 412, height: 640 } })
  const tab = await context.newPage()
  await tab.goto(url)
  await tab.getByText('Member 1', { exact: true }).first().waitFor()
  const devtools = await context.newCDPSession(tab)
  await devtools.send('Performance.enable', { timeDomain: 'threadTicks' })
  const worked = async () => {
    const { metrics } = await devtools.send('Performance.getMetrics')
    return metrics.find(({ name }) => name === 'TaskDuration')!.value * 1000
  }
  const before = await worked()
  await tab.locator(list).evaluate(
    async (element, { frames, step }) => {
      for (let frame = 0; frame < frames; frame++) {
        element.scrollTop += step
        await new Promise((done) => requestAnimationFrame(done))
      }
    },
    { frames, step },
  )
  const cpu = (await worked()) - before
  await context.close()
  return cpu / frames
}
