import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import sparticuz from '@sparticuz/chromium'
import { buildSync } from 'esbuild'
import { chromium, type Page } from 'playwright-core'
import { type Bench, interleaved } from './measure.js'

const root = join(import.meta.dirname, '../..')
const rounds = 15
/** Calls one after the other, for the round trip; and so many at once, for calls a second. */
const turns = 500
const atOnce = 2000

const bundle = (contents: string) =>
  buildSync({
    stdin: { contents, resolveDir: root },
    bundle: true,
    format: 'esm',
    write: false,
    alias: { '@rai/bridge/host': join(root, 'packages/bridge/dist/host/index.js') },
  }).outputFiles[0]!.text

/** What both sides of both libraries run: the host adds, the guest calls. Limits are lifted. */
const scripts: Record<string, () => string> = {
  '/host.js': () =>
    bundle(`
      import { createHost } from '@rai/bridge/host'
      import { connect, WindowMessenger } from 'penpal'
      const add = ({ a, b }) => a + b
      globalThis.ours = (src) => {
        const frame = document.body.appendChild(document.createElement('iframe'))
        createHost({
          frame,
          src,
          granted: ['add'],
          methods: { add: { run: add, rate: { calls: Infinity, seconds: 1 } } },
          limits: { messages: Infinity, pending: Infinity },
        })
      }
      globalThis.theirs = (src) => {
        const frame = document.body.appendChild(document.createElement('iframe'))
        frame.src = src
        const messenger = new WindowMessenger({ remoteWindow: frame.contentWindow, allowedOrigins: ['*'] })
        connect({ messenger, methods: { add } })
      }`),
  '/ours.js': () =>
    bundle(`
      import { connect } from './packages/bridge/dist/guest/index.js'
      const bridge = await connect()
      globalThis.add = (a, b) => bridge.call('add', { a, b })`),
  '/theirs.js': () =>
    bundle(`
      import { connect, WindowMessenger } from 'penpal'
      const messenger = new WindowMessenger({ remoteWindow: parent, allowedOrigins: ['*'] })
      const remote = await connect({ messenger }).promise
      globalThis.add = (a, b) => remote.add({ a, b })`),
}

export const bench: Bench = {
  title: 'Calls from a framed page of another origin to its host',
  reference: `penpal ${JSON.parse(readFileSync(join(root, 'node_modules/penpal/package.json'), 'utf8')).version}, on the same page, by turns`,
  async run() {
    const server = createServer(({ url = '' }, response) => {
      const script = scripts[url]?.()
      response.setHeader('Content-Type', script === undefined ? 'text/html' : 'text/javascript')
      response.end(script ?? `<!doctype html><body><script type="module" src="${url}.js"></script>`)
    })
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
    const { port } = server.address() as AddressInfo
    const browser = await chromium.launch({
      executablePath: process.env.RAI_CHROMIUM ?? (await sparticuz.executablePath()),
      args: ['--no-sandbox', '--disable-gpu'],
    })
    try {
      const page = await browser.newPage()
      await page.goto(`http://localhost:${port}/host`)
      const measured = { ours: await measure(page, port, 'ours'), theirs: await measure(page, port, 'theirs') }
      const trip = await interleaved(rounds, measured.ours.trip, measured.theirs.trip)
      const burst = await interleaved(rounds, measured.ours.burst, measured.theirs.burst)
      return [
        { what: 'round trip', unit: 'ms', ...trip, bar: 1 },
        { what: 'time for a thousand calls at once', unit: 'ms', ...burst, bar: 1 },
      ]
    } finally {
      await browser.close()
      server.close()
    }
  },
}

/** Connects a frame by one of the libraries; answers what calls its host from there and takes the time. */
async function measure(page: Page, port: number, library: 'ours' | 'theirs') {
  const src = `http://127.0.0.1:${port}/${library}`
  await page.evaluate(`${library}(${JSON.stringify(src)})`)
  await page.waitForFunction((count) => frames.length === count, library === 'ours' ? 1 : 2)
  const frame = page.frames().at(-1)!
  await frame.waitForFunction('globalThis.add')
  type Guest = { add(a: number, b: number): Promise<number> }
  return {
    trip: () =>
      frame.evaluate(async (turns) => {
        const { add } = globalThis as unknown as Guest
        const start = performance.now()
        for (let n = 0; n < turns; n++) await add(n, 1)
        return (performance.now() - start) / turns
      }, turns),
    burst: () =>
      frame.evaluate(async (count) => {
        const { add } = globalThis as unknown as Guest
        const start = performance.now()
        await Promise.all(Array.from({ length: count }, (_, n) => add(n, 1)))
        return ((performance.now() - start) / count) * 1000
      }, atOnce),
  }
}
