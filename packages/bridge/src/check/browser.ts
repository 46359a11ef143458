import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { type Result, result } from './report.js'

/** Where the host's page seems to be, where nobody says. It is answered from here, and reaches no network. */
const nowhere = 'https://rai-bridge-check.invalid'
/** The built package. */
const dist = join(import.meta.dirname, '..')
/** In milliseconds. More than any side waits by itself. */
const patience = 12_000

/**
 * Frames a page as a community would, in a Chromium.
 * @param origin Where the host's page seems to be: the guest may let only that frame it.
 * @param executablePath Of the browser. Default: the Chrome that is installed.
 */
export async function checkInBrowser(
  url: URL,
  granted: readonly string[],
  origin = nowhere,
  executablePath: string | undefined,
): Promise<Result[]> {
  const { browser, why } = await start(executablePath)
  if (!browser) return [result('the page and the bridge work in a browser', undefined, why)]
  try {
    const page = await browser.newPage()
    const exceptions: string[] = []
    page.on('pageerror', ({ message }) => exceptions.push(message))
    await serve(page, origin, url, granted)
    await page.goto(`${origin}/`)
    const has = (fact: string) =>
      page.waitForFunction(fact, undefined, { timeout: patience }).then(
        () => true,
        () => false,
      )
    const connected = "bench.states.at(-1) === 'connected'"
    const results = [
      result('it connects', await has(connected), 'call connect() of @rai/bridge when the page is there'),
    ]
    if (!results[0]!.passed) return results
    results.push(
      result(
        'it tells its height',
        await has('bench.heights > 0'),
        'the page has no content, or connect() was not of this version',
      ),
    )
    await page.evaluate('bench.states.length = 0; bench.host.reload()')
    results.push(
      result(
        'it connects again after a reload',
        await has(connected),
        'connect() must not need what an earlier page stored',
      ),
    )
    await page.evaluate('bench.host.destroy(); bench.begin()')
    results.push(
      result(
        'it follows a host that begins anew',
        await has(connected),
        'destroy() was called, or the page holds an old connection',
      ),
    )
    results.push(result('it throws nothing', exceptions.length === 0, exceptions.join('; ')))
    return results
  } finally {
    await browser.close()
  }
}

async function start(executablePath: string | undefined): Promise<{ browser?: Browser; why?: string }> {
  let chromium: typeof import('playwright-core').chromium
  try {
    ;({ chromium } = await import('playwright-core'))
  } catch {
    return { why: 'npm install --save-dev playwright-core, which this uses if it is there' }
  }
  try {
    // A page on this machine is what most people check, and the host's page does not seem to be here.
    const args = ['--disable-features=LocalNetworkAccessChecks', ...(process.getuid?.() === 0 ? ['--no-sandbox'] : [])]
    return {
      browser: await chromium.launch({ args, ...(executablePath ? { executablePath } : { channel: 'chrome' }) }),
    }
  } catch (error) {
    return { why: `no browser: name one by --browser PATH (${String(error).split('\n')[0]})` }
  }
}

/** Answers the host's page and its modules. */
async function serve(page: Page, origin: string, url: URL, granted: readonly string[]): Promise<void> {
  const begin = `
    import { createHost } from './host/index.js'
    const frame = document.querySelector('iframe')
    const bench = { states: [], heights: 0 }
    bench.begin = () => {
      bench.states.length = 0
      bench.host = createHost({
        frame,
        src: ${JSON.stringify(url.href)},
        granted: ${JSON.stringify(granted)},
        methods: { 'route.set': () => {}, 'draft.set': () => {}, 'toast.show': () => {}, 'messages.send': () => ({ id: '1' }) },
        getToken: () => null,
        confirmLink: () => false,
        onState: (state) => bench.states.push(state),
      })
    }
    new MutationObserver(() => { if (parseFloat(frame.style.blockSize) > 1) bench.heights++ })
      .observe(frame, { attributeFilter: ['style'] })
    globalThis.bench = bench
    bench.begin()`
  await page.route(`${origin}/**`, async (route) => {
    const { pathname } = new URL(route.request().url())
    if (pathname === '/')
      return route.fulfill({
        contentType: 'text/html',
        body: `<!doctype html><title>Host</title><iframe width="600"></iframe><script type="module">${begin}</script>`,
      })
    if (!/^\/[\w/-]+\.js$/.test(pathname)) return route.fulfill({ status: 404 })
    return route.fulfill({ contentType: 'text/javascript', body: await readFile(join(dist, pathname), 'utf8') })
  })
}
