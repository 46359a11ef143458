import type { AnswerOf, RouteKey } from '@rai/contract'
import type { Tx } from '../../db/database.js'
import { accountOfSession } from '../../domain/accounts/accounts.js'
import {
  type Community,
  changeCommunity,
  communitiesOf,
  createCommunity,
  ownerOf,
  thisCommunity,
} from '../../domain/communities.js'
import { newId } from '../../domain/ids.js'
import { createMember, memberOfSession } from '../../domain/members/members.js'
import { forgetImages, withImages } from '../../domain/pictures/images.js'
import type { Handlers, Services } from '../../http/context.js'
import { imageUrl } from '../../pages/pictures.js'
import { withPictures } from '../pictures.js'

export const servers: Handlers<Extract<RouteKey, `${string} /api/v1/servers` | 'PUT /api/v1/servers/{serverId}'>> = {
  'POST /api/v1/servers': async ({ body, pictures, principal, once, deps, limit, now }) => {
    const account = await deps.database.accounts((tx) => accountOfSession(tx, principal.session))
    const { id: accountId, email, display_name, first_name, last_name } = account
    await limit.take('servers', accountId)
    const owner = { username: email.slice(0, email.lastIndexOf('@')), email, displayName: display_name }
    const id = newId(now.getTime())
    return withImages(deps.files, id, pictures, ({ image: imageId }, keep) =>
      deps.database.tenant(id, (tx) =>
        once(tx, '', async () => {
          tx.afterCommit(keep)
          const community = await createCommunity(tx, { name: body.name, ...(imageId && { imageId }) }, now)
          const names = { firstName: first_name, lastName: last_name }
          await createMember(tx, { ...owner, ...names, role: 'owner', accountId }, now)
          return show(tx, deps, community)
        }),
      ),
    )
  },

  'GET /api/v1/servers': async ({ principal, deps }) => {
    const { account_id: accountId, bound_to: boundTo } = principal.session
    const ids = accountId === null ? [boundTo!] : await communitiesOf(deps.database, accountId)
    const shown: Shown[] = []
    for (const id of ids) {
      const read = async (tx: Tx) =>
        (await memberOfSession(tx, principal.session))?.status === 'active'
          ? [await show(tx, deps, await thisCommunity(tx))]
          : []
      shown.push(...(await deps.database.tenant(id, read, { snapshot: true })))
    }
    return shown
  },

  'PUT /api/v1/servers/{serverId}': (context) =>
    withPictures(context, async (tx, { image }) => {
      const { body, deps, now } = context
      const imageId = image ?? body.image
      const { community, imageBefore } = await changeCommunity(tx, { name: body.name, imageId })
      if (imageId !== undefined) await forgetImages(tx, [imageBefore], now)
      return show(tx, deps, community)
    }),
}

type Shown = AnswerOf<'POST /api/v1/servers'>

async function show(tx: Tx, { config }: Services, { id, name, image_id, revision }: Community): Promise<Shown> {
  const owner = await ownerOf(tx)
  return {
    _id: id,
    id,
    name,
    image: image_id && imageUrl(config.filesUrl, id, image_id),
    owner: owner ? { id: String(owner.number) } : null,
    __v: revision,
  }
}
