import { readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { extname, join } from 'node:path'
import type { Config } from '../packages/server/src/config.js'
import type { DemoFile } from '../packages/server/src/demo.js'
import { mailFolder } from '../packages/server/src/mail/transport.js'
import { appsUrlOf } from './apps.js'
import { backEnd, signedIn } from './back-end.js'
import { createEvents, type Events } from './events.js'
import { faults } from './faults.js'
import { createHooks, type Hooks } from './hooks.js'
import { inbox } from './inbox.js'

/** Answers one request of a path, or says that the method is not for it. */
export type Answer = (request: IncomingMessage, response: ServerResponse) => Promise<void>

const pages = join(import.meta.dirname, 'pages')
const types: Record<string, string> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
}

/**
 * A customer's web site: pages, and a small back-end that knows the secret keys. Its origin is not the server's.
 * @param config The server's: where it puts mails that nobody sends, and where pictures come from.
 * @param events What it does with events.
 * @param appsUrl Where the pages of others are that the club shows.
 * @param hooks What it has done by hooks.
 */
export function createSite(
  demo: DemoFile,
  config: Pick<Config, 'dataDir' | 'filesUrl'>,
  events: Events = createEvents(demo),
  appsUrl = appsUrlOf(demo),
  hooks: Hooks = createHooks(demo),
): Server {
  const paths: Record<string, Answer> = {
    ...backEnd(demo),
    ...events.paths,
    ...hooks.paths,
    '/faults': faults(demo),
    '/inbox': inbox(demo, mailFolder(config)),
  }

  return createServer(async (request, response) => {
    // Not every path that may be sent makes an address: `//` does not.
    if (!URL.canParse(request.url ?? '/', demo.siteUrl)) {
      response.writeHead(400).end('This is no address of a page.')
      return
    }
    const { pathname } = new URL(request.url ?? '/', demo.siteUrl)
    const answer = paths[pathname] ?? paths[`/${pathname.split('/')[1]}`] ?? page
    try {
      await answer(request, response)
    } catch (error) {
      console.error(error)
      // What was begun cannot become another answer: it breaks off.
      if (response.headersSent) response.destroy()
      else response.writeHead(500).end('Something went wrong. The console of the demo site says what.')
    }
  })

  /** A file of the pages folder. Its `{{name}}` become what a page may know. */
  async function page(request: IncomingMessage, response: ServerResponse) {
    const { pathname } = new URL(request.url ?? '/', demo.siteUrl)
    const name = pathname === '/' ? 'index.html' : pathname.slice(1)
    const text = /^[\w-]+\.(html|css|js)$/.test(name)
      ? await readFile(join(pages, name), 'utf8').catch(() => null)
      : null
    if (text === null) return void response.writeHead(404).end('There is no such page here.')
    const { apiUrl, siteUrl, publishableKey } = demo
    const member = signedIn(request) ?? ''
    const shown: Record<string, string> = { apiUrl, siteUrl, publishableKey, member, visit: Date.now().toString(36) }
    response.writeHead(200, {
      'Content-Type': types[extname(name)],
      'Cache-Control': 'no-cache',
      // What a careful customer sends: the widgets need their server as a source, and no inline anything.
      'Content-Security-Policy': `default-src 'self'; script-src 'self' ${apiUrl}; connect-src 'self' ${apiUrl}; frame-src ${apiUrl} ${appsUrl}; img-src 'self' ${config.filesUrl}`,
      'Referrer-Policy': 'strict-origin-when-cross-origin',
    })
    response.end(text.replace(/\{\{(\w+)\}\}/g, (_, key: string) => shown[key] ?? ''))
  }
}
