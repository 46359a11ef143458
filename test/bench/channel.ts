import type { Browser } from 'playwright-core'
import { embedToken } from '../helpers/api.js'
import { openChannel } from '../helpers/channels.js'
import { realMessages, seedMessages } from '../helpers/messages.js'
import { inWorld, list, oneLine, page, worked } from './browser.js'
import { handRolledLog } from './hand-rolled-log.js'
import { type Bench, interleaved, median, type Row } from './measure.js'

const messages = Number(process.env.RAI_BENCH_MESSAGES ?? 50_000)
const members = 10_000
const frames = 240
/** Pixels a frame: as one reads on, and as a log is flung. */
const steps = { scrolled: 160, flung: 4000 }
const log = 'rai-channel [part~=log]'

/** What the main thread works, by its own clock. */
export const bench: Bench = {
  title: `Scrolling up ${messages.toLocaleString('en')} messages: CPU of the main thread a frame, and rows in the document`,
  reference:
    'a hand-rolled window of messages of the same look, from the same API by page (see hand-rolled-log.ts); where it says so, the leaderboard, scrolled down as far a frame',
  run: () =>
    inWorld(members, async ({ apiUrl, community, browser, put }) => {
      const texts = (await realMessages()).map(({ text }) => text)
      const { id: channelId } = await openChannel(community)
      await community.tenant(async (tx) => {
        const speakers = await tx.db
          .selectFrom('members')
          .select('id')
          .where('community_id', '=', tx.communityId)
          .where('number', '<=', 40)
          .execute()
        await seedMessages(tx, {
          channelId,
          authorIds: speakers.map(({ id }) => id),
          texts: Array.from({ length: messages }, (_, n) => texts[n % texts.length]!),
          at: new Date(),
        })
      })
      const key = community.publishableKey
      const bearer = await embedToken({ url: apiUrl }, community, 'member1')
      const tokenUrl = put('/token', JSON.stringify({ embedToken: bearer }))
      const line = `<script async src="${apiUrl}/rai.js" data-key="${key}" data-token-url="${tokenUrl}"></script>`
      const style = '<style>rai-channel { --rai-channel-height: 30rem }</style>'
      const widget = put('/channel', page(`${style}${line}<rai-channel channel="${channelId}"></rai-channel>`))
      const source = `${apiUrl}/widget/v1/${key}/channels/${channelId}/messages`
      const plain = put('/plain', page(handRolledLog(source, bearer)))
      const board = put('/board', page(oneLine(apiUrl, key)))

      const table: Row[] = []
      for (const [how, step] of Object.entries(steps)) {
        const most = { ours: [] as number[], reference: [] as number[] }
        const run = async (side: 'ours' | 'reference', url: string, where: string, row: string) => {
          const { cpu, rows } = await measure(browser, url, where, row, -step)
          most[side].push(rows)
          return cpu
        }
        const figures = await interleaved(
          5,
          () => run('ours', widget, log, '[part~=message]'),
          () => run('reference', plain, '#log', '.row'),
        )
        const ready = `${list} tbody[style]`
        const other = await interleaved(
          3,
          async () => (await measure(browser, widget, log, '[part~=message]', -step)).cpu,
          async () => (await measure(browser, board, list, '[role=row]', step, ready)).cpu,
        )
        table.push({ what: `${how}, ${step} px a frame`, unit: 'ms', ...figures })
        table.push({ what: `${how}: the leaderboard`, unit: 'ms', ...other, bar: 1.5 })
        table.push({ what: `${how}: rows`, unit: '', ours: median(most.ours), reference: median(most.reference) })
      }
      return table
    }),
}

async function measure(
  browser: Browser,
  url: string,
  where: string,
  row: string,
  step: number,
  ready = `${where} ${row}`,
) {
  const context = await browser.newContext({ viewport: { width: 412, height: 640 } })
  const tab = await context.newPage()
  await tab.goto(url)
  await tab.locator(ready).first().waitFor()
  const devtools = await context.newCDPSession(tab)
  await devtools.send('Performance.enable', { timeDomain: 'threadTicks' })
  const before = await worked(devtools)
  const rows = await tab.locator(where).evaluate(
    async (element, { frames, step, row }) => {
      let most = 0
      for (let frame = 0; frame < frames; frame++) {
        element.scrollTop += step
        await new Promise((done) => requestAnimationFrame(done))
        most = Math.max(most, element.querySelectorAll(row).length)
      }
      return most
    },
    { frames, step, row },
  )
  const cpu = ((await worked(devtools)) - before) / frames
  await context.close()
  return { cpu, rows }
}
