import sparticuz from '@sparticuz/chromium'
import { type Browser, type BrowserContextOptions, chromium, type Page, type Request } from 'playwright-core'
import { afterAll } from 'vitest'

/** A page and everything that it said. */
export interface Visit {
  page: Page
  /** Lines of the console, as `error: text`. */
  console: string[]
  /** Exceptions that nobody caught. */
  exceptions: string[]
  /** Addresses asked for, in order. */
  requests: string[]
  /** What the page's security policy refused, by directive. */
  violations(): Promise<string[]>
}

/** A Chromium for the tests of one file. The one from npm, unless RAI_CHROMIUM names another. Call it at the top. */
export async function startBrowser(): Promise<Browser> {
  const browser = await chromium.launch({
    executablePath: process.env.RAI_CHROMIUM ?? (await sparticuz.executablePath()),
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--disable-component-update',
      // A name that no server knows, and one of a site that is not on this machine as far as browsers trust it.
      '--host-resolver-rules=MAP nowhere.test ~NOTFOUND, MAP elsewhere.test 127.0.0.1',
    ],
    // Playwright turns it off; visitors have it.
    ignoreDefaultArgs: ['--disable-back-forward-cache'],
  })
  afterAll(() => browser.close())
  return browser
}

/** Code that is on its way to pages. */
const code = new WeakMap<Page, Set<Request>>()

/** Whether code that a visited page has asked for is on its way. */
export const awaitsCode = (page: Page): boolean => (code.get(page)?.size ?? 0) > 0

/** A fresh visitor: nothing stored, nothing cached. `prepare` comes before the page is asked for. */
export async function visit(
  browser: Browser,
  url: string,
  { prepare, ...options }: BrowserContextOptions & { prepare?: (page: Page) => Promise<unknown> } = {},
): Promise<Visit> {
  const context = await browser.newContext({ locale: 'en-GB', ...options })
  const page = await context.newPage()
  const seen: Omit<Visit, 'page' | 'violations'> = { console: [], exceptions: [], requests: [] }
  page.on('console', (message) => seen.console.push(`${message.type()}: ${message.text()}`))
  page.on('pageerror', (error) => seen.exceptions.push(String(error)))
  const coming = new Set<Request>()
  code.set(page, coming)
  page.on('request', (request) => {
    seen.requests.push(request.url())
    if (request.resourceType() === 'script') coming.add(request)
  })
  page.on('requestfinished', (request) => coming.delete(request))
  page.on('requestfailed', (request) => coming.delete(request))
  await page.addInitScript(() => {
    const refused: string[] = []
    Object.assign(globalThis, { refused })
    addEventListener('securitypolicyviolation', (event) => refused.push(event.effectiveDirective), true)
  })
  await prepare?.(page)
  // Not `load`: what a test holds back would hold that too.
  await page.goto(url, { waitUntil: 'commit' })
  return {
    ...seen,
    page,
    violations: () => page.evaluate(() => (globalThis as unknown as { refused: string[] }).refused),
  }
}
