import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import fastifyStatic from '@fastify/static'
import type { FastifyInstance, FastifyReply } from 'fastify'

/** The built loader, wherever the package manager has put the package. */
const folder = join(dirname(createRequire(import.meta.url).resolve('@rai/loader/package.json')), 'dist')

/** Scripts at a fixed address are asked for again after five minutes, those named by their content never. */
const rolling = { maxAge: '5m' }
const immutable = { maxAge: '1y', immutable: true }

/**
 * Serves the one line and the chunks it loads, to every page: `/rai.js`, `/c/…`, and the same under `/v1`; and
 * `/leaderboard.css`, for first pages that a server has drawn.
 */
export async function mountScripts(app: FastifyInstance): Promise<void> {
  await app.register(fastifyStatic, { root: folder, serve: false, preCompressed: true })
  app.get('/leaderboard.css', (_, reply) => forEveryPage(reply).sendFile('leaderboard.css', rolling))
  for (const channel of ['', '/v1']) {
    app.get(`${channel}/rai.js`, (_, reply) => forEveryPage(reply).sendFile('rai.js', rolling))
    app.get<{ Params: { name: string } }>(`${channel}/c/:name`, ({ params: { name } }, reply) =>
      // Nothing but chunks: no other file of the folder, and no compressed one by its own name.
      /^[\w-]+(\.[\w-]+)*\.js$/.test(name)
        ? forEveryPage(reply).sendFile(`c/${name}`, immutable)
        : reply.callNotFound(),
    )
  }
}

function forEveryPage(reply: FastifyReply): FastifyReply {
  return reply
    .header('Access-Control-Allow-Origin', '*')
    .header('Cross-Origin-Resource-Policy', 'cross-origin')
    .header('Vary', 'Accept-Encoding')
}
