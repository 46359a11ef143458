import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import sharp from 'sharp'

/**
 * A site whose pages say of themselves what their address says: `/page?title=…&description=…&site=…&image=640x320`. One with
 * `held` comes when `/release` is asked for.
 */
export async function startLinkedPages() {
  const held: (() => void)[] = []
  const escaped = (text: string | null) => (text ?? '').replace(/[<>&"]/g, (sign) => `&#${sign.charCodeAt(0)};`)
  const server = createServer(async ({ url = '/' }, response) => {
    const { pathname, searchParams: said } = new URL(url, 'http://pages')
    response.setHeader('access-control-allow-origin', '*')
    if (pathname === '/release') {
      for (const release of held.splice(0)) release()
      return response.end()
    }
    if (pathname === '/picture') {
      const [width = 1, height = 1] = (said.get('size') ?? '').split('x').map(Number)
      const sky = { width, height, channels: 3, background: '#7aa7c7' } as const
      const hill = {
        width: Math.ceil(width / 2),
        height: Math.ceil(height / 2),
        channels: 3,
        background: '#3f6b4f',
      } as const
      const picture = sharp({ create: sky }).composite([{ input: { create: hill }, gravity: 'southeast' }])
      return response.setHeader('content-type', 'image/png').end(await picture.png().toBuffer())
    }
    if (pathname !== '/page') return response.writeHead(404).end()
    if (said.has('held')) await new Promise<void>((release) => held.push(release))
    const meta = (name: string, content: string | null) =>
      content === null ? '' : `<meta property="og:${name}" content="${escaped(content)}">`
    const size = said.get('image')
    return response
      .setHeader('content-type', 'text/html; charset=utf-8')
      .end(
        meta('title', said.get('title')) +
          meta('description', said.get('description')) +
          meta('site_name', said.get('site')) +
          meta('image', size && `/picture?size=${size}`),
      )
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const place = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    place,
    url: `http://${place}`,
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}
