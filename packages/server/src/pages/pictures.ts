import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Config } from '../config.js'
import { Failure } from '../domain/failure.js'
import { isId } from '../domain/ids.js'
import type { Member } from '../domain/members/members.js'
import { readAvatar } from '../domain/pictures/avatars.js'
import { readImage } from '../domain/pictures/images.js'
import type { Services } from '../http/context.js'

/** Pictures of members, and those that somebody uploaded. */
type Kind = 'avatars' | 'images'

/** Where a picture is served. An address stands for one picture, as long as it is shown. */
const pictureUrl =
  (kind: Kind) =>
  (filesUrl: string, communityId: string, id: string): string =>
    `${filesUrl}/${kind}/${communityId}/${id}.webp`
export const avatarUrl = pictureUrl('avatars')
export const imageUrl = pictureUrl('images')
/** The same of a picture that there may be; null for none. */
export const shownImageUrl = (filesUrl: string, communityId: string, id: string | null): string | null =>
  id && imageUrl(filesUrl, communityId, id)

/** The same of a member; null for none. One is served to nobody while its member is hidden: not named to them either. */
export const shownAvatarUrl = (
  filesUrl: string,
  { community_id: communityId, avatar_id: id, visibility }: Pick<Member, 'community_id' | 'avatar_id' | 'visibility'>,
): string | null => (id && visibility === 'public' ? avatarUrl(filesUrl, communityId, id) : null)

/** How long a page may keep a picture that is served no more: a day. */
const maxAge = 86_400

/** Serves pictures to every page. To be shown in one, and nothing else: opened by itself one is a download. */
export function mountPictures(app: FastifyInstance, { database, files }: Services): void {
  const reads: Record<Kind, (communityId: string, id: string) => Promise<Buffer | undefined>> = {
    avatars: (communityId, id) => database.tenant(communityId, (tx) => readAvatar(tx, id), { snapshot: true }),
    images: (communityId, id) => readImage(files, communityId, id),
  }
  for (const [kind, read] of Object.entries(reads))
    app.get<{ Params: { communityId: string; file: string } }>(
      `/${kind}/:communityId/:file`,
      async ({ params: { communityId, file } }, reply) => {
        const [, id = ''] = /^(.+)\.webp$/.exec(file) ?? []
        const picture = isId(communityId) && isId(id) ? await read(communityId, id) : undefined
        if (!picture) return reply.callNotFound()
        return reply
          .header('Cache-Control', `public, max-age=${maxAge}`)
          .header('Content-Disposition', 'attachment')
          .header('Content-Security-Policy', "default-src 'none'; frame-ancestors 'none'; sandbox")
          .header('Cross-Origin-Resource-Policy', 'cross-origin')
          .type('image/webp')
          .send(picture)
      },
    )
}

/** What comes from the files' own origin, where there is one: pictures and files, and no page or operation beside them. */
export function filesAlone({ filesUrl, publicUrl }: Config) {
  const { host } = new URL(filesUrl)
  const isShared = host === new URL(publicUrl).host
  return async ({ host: asked, url }: FastifyRequest): Promise<void> => {
    if (!isShared && asked === host && !/^\/(images|avatars|attachments)\//.test(url)) throw new Failure('not_found')
  }
}
