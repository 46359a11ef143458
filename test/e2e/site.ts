import { readFileSync } from 'node:fs'
import { createServer, type OutgoingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll } from 'vitest'

/** A stranger's web site, on an origin that is not ours. */
export interface Site {
  origin: string
  /** Puts something at a path of the site, or what says it anew each time; answers its address. */
  put(path: string, body: string | (() => Promise<string>), headers?: OutgoingHttpHeaders): string
  /** Puts a page at a path of its own; answers its address. */
  page(html: string, headers?: OutgoingHttpHeaders): string
  /** Serves a script or style sheet that an npm package ships for pages, such as `htmx.org/dist/htmx.min.js`; answers its address. */
  shipped(file: string): string
}

const packages = join(import.meta.dirname, '../../node_modules')

/** Serves what tests put there until the file's last test is over. Call it at the top of a test file. */
export async function startSite(): Promise<Site> {
  const files = new Map<string, { body: string | (() => Promise<string>); headers: OutgoingHttpHeaders }>()
  const server = createServer(async (request, response) => {
    const file = files.get(request.url?.split('?')[0] ?? '')
    try {
      const body = typeof file?.body === 'function' ? await file.body() : file?.body
      response.writeHead(file ? 200 : 404, { 'Content-Type': 'text/html; charset=utf-8', ...file?.headers })
      response.end(body)
    } catch (error) {
      response.destroy(error as Error)
    }
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  afterAll(() => {
    server.closeAllConnections()
    server.close()
  })
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const put: Site['put'] = (path, body, headers = {}) => {
    files.set(path, { body, headers })
    return origin + path
  }
  return {
    origin,
    put,
    page: (html, headers) => put(`/page-${files.size}`, html, headers),
    shipped(file) {
      const type = file.endsWith('.css') ? 'text/css' : 'text/javascript'
      return put(`/lib/${file}`, readFileSync(join(packages, file), 'utf8'), {
        'Content-Type': `${type}; charset=utf-8`,
      })
    },
  }
}

/** The same site under a name that makes it another one, and that is not trusted as this machine is. */
export const elsewhere = (address: string): string => address.replace('127.0.0.1', 'elsewhere.test')

/** A whole page around what matters to a test. */
export const pageOf = (body: string, head = '') => `<!doctype html>
<html lang="en">
  <head><meta charset="utf-8"><title>A stranger’s page</title>${head}</head>
  <body>${body}</body>
</html>`
