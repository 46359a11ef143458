import { readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { extname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { createVerifier } from '@rai/bridge/verify'
import type { DemoFile } from '../packages/server/src/demo.js'

const pages = join(import.meta.dirname, 'apps')
/** The bridge as an app bundles it; these pages have no bundler. */
const bridge = join(import.meta.dirname, '../packages/bridge/dist')
const types: Record<string, string> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
}

/**
 * Pages of somebody else, which the club shows in channels: their origin is neither the club's nor the server's. One of them has
 * a back-end that knows members by channel tokens and by nothing else.
 */
export function createApps({ apiUrl, siteUrl }: Pick<DemoFile, 'apiUrl' | 'siteUrl'>, appsUrl: string): Server {
  const verify = createVerifier({ issuer: apiUrl, app: 'club-walks', origin: appsUrl })
  /** Who goes on which walk, by the names that members have here. */
  const going = new Map<string, Set<string>>()

  const common = {
    'Cache-Control': 'no-cache',
    'Referrer-Policy': 'strict-origin-when-cross-origin',
    'X-Content-Type-Options': 'nosniff',
  }
  /** The server frames the club's pages too, where these are embedded. */
  const framing = { 'Content-Security-Policy': `default-src 'self'; frame-ancestors ${siteUrl} ${apiUrl}` }

  /** Says who goes; a member who sends their token goes as well, or no longer. */
  async function walks(request: IncomingMessage, response: ServerResponse) {
    const { token, walk, isGoing } = JSON.parse(await text(request)) as {
      token: string | null
      walk?: string
      isGoing?: boolean
    }
    const me = token === null ? undefined : (await verify(token)).sub
    if (me && walk) {
      const all = going.get(walk) ?? new Set()
      going.set(walk, all)
      if (isGoing) all.add(me)
      else all.delete(me)
    }
    const answer = [...going].map(([name, all]) => [name, { count: all.size, isMine: me !== undefined && all.has(me) }])
    response
      .writeHead(200, { ...common, 'Content-Type': 'application/json' })
      .end(JSON.stringify(Object.fromEntries(answer)))
  }

  async function file(path: string, response: ServerResponse) {
    const found = path.startsWith('/bridge/') ? join(bridge, path.slice('/bridge/'.length)) : join(pages, path.slice(1))
    const isKnown = /^\/(bridge\/(?:[\w-]+\/)?)?[\w-]+\.(html|css|js)$/.test(path)
    const content = isKnown ? await readFile(found).catch(() => null) : null
    if (content === null) return void response.writeHead(404).end('There is no such page here.')
    // The one that cannot be shown: as many sites do, it lets nobody frame it.
    const headers = path === '/camera.html' ? { 'X-Frame-Options': 'DENY' } : framing
    response.writeHead(200, { ...common, ...headers, 'Content-Type': types[extname(path)] }).end(content)
  }

  return createServer(async (request, response) => {
    const url = request.url ?? '/'
    try {
      if (!URL.canParse(url, appsUrl)) return void response.writeHead(400).end('This is no address of a page.')
      const { pathname } = new URL(url, appsUrl)
      if (pathname === '/walks' && request.method === 'POST') return await walks(request, response)
      await file(pathname, response)
    } catch (error) {
      console.error(error)
      if (response.headersSent) response.destroy()
      else response.writeHead(500).end()
    }
  })
}

/** Where they are: one port above the site's. */
export function appsUrlOf({ siteUrl }: Pick<DemoFile, 'siteUrl'>): string {
  const url = new URL(siteUrl)
  url.port = String(Number(url.port || 80) + 1)
  return url.origin
}
