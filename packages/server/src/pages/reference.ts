import { createReadStream } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { FastifyInstance, FastifyReply } from 'fastify'

/** Swagger UI from our own disk. It styles itself by attributes, and draws its icons from data. */
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>Rai API reference</title>
<link rel="stylesheet" href="/reference/swagger-ui.css">
<link rel="icon" type="image/png" href="/reference/favicon-32x32.png">
</head>
<body>
<div id="reference"></div>
<script src="/reference/swagger-ui-bundle.js"></script>
<script src="/reference/start.js"></script>
</body>
</html>
`

/** Nothing can be sent from the page, and no key typed into it: most operations want keys that no browser should see. */
const script = `const dark = matchMedia('(prefers-color-scheme: dark)')
const follow = () => document.documentElement.classList.toggle('dark-mode', dark.matches)
dark.addEventListener('change', follow)
follow()
SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#reference',
  deepLinking: true,
  supportedSubmitMethods: [],
  validatorUrl: null,
  plugins: [{ wrapComponents: { authorizeBtn: () => () => null, authorizeOperationBtn: () => () => null } }],
})
`

const files = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
  'favicon-32x32.png': 'image/png',
}

/** The API reference: `/openapi.json`, readable. */
export function mountReference(app: FastifyInstance): void {
  const folder = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'))
  const send = (reply: FastifyReply, type: string, body: unknown) =>
    reply.header('Content-Security-Policy', policy).header('Cache-Control', 'no-cache').type(type).send(body)
  app.get('/', (_request, reply) => reply.redirect('/reference'))
  app.get('/reference', (_request, reply) => send(reply, 'text/html; charset=utf-8', html))
  app.get('/reference/start.js', (_request, reply) => send(reply, 'text/javascript; charset=utf-8', script))
  for (const [file, type] of Object.entries(files)) {
    app.get(`/reference/${file}`, (_request, reply) => send(reply, type, createReadStream(join(folder, file))))
  }
}
