import { createProducts } from '../../packages/server/src/domain/store/products.js'
import { changeStore } from '../../packages/server/src/domain/store/settings.js'
import type { TestCommunity } from '../helpers/community.js'
import { inTab, inWorld, page } from './browser.js'
import { type Bench, interleaved } from './measure.js'

const sizes = [1_000, 20] as const
const rounds = 10

export const bench: Bench = {
  title: `First items of a catalogue of ${sizes[0].toLocaleString('en')}: from asking for the page to the frame that shows them (cold cache, slow 4G)`,
  reference: `the same page with a catalogue of ${sizes[1]}`,
  run: () =>
    inWorld(1, async ({ apiUrl, browser, put, found }) => {
      const [large, small] = (await Promise.all(
        sizes.map(async (size) => {
          const community = await found()
          await fill(community, size)
          const line = `<script async src="${apiUrl}/rai.js" data-key="${community.publishableKey}"></script><rai-store></rai-store>`
          return put(`/${size}`, page(watch + line))
        }),
      )) as [string, string]
      const show = (url: string) =>
        inTab(browser, 1, async (tab) => {
          const [message] = await Promise.all([tab.waitForEvent('console'), tab.goto(url, { waitUntil: 'commit' })])
          return Number(message.text())
        })
      const shown = await interleaved(
        rounds,
        () => show(large),
        () => show(small),
      )
      return [{ what: `a store of ${sizes[0].toLocaleString('en')} items`, unit: 'ms', bar: 1.5, ...shown }]
    }),
}

/** A store with items as operators make them: some dearer for some, some with a limit. */
async function fill({ id, tenant }: TestCommunity, size: number): Promise<void> {
  const at = new Date()
  const access = { roles: [id], users: [], fields: {}, minXp: 0 }
  await tenant(async (tx) => {
    await changeStore(tx, { isEnabled: true }, at)
    await createProducts(
      tx,
      Array.from({ length: size }, (_, n) => ({
        name: `Item ${n}`,
        price: 100 + n,
        stock: n % 2 ? 10 : null,
        accessRules: n % 3 ? [] : [{ ...access, price: 50 + n }],
        purchaseLimit: n % 5 ? null : { quantity: 2, interval: { count: 1, unit: 'day' as const } },
        displayOrder: n,
      })),
      at,
    )
  })
}

/** Says when the frame is there that shows the first items. */
const watch = `<script>
  addEventListener('rai-load', () => requestAnimationFrame(() => requestAnimationFrame(() => console.log(performance.now()))))
</script>`
