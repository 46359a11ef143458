import { setTimeout } from 'node:timers/promises'
import { sql } from 'kysely'
import type { Browser } from 'playwright-core'
import { post } from '../../packages/server/src/domain/ledger.js'
import { seededRandom } from '../helpers/random.js'
import { inWorld, list, longestTask, oneLine, page } from './browser.js'
import type { Bench } from './measure.js'

const members = Number(process.env.RAI_BENCH_MEMBERS ?? 226_972)
const seconds = 30
const changesASecond = 1000
/** So many changes are one transaction, of which members are not told one by one, as a bulk job posts them. */
const batch = 500
/** Whose scores change: those at the top, some of whom are in sight. */
const changing = 5000
/** Pixels a frame: somebody reads on. */
const step = 6

export const bench: Bench = {
  title: `${changesASecond.toLocaleString('en')} score changes a second for ${seconds} s while one scrolls ${members.toLocaleString('en')} rows`,
  reference:
    'the same page and the same scrolling while nothing changes; for the heap: before; for the changes: what was wanted',
  run: () =>
    inWorld(members, async ({ apiUrl, community, browser, put }) => {
      const url = put('/widget', page(oneLine(apiUrl, community.publishableKey)))
      const { rows } = await community.tenant((tx) =>
        sql<{ id: string }>`
          select member_id as id from balances where community_id = ${tx.communityId} order by amount desc limit ${changing}`.execute(
          tx.db,
        ),
      )
      const random = seededRandom(1)
      let made = 0
      const change = () =>
        community.tenant((tx) =>
          post(
            tx,
            Array.from({ length: batch }, () => ({
              memberId: rows[Math.floor(random() * rows.length)]!.id,
              unit: 'xp' as const,
              amount: 1 + Math.floor(random() * 1_000_000),
              reason: 'adjustment' as const,
              key: `live:${++made}`,
              actor: 'bench',
            })),
            new Date(),
            false,
          ),
        )

      const quiet = await measure(browser, url)
      let going = true
      const start = performance.now()
      const write = async () => {
        while (going) {
          await change()
          await setTimeout(start + (made / changesASecond) * 1000 - performance.now())
        }
        return (made / (performance.now() - start)) * 1000
      }
      const [live, written] = await Promise.all([
        measure(browser, url).finally(() => {
          going = false
        }),
        write(),
      ])
      return [
        { what: 'changes a second', unit: '', ours: written, reference: changesASecond },
        { what: 'scores that changed in sight', unit: '', ours: live.seen, reference: quiet.seen },
        { what: 'longest task', unit: 'ms', ours: live.longest, reference: quiet.longest },
        { what: 'place of the rows moved by', unit: 'px', ours: live.moved, reference: quiet.moved },
        { what: 'heap afterwards', unit: 'MB', ours: live.after, reference: live.before },
        { what: 'heap afterwards, nothing changed', unit: 'MB', ours: quiet.after, reference: quiet.before },
      ]
    }),
}

async function measure(browser: Browser, url: string) {
  const context = await browser.newContext({ viewport: { width: 412, height: 640 } })
  const tab = await context.newPage()
  await tab.goto(url)
  await tab.locator(`${list} tbody[style]`).first().waitFor()
  const devtools = await context.newCDPSession(tab)
  const heap = async () => {
    await devtools.send('HeapProfiler.collectGarbage')
    return (await devtools.send('Runtime.getHeapUsage')).usedSize / 1_000_000
  }
  const scroll = (ms: number) =>
    tab.locator(list).evaluate(
      async (scroller, { ms, step }) => {
        const body = scroller.querySelector('tbody')!
        let moved = 0
        let seen = 0
        const scores = new Map<string | undefined, string | undefined>()
        for (const start = performance.now(); performance.now() - start < ms; ) {
          const top = scroller.scrollTop + step
          scroller.scrollTop = top
          await new Promise((done) => requestAnimationFrame(done))
          // Where the first row stands, less where it should: slides are transforms of the rows, not of their place.
          const row = body.querySelector<HTMLElement>('[data-position]')!
          const head = scroller.querySelector('thead')!.offsetHeight
          const begin = scroller.getBoundingClientRect().top + head - scroller.scrollTop
          const stands = body.getBoundingClientRect().top + Number.parseFloat(body.style.paddingBlockStart) - begin
          const error = stands - (Number(row.dataset.position) - 1) * row.offsetHeight
          moved = Math.max(moved, Math.abs(error), Math.abs(scroller.scrollTop - top))
          for (const { dataset } of scroller.querySelectorAll<HTMLElement>('[data-id]')) {
            const { id, score } = dataset
            if (scores.has(id) && scores.get(id) !== score) seen++
            scores.set(id, score)
          }
        }
        return { moved, seen }
      },
      { ms, step },
    )
  // What comes once (the stream, other chunks) is there before the heap is taken.
  await scroll(5000)
  const before = await heap()
  let met = { moved: 0, seen: 0 }
  const longest = await longestTask(devtools, async () => {
    met = await scroll(seconds * 1000)
  })
  const after = await heap()
  await context.close()
  return { longest, ...met, before, after }
}
