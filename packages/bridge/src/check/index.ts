import { checkInBrowser } from './browser.js'
import { checkHeaders, checkManifest } from './headers.js'
import { type Result, result } from './report.js'

export type { Result }

export interface CheckOptions {
  /** The origin of a community that shall frame the page. */
  host?: string | undefined
  /** A Chromium to use; see `checkInBrowser`. */
  browser?: string | undefined
}

/** Whether a page is ready to be a channel: what its answers say, its manifest, and how it works in a browser if there is one. */
export async function check(address: string, { host, browser }: CheckOptions = {}): Promise<Result[]> {
  const url = new URL(address)
  const headers = await checkHeaders(url, host)
  if (!headers[0]!.passed) return headers
  const { results, manifest } = await checkManifest(url)
  const { required = [], optional = [] } = manifest?.permissions ?? {}
  const ours = await checkInBrowser(url, [...required, ...optional], host, browser)
  return [...headers, ...results, ...ours]
}

const usage = `rai-bridge check URL [--host ORIGIN] [--browser PATH]

Looks whether the page at URL is ready to be framed as a channel. ORIGIN is that of a community which shall frame it;
PATH a Chromium, where no Chrome is installed. Needs playwright-core for what a browser must show. Ends with 1 if
something is wrong.`

/** The command. Answers its exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const [command, address, ...rest] = args
  const option = (name: string) => rest[rest.indexOf(name) + 1 || rest.length]
  if (command !== 'check' || !address || !URL.canParse(address)) {
    console.error(usage)
    return 2
  }
  const results = await check(address, { host: option('--host'), browser: option('--browser') }).catch((error) => [
    result('the check itself', false, String(error)),
  ])
  for (const { what, passed, hint } of results) {
    const mark = passed === undefined ? '–' : passed ? '✓' : '✗'
    console.log(`${mark} ${what}${passed === undefined ? ': not checked' : ''}${hint ? `\n    ${hint}` : ''}`)
  }
  const count = (passed: boolean | undefined) => results.filter((one) => one.passed === passed).length
  console.log(`${count(true)} passed, ${count(false)} failed, ${count(undefined)} not checked`)
  return count(false) > 0 ? 1 : 0
}
