import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { DemoFile } from '../packages/server/src/demo.js'
import type { Letter } from '../packages/server/src/mail/transport.js'
import { escaped } from '../packages/server/src/pages/html.js'
import type { Answer } from './site.js'

/**
 * `/inbox`: what the server would have sent, newest first, while it has no mail server. Links in mails are as good as
 * passwords, so that the page is there for this machine only, by the name of this machine only.
 */
export function inbox({ siteUrl }: Pick<DemoFile, 'siteUrl'>, mailFolder: string): Answer {
  const { host, hostname } = new URL(siteUrl)
  const isHere = ['localhost', '127.0.0.1', '[::1]'].includes(hostname)

  return async ({ headers, socket }, response) => {
    const isNear = /^(::1|(::ffff:)?127\.)/.test(socket.remoteAddress ?? '')
    if (!isHere || !isNear || headers.host !== host)
      return void response.writeHead(403).end('The mails are shown on the machine of the demo only.')
    const names = (await readdir(mailFolder).catch(() => [])).filter((name) => /^[\w-]+\.json$/.test(name))
    // They are named by ids that begin with the time.
    const newest = names.sort().reverse().slice(0, 50)
    const letters = await Promise.all(
      newest.map(async (name) => JSON.parse(await readFile(join(mailFolder, name), 'utf8')) as Letter),
    )
    response.writeHead(200, {
      'Content-Type': 'text/html; charset=utf-8',
      'Cache-Control': 'no-store',
      'Content-Security-Policy': "default-src 'none'; style-src 'self'",
      'Referrer-Policy': 'no-referrer',
    })
    response.end(page(letters.map(article).join('\n')))
  }
}

const article = ({ to, subject, text }: Letter) => `<article class="card">
          <h3>${escaped(subject)}</h3>
          <p>To <bdi>${escaped(to)}</bdi></p>
          <p class="mail">${escaped(text.trim()).replace(/^https?:\S+$/gm, '<a href="$&">$&</a>')}</p>
        </article>`

const page = (articles: string) => `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width">
    <title>Mails</title>
    <link rel="stylesheet" href="/site.css">
  </head>
  <body>
    <main class="wrap">
      <div class="lead">
        <h1>Mails</h1>
        <p>What the server would have sent: it has no mail server here. With <code>SMTP_URL</code> it sends.</p>
      </div>
      <div class="stack">
        ${articles || '<p>None yet. Register by the API, or ask for a new password.</p>'}
      </div>
    </main>
  </body>
</html>
`
