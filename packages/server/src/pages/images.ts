import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Config } from '../config.js'
import { Failure } from '../domain/failure.js'
import { readImage } from '../domain/images.js'
import type { Services } from '../http/context.js'

/** Where an uploaded picture is served. */
export const imageUrl = (filesUrl: string, communityId: string, imageId: string): string =>
  `${filesUrl}/images/${communityId}/${imageId}.webp`

/** How long a page may keep a picture that is served no more: a day. */
const maxAge = 86_400

/** Serves uploaded pictures to every page. To be shown in one, and nothing else: opened by itself one is a download. */
export function mountImages(app: FastifyInstance, { files }: Services): void {
  app.get<{ Params: { communityId: string; file: string } }>(
    '/images/:communityId/:file',
    async ({ params: { communityId, file } }, reply) => {
      const [, id = ''] = /^(.+)\.webp$/.exec(file) ?? []
      const image = await readImage(files, communityId, id)
      if (!image) return reply.callNotFound()
      return reply
        .header('Cache-Control', `public, max-age=${maxAge}`)
        .header('Content-Disposition', 'attachment')
        .header('Content-Security-Policy', "default-src 'none'; frame-ancestors 'none'; sandbox")
        .header('Cross-Origin-Resource-Policy', 'cross-origin')
        .type('image/webp')
        .send(image)
    },
  )
}

/** What comes from the files' own origin, where there is one: pictures, and no page or operation beside them. */
export function filesAlone({ filesUrl, publicUrl }: Config) {
  const { host } = new URL(filesUrl)
  const isShared = host === new URL(publicUrl).host
  return async ({ host: asked, url }: FastifyRequest): Promise<void> => {
    if (!isShared && asked === host && !/^\/(images|avatars)\//.test(url)) throw new Failure('not_found')
  }
}
