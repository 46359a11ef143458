import type { FastifyInstance } from 'fastify'
import { readAvatar } from '../domain/avatars.js'
import { isId } from '../domain/ids.js'
import type { Services } from '../http/context.js'

/** Where a picture is served. */
export const avatarUrl = (filesUrl: string, communityId: string, avatarId: string): string =>
  `${filesUrl}/avatars/${communityId}/${avatarId}.webp`

/** How long a page may keep a picture that is served no more: a day. */
const maxAge = 86_400

/** Serves members' pictures to every page. An address stands for one picture, as long as its member is shown. */
export function mountAvatars(app: FastifyInstance, { database }: Services): void {
  app.get<{ Params: { communityId: string; file: string } }>(
    '/avatars/:communityId/:file',
    async ({ params: { communityId, file } }, reply) => {
      const [, id] = /^(.+)\.webp$/.exec(file) ?? []
      const image =
        id !== undefined && isId(communityId)
          ? await database.tenant(communityId, (tx) => readAvatar(tx, id), { snapshot: true })
          : undefined
      if (!image) return reply.callNotFound()
      return reply
        .header('Cache-Control', `public, max-age=${maxAge}`)
        .header('Cross-Origin-Resource-Policy', 'cross-origin')
        .type('image/webp')
        .send(image)
    },
  )
}
