import type { AnswerOf, BadgeAction, BodyOf, RouteKey } from '@rai/contract'
import type { Tx } from '../../db/database.js'
import { type Application, applicationFor, apply, decide, listApplications } from '../../domain/badges/applications.js'
import { awardBadge, badgesOf, holdBadge, removeBadge } from '../../domain/badges/awards.js'
import {
  type Badge,
  type BadgeInput,
  createBadge,
  deleteBadge,
  listBadges,
  updateBadge,
} from '../../domain/badges/badges.js'
import { Failure } from '../../domain/failure.js'
import { type Member, memberByUserId, notDeleted } from '../../domain/members/members.js'
import { forgetImages } from '../../domain/pictures/images.js'
import { actorOf, type Context, type Handlers, type Services } from '../../http/context.js'
import { byId, pageByCursor } from '../../http/cursor.js'
import { shownImageUrl } from '../../pages/pictures.js'
import { readsOthers } from '../others.js'
import { withPictures } from '../pictures.js'

const decided =
  (state: 'approved' | 'rejected') =>
  async ({ tx, params, principal, deps, now }: Decision): Promise<ShownApplication> => {
    const { application, proof } = await decide(tx, params.applicationId, state, now, actorOf(principal))
    await forgetImages(tx, [proof], now)
    return showApplication(deps, application)
  }

export const badges: Handlers<
  Extract<RouteKey, `${string} /api/v1/badge${string}` | 'GET /api/v1/users/{userId}/badges'>
> = {
  'GET /api/v1/badges': async ({ tx, deps }) => (await listBadges(tx)).map((badge) => show(deps, badge)),

  'POST /api/v1/badges': (context) =>
    withPictures(context, async (tx, images) => {
      const { body, deps, now } = context
      return show(deps, await createBadge(tx, { ...inputOf(body), ...images, title: body.title }, now))
    }),

  'PUT /api/v1/badges/{badgeId}': (context) =>
    withPictures(context, async (tx, images) => {
      const { body, params, deps, now } = context
      const { before, badge } = await updateBadge(tx, params.badgeId, { ...inputOf(body), ...images }, now)
      const shown = imagesOf(badge)
      const gone = imagesOf(before).filter((id) => !shown.includes(id))
      await forgetImages(tx, gone, now)
      return show(deps, badge)
    }),

  'DELETE /api/v1/badges/{badgeId}': async ({ tx, params, now }) => {
    await forgetImages(tx, imagesOf(await deleteBadge(tx, params.badgeId, now)), now)
    return { id: params.badgeId }
  },

  'POST /api/v1/badges/{badgeId}/award': async ({ tx, params, body, principal, note, deps, now }) => {
    const badge = await holdBadge(tx, params.badgeId)
    if (!badge.awarded) throw new Failure('conflict', 'This badge is not given by hand.')
    const member = await memberByUserId(tx, body.userId)
    await awardBadge(tx, badge, member.id, now, actorOf(principal))
    note.objects = { userId: member.id }
    return showBadgesOf(tx, deps, member)
  },

  'POST /api/v1/badges/{badgeId}/remove': async ({ tx, params, body, note, deps, now }) => {
    const badge = await holdBadge(tx, params.badgeId)
    const member = await memberByUserId(tx, body.userId)
    await removeBadge(tx, badge, member.id, now)
    note.objects = { userId: member.id }
    return showBadgesOf(tx, deps, member)
  },

  'GET /api/v1/users/{userId}/badges': async ({ tx, params, principal, deps }) => {
    const found = await memberByUserId(tx, params.userId)
    const isShown = found.status === 'active' && found.visibility === 'public'
    const mayRead = isShown || found.id === principal.memberId || (await readsOthers(tx, principal))
    return showBadgesOf(tx, deps, notDeleted(mayRead ? found : undefined))
  },

  'POST /api/v1/badges/{badgeId}/application': (context) =>
    withPictures(context, async (tx, { attachment = null }) => {
      const { body, params, principal, deps, now } = context
      const badge = await holdBadge(tx, params.badgeId)
      const proof = { note: body.note ?? '', attachmentId: attachment }
      return showApplication(deps, await apply(tx, badge, principal.memberId!, proof, now))
    }),

  'GET /api/v1/badges/{badgeId}/application': async ({ tx, params, principal, deps }) =>
    showApplication(deps, await applicationFor(tx, params.badgeId, principal.memberId!)),

  'GET /api/v1/badge-applications': ({ tx, query: { state = 'waiting', badgeId, ...query }, deps }) =>
    pageByCursor(query, {
      ...byId,
      find: (after, limit) => listApplications(tx, { state, badgeId, after, limit }),
      show: (application) => showApplication(deps, application),
    }),

  'POST /api/v1/badge-applications/{applicationId}/approve': decided('approved'),
  'POST /api/v1/badge-applications/{applicationId}/reject': decided('rejected'),
}

type Shown = AnswerOf<'POST /api/v1/badges'>
type ShownApplication = AnswerOf<'GET /api/v1/badges/{badgeId}/application'>
/** What the handlers of both decisions are given. */
type Decision = Pick<
  Context<'POST /api/v1/badge-applications/{applicationId}/approve'>,
  'tx' | 'params' | 'principal' | 'deps' | 'now'
>

const inputOf = ({ action, ...body }: BodyOf<'PUT /api/v1/badges/{badgeId}'>): BadgeInput => ({
  ...body,
  metric: action && metricOf(action),
})

const metricOf = (action: BadgeAction): Badge['metric'] =>
  action === 'custom' ? null : action === 'coins' ? 'currency' : action
const actionOf = (metric: Badge['metric']): BadgeAction =>
  metric === null ? 'custom' : metric === 'currency' ? 'coins' : metric

const imagesOf = (badge: Badge) => [badge.image_id, badge.dark_image_id, badge.light_image_id]

const addressOf = ({ config }: Services, communityId: string, id: string | null) =>
  shownImageUrl(config.filesUrl, communityId, id)

const show = (deps: Services, badge: Badge): Shown => ({
  id: badge.id,
  title: badge.title,
  description: badge.description,
  action: actionOf(badge.metric),
  quantity: badge.quantity,
  image: addressOf(deps, badge.community_id, badge.image_id),
  darkImage: addressOf(deps, badge.community_id, badge.dark_image_id),
  lightImage: addressOf(deps, badge.community_id, badge.light_image_id),
  enabledDarkAndLight: badge.enabled_dark_and_light,
  applied: badge.applied,
  awarded: badge.awarded,
  award: badge.award,
  awardXpQuantity: badge.award_xp_quantity,
  awardCurrency: badge.award_currency,
  awardCurrencyQuantity: badge.award_currency_quantity,
  attachRequired: badge.attach_required,
  createdAt: badge.created_at.toISOString(),
  updatedAt: badge.updated_at.toISOString(),
  __v: badge.revision,
})

const showBadgesOf = async (tx: Tx, deps: Services, { id }: Member) =>
  (await badgesOf(tx, id)).map((badge) => ({ ...show(deps, badge), awardedAt: badge.awarded_at.toISOString() }))

const showApplication = (deps: Services, application: Application): ShownApplication => ({
  _id: application.id,
  badgeId: application.badge_id,
  userId: application.member_id,
  username: application.username,
  note: application.note,
  attachment: addressOf(deps, application.community_id, application.attachment_id),
  state: application.state,
  createdAt: application.created_at.toISOString(),
  decidedAt: application.decided_at?.toISOString() ?? null,
})
