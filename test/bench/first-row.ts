import type { Page } from 'playwright-core'
import { inTab, inWorld, longestTask, oneLine, page } from './browser.js'
import { type Bench, interleaved, median } from './measure.js'

/** A phone has a quarter of this machine's speed. */
const slowdown = 4
const rounds = 5

export const bench: Bench = {
  title:
    'First row: from asking for the page to the frame that shows it (cold cache, slow 4G, CPU slowed down 4 times); longest tasks by their CPU time; layout shift',
  reference: 'a page written by hand that fetches the same rows with the same key and puts them into a table',
  run: () =>
    inWorld(1000, async ({ apiUrl, community, browser, put }) => {
      const rows = `${apiUrl}/widget/v1/${community.publishableKey}/leaderboards/points/rows?from=1&limit=50`
      const written = put('/written', page(`${watch}<table></table><script>${handWritten(rows)}</script>`))
      const widget = put('/widget', page(`${watch}${oneLine(apiUrl, community.publishableKey)}<p>What follows.</p>`))
      const shifts = { ours: [] as number[], reference: [] as number[] }
      const first = async (side: 'ours' | 'reference', url: string) => {
        const { firstRow, shift } = await inTab(browser, slowdown, (tab) => show(tab, url))
        shifts[side].push(shift)
        return firstRow
      }
      const longest = (rate: number) => (url: string) =>
        inTab(browser, rate, (tab, devtools) => longestTask(devtools, () => show(tab, url)))
      const both = (work: (url: string) => Promise<number>) =>
        interleaved(
          rounds,
          () => work(widget),
          () => work(written),
        )
      return [
        {
          what: 'a leaderboard of 1,000',
          unit: 'ms',
          ...(await interleaved(
            rounds,
            () => first('ours', widget),
            () => first('reference', written),
          )),
        },
        { what: 'longest task', unit: 'ms', ...(await both(longest(1))) },
        { what: 'longest task, slowed down', unit: 'ms', ...(await both(longest(slowdown))) },
        { what: 'layout shift', unit: '', ours: median(shifts.ours), reference: median(shifts.reference) },
      ]
    }),
}

/**
 * Takes the time of the frame that shows the first row, adds up what shifts, and says both when all is there that comes
 * right after. The page says so by itself: a script that a tool puts into it to look would be a long task of the tool's.
 */
const watch = `<script>
  let shift = 0
  new PerformanceObserver((list) => { for (const { value } of list.getEntries()) shift += value }).observe({ type: 'layout-shift', buffered: true })
  const done = () => requestAnimationFrame(() => requestAnimationFrame(() => tell(performance.now())))
  const isWhole = () => document.querySelector('table') || document.querySelector('rai-leaderboard').shadowRoot.querySelector('tbody[style]')
  const tell = (firstRow) => isWhole() ? console.log(firstRow, shift) : requestAnimationFrame(() => tell(firstRow))
  addEventListener('rai-load', done)
</script>`

/** What somebody writes who only wants the rows: one request, one table, no state, no live change. */
const handWritten = (rows: string) => `
  fetch(${JSON.stringify(rows)}).then((answer) => answer.json()).then(({ items }) => {
    for (const { rank, member, score } of items) {
      const row = document.querySelector('table').insertRow()
      for (const text of [rank, member.name, score.toLocaleString()]) row.insertCell().textContent = text
    }
    done()
  })`

/** Loads a page until its first row is shown, and what comes right after it. */
async function show(tab: Page, url: string): Promise<{ firstRow: number; shift: number }> {
  const [message] = await Promise.all([tab.waitForEvent('console'), tab.goto(url, { waitUntil: 'commit' })])
  const [firstRow = Number.NaN, shift = Number.NaN] = message.text().split(' ').map(Number)
  return { firstRow, shift }
}
