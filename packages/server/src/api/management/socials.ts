import {
  type AnswerOf,
  type NetworkAbilities,
  type RouteKey,
  type SocialAction,
  type SocialNetwork,
  socialNetworks,
} from '@rai/contract'
import { couldCall } from '../../calls/fetch.js'
import type { Tx } from '../../db/database.js'
import { Failure } from '../../domain/failure.js'
import {
  type Application,
  isConnectable,
  listNetworks,
  removeNetwork,
  setNetwork,
} from '../../domain/socials/networks.js'
import {
  createQuest,
  deleteQuest,
  listQuests,
  type Quest,
  questById,
  updateQuest,
} from '../../domain/socials/quests.js'
import { changeProgram, programOf } from '../../domain/socials/referrals.js'
import { decide, listReviews, type Review } from '../../domain/socials/reviews.js'
import { newSigningSecret } from '../../domain/socials/secret.js'
import { actorOf, type Handlers, type Services } from '../../http/context.js'
import { byId, pageByCursor } from '../../http/cursor.js'
import { redirectUrl } from '../../pages/connect.js'
import { imageUrl } from '../../pages/pictures.js'

type Keys = Extract<RouteKey, `${string} /v1/social${string}` | `${string} /v1/referral`>

export const socials: Handlers<Keys> = {
  'GET /v1/socials': async ({ tx }) => (await listQuests(tx)).map(showQuest),

  'POST /v1/socials': async ({ tx, body, deps, now }) => {
    checkEndpoint(deps, body)
    return showQuest(await createQuest(tx, body, now))
  },

  'GET /v1/socials/{questId}': async ({ tx, params }) => showQuest(await questById(tx, params.questId)),

  'PATCH /v1/socials/{questId}': async ({ tx, params, body, deps, now }) => {
    checkEndpoint(deps, body)
    return showQuest(await updateQuest(tx, params.questId, body, now))
  },

  'DELETE /v1/socials/{questId}': async ({ tx, params, now }) => {
    await deleteQuest(tx, params.questId, now)
    return { _id: params.questId }
  },

  'GET /v1/social-reviews': ({ tx, query: { state = 'waiting', questId, ...query }, deps }) =>
    pageByCursor(query, {
      ...byId,
      find: (after, limit) => listReviews(tx, { state, questId, after, limit }),
      show: (review) => showReview(deps, review),
    }),

  'POST /v1/social-reviews/{reviewId}/approve': async ({ tx, params, principal, deps, now }) =>
    showReview(deps, await decide(tx, params.reviewId, { reason: null }, now, actorOf(principal))),

  'POST /v1/social-reviews/{reviewId}/reject': async ({ tx, params, body, principal, deps, now }) =>
    showReview(deps, await decide(tx, params.reviewId, body, now, actorOf(principal))),

  'GET /v1/social-networks': ({ tx, deps }) => showNetworks(tx, deps),

  'PUT /v1/social-networks/{network}': async ({ tx, params, body, note, deps, now }) => {
    note.action = params.network
    await setNetwork(tx, deps.rootKey, params.network, body, now)
    return showNetwork(tx, deps, params.network)
  },

  'DELETE /v1/social-networks/{network}': async ({ tx, params, note, deps }) => {
    note.action = params.network
    await removeNetwork(tx, params.network)
    return showNetwork(tx, deps, params.network)
  },

  'POST /v1/social-secret': async ({ tx, deps }) => ({
    key: await newSigningSecret(tx, deps.rootKey),
    keyState: 'shown' as const,
  }),

  'GET /v1/referral': ({ tx }) => showProgram(tx),

  'PATCH /v1/referral': async ({ tx, body, now }) => {
    await changeProgram(tx, body, now)
    return showProgram(tx)
  },
}

/** @throws Failure `invalid_request` for one that no call would ever reach. */
function checkEndpoint({ config }: Services, { endpoint }: { endpoint?: string | null | undefined }): void {
  if (!endpoint || couldCall(config.callsAllow, endpoint)) return
  throw new Failure('invalid_request', 'This endpoint could not be asked.', [
    { path: 'endpoint', message: 'must be a public https address, without a port' },
  ])
}

const showQuest = (quest: Quest): AnswerOf<'GET /v1/socials/{questId}'> => ({
  _id: quest.id,
  communityID: quest.community_id,
  title: quest.title,
  network: quest.network,
  action: quest.action,
  proof: quest.proof,
  ...quest.settings,
  createdAt: quest.created_at.toISOString(),
  updatedAt: quest.updated_at.toISOString(),
  __v: quest.revision,
})

const showReview = ({ config }: Services, review: Review): AnswerOf<'POST /v1/social-reviews/{reviewId}/approve'> => ({
  _id: review.id,
  questId: review.quest_id,
  questTitle: review.title,
  userId: review.member_id,
  username: review.username,
  note: review.note,
  link: review.link,
  picture: review.picture_id && imageUrl(config.filesUrl, review.community_id, review.picture_id),
  state: review.state,
  reason: review.reason,
  createdAt: review.created_at.toISOString(),
  decidedAt: review.decided_at?.toISOString() ?? null,
})

type ShownNetwork = AnswerOf<'PUT /v1/social-networks/{network}'>

async function showNetworks(tx: Tx, { config }: Services): Promise<ShownNetwork[]> {
  const applications = new Map((await listNetworks(tx)).map((one) => [one.network as SocialNetwork, one]))
  return Object.entries<NetworkAbilities>(socialNetworks).map(([id, { name, actions }]) => {
    const network = id as SocialNetwork
    return {
      network,
      name,
      actions: Object.entries(actions).map(([action, proofs]) => ({
        action: action as SocialAction,
        proofs: [...proofs],
      })),
      isConnectable: isConnectable(network),
      credentials: showCredentials(applications.get(network)),
      redirectUrl: isConnectable(network) ? redirectUrl(config.publicUrl) : null,
    }
  })
}

const showNetwork = async (tx: Tx, deps: Services, network: SocialNetwork): Promise<ShownNetwork> =>
  (await showNetworks(tx, deps)).find((one) => one.network === network)!

const showCredentials = (application: Application | undefined) =>
  application ? { clientId: application.clientId, updatedAt: application.updatedAt.toISOString() } : null

async function showProgram(tx: Tx): Promise<AnswerOf<'GET /v1/referral'>> {
  const { page, referred, updatedAt, revision } = await programOf(tx)
  return {
    communityID: tx.communityId,
    page,
    referred,
    updatedAt: updatedAt?.toISOString() ?? null,
    __v: revision,
  }
}
