/**
 * `npm run bench [-- NAME…]`: measures and prints tables. It judges nothing: machines differ, so every figure stands
 * beside a reference from the same run, and a bar is what the ratio should not be over on a machine with nothing else to
 * do. To add one, write a file beside this that exports `bench`, and name it here.
 */
import type { Bench } from './measure.js'

const benches: Record<string, () => Promise<{ bench: Bench }>> = {
  ranks: () => import('./ranks.js'),
  award: () => import('./award.js'),
  purchases: () => import('./purchases.js'),
  webhooks: () => import('./webhooks.js'),
  counting: () => import('./counting.js'),
  streams: () => import('./streams.js'),
  routes: () => import('./routes.js'),
  filter: () => import('./filter.js'),
  import: () => import('./import.js'),
  'first-row': () => import('./first-row.js'),
  catalogue: () => import('./catalogue.js'),
  scroll: () => import('./scroll.js'),
  live: () => import('./live.js'),
  channel: () => import('./channel.js'),
  bridge: () => import('./bridge.js'),
}

const wanted = process.argv.slice(2)
const unknown = wanted.filter((name) => !(name in benches))
if (unknown.length > 0) {
  console.error(`There is no bench ${unknown.join(', ')}. There are: ${Object.keys(benches).join(', ')}.`)
  process.exit(2)
}

/** Where a reference is not on this machine, its figure is NaN. */
const figure = (value: number): string =>
  value < 10 ? value.toFixed(2) : value < 100 ? value.toFixed(1) : value.toFixed(0)

for (const name of wanted.length > 0 ? wanted : Object.keys(benches)) {
  const { bench } = await benches[name]!()
  const rows = await bench.run()
  console.log(`\n${bench.title}\nReference: ${bench.reference}\n`)
  console.table(
    Object.fromEntries(
      rows.map(({ what, ours, reference, unit, bar }) => [
        what,
        {
          ours: `${figure(ours)} ${unit}`,
          reference: Number.isNaN(reference) ? 'not run' : `${figure(reference)} ${unit}`,
          ratio: reference ? figure(ours / reference) : '–',
          ...(bar && { bar }),
        },
      ]),
    ),
  )
}
