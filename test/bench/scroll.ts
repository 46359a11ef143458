import type { Browser } from 'playwright-core'
import { inWorld, list, oneLine, page, worked } from './browser.js'
import { handRolled } from './hand-rolled.js'
import { type Bench, interleaved, median, type Row } from './measure.js'

const members = Number(process.env.RAI_BENCH_MEMBERS ?? 226_972)
const frames = 240
/** Pixels a frame: as one reads on, and as a list is flung. */
const steps = { scrolled: 160, flung: 4000 }

/** What the main thread works, by its own clock. */
export const bench: Bench = {
  title: `Scrolling ${members.toLocaleString('en')} rows: CPU of the main thread a frame, and rows in the document`,
  reference: 'a hand-rolled window of rows of the same look, from the same API by page (see hand-rolled.ts)',
  run: () =>
    inWorld(members, async ({ apiUrl, community, browser, put }) => {
      const key = community.publishableKey
      const widget = put('/widget', page(oneLine(apiUrl, key)))
      const plain = put('/plain', page(handRolled(`${apiUrl}/widget/v1/${key}/leaderboards/points/rows`)))
      const table: Row[] = []
      for (const [how, step] of Object.entries(steps)) {
        const most = { ours: [] as number[], reference: [] as number[] }
        const run = async (side: 'ours' | 'reference', url: string, where: string) => {
          const { cpu, rows } = await measure(browser, url, where, step)
          most[side].push(rows)
          return cpu
        }
        const figures = await interleaved(
          5,
          () => run('ours', widget, list),
          () => run('reference', plain, '#list'),
        )
        table.push({ what: `${how}, ${step} px a frame`, unit: 'ms', ...figures })
        table.push({ what: `${how}: rows`, unit: '', ours: median(most.ours), reference: median(most.reference) })
      }
      return table
    }),
}

async function measure(browser: Browser, url: string, where: string, step: number) {
  const context = await browser.newContext({ viewport: { width: 412, height: 640 } })
  const tab = await context.newPage()
  await tab.goto(url)
  // The element's list can be scrolled once its rows have been placed.
  await tab
    .locator(where === list ? `${list} tbody[style]` : `${where} [role=row]`)
    .first()
    .waitFor()
  const devtools = await context.newCDPSession(tab)
  await devtools.send('Performance.enable', { timeDomain: 'threadTicks' })
  const before = await worked(devtools)
  await tab.locator(where).evaluate(
    async (element, { frames, step }) => {
      for (let frame = 0; frame < frames; frame++) {
        element.scrollTop += step
        await new Promise((done) => requestAnimationFrame(done))
      }
    },
    { frames, step },
  )
  const cpu = ((await worked(devtools)) - before) / frames
  const rows = await tab.locator(`${where} [role=row]`).count()
  await context.close()
  return { cpu, rows }
}
