import type { FastifyInstance } from 'fastify'
import { isId } from '../domain/ids.js'
import { type Attached, sentFile, storedAs } from '../domain/messages/attachments.js'
import { readStored } from '../domain/stored.js'
import type { Services } from '../http/context.js'

/** How long a browser may keep what may be deleted meanwhile: a day. No cache that several share does. */
const maxAge = 86_400

/** What is told of a file before a message carries it. */
export const showUpload = ({ name, type, size, width, height, color }: Attached) => ({
  ...{ name, type, size },
  picture: width === null || height === null ? null : { width, height, color },
})

/** The same of one that a message carries: it has an address. */
export const showAttached = (filesUrl: string, communityId: string, file: Attached) => ({
  ...showUpload(file),
  url: `${filesUrl}/attachments/${communityId}/${file.id}`,
})

/** Serves what messages carry to whoever knows where it is: pictures to be shown in a page, and everything as a download. */
export function mountAttachments(app: FastifyInstance, { database, files }: Services): void {
  app.get<{ Params: { communityId: string; id: string } }>(
    '/attachments/:communityId/:id',
    async ({ params: { communityId, id } }, reply) => {
      const file =
        isId(communityId) && isId(id)
          ? await database.tenant(communityId, (tx) => sentFile(tx, id), { snapshot: true })
          : undefined
      const content = file && (await readStored(files, communityId, storedAs(file)))
      if (!content) return reply.callNotFound()
      return reply
        .header('Cache-Control', `private, max-age=${maxAge}`)
        .header('Content-Disposition', `attachment; ${named(file.name)}`)
        .header('Content-Security-Policy', "default-src 'none'; frame-ancestors 'none'; sandbox")
        .header('Cross-Origin-Resource-Policy', 'cross-origin')
        .type(file.type.startsWith('text/') ? `${file.type}; charset=utf-8` : file.type)
        .send(content)
    },
  )
}

/** A file's name in a header (RFC 6266): in ASCII for who knows no better, and as it is. */
function named(name: string): string {
  const plain = name.replace(/[^\x20-\x7e]|["\\%]/g, '_')
  const whole = encodeURIComponent(name).replace(/['()*!]/g, (sign) => `%${sign.charCodeAt(0).toString(16)}`)
  return `filename="${plain}"; filename*=UTF-8''${whole}`
}
