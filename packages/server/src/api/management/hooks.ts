import type { AnswerOf, RouteKey } from '@rai/contract'
import type { Tx } from '../../db/database.js'
import { type LoggedCall, listCalls } from '../../domain/hooks/calls.js'
import {
  createHook,
  deleteHook,
  type Hook,
  hookById,
  listHooks,
  type NewHookSecrets,
  rotateHook,
  updateHook,
} from '../../domain/hooks/hooks.js'
import { previousEnds } from '../../domain/webhooks/secrets.js'
import type { Handlers, Services } from '../../http/context.js'
import { byId, pageByCursor } from '../../http/cursor.js'

type Keys = Extract<RouteKey, `${string} /v1/hooks${string}`>

export const hooks: Handlers<Keys> = {
  'GET /v1/hooks': async ({ tx, now }) => showHooks(tx, await listHooks(tx), now),

  'POST /v1/hooks': async ({ tx, body, deps, now }) =>
    showSecrets(tx, deps, await createHook(tx, deps.rootKey, body, now), now),

  'GET /v1/hooks/{hookId}': async ({ tx, params, now }) => showHook(tx, await hookById(tx, params.hookId), now),

  'PATCH /v1/hooks/{hookId}': async ({ tx, params, body, deps, now }) =>
    showSecrets(tx, deps, await updateHook(tx, deps.rootKey, params.hookId, body, now), now),

  'DELETE /v1/hooks/{hookId}': async ({ tx, params }) => {
    await deleteHook(tx, params.hookId)
    return { _id: params.hookId }
  },

  'POST /v1/hooks/{hookId}/rotate': async ({ tx, params, body, deps, note, now }) => {
    note.action = body.secret
    return showSecrets(tx, deps, await rotateHook(tx, deps.rootKey, params.hookId, body.secret, now), now)
  },

  'GET /v1/hooks/{hookId}/calls': ({ tx, params, query: { outcome, ...query } }) =>
    pageByCursor(query, {
      ...byId,
      find: (after, limit) => listCalls(tx, params.hookId, { outcome, after, limit }),
      show: showCall,
    }),
}

type ShownHook = AnswerOf<'GET /v1/hooks/{hookId}'>

async function showHooks(tx: Tx, hooks: readonly Hook[], at: Date): Promise<ShownHook[]> {
  const ends = await previousEnds(
    tx,
    hooks.map(({ id }) => id),
    at,
  )
  return hooks.map((hook) => ({
    _id: hook.id,
    communityID: hook.community_id,
    name: hook.name,
    description: hook.description,
    action: hook.action,
    requiresKey: hook.requires_key,
    signature: hook.signature,
    encryption: hook.encryption,
    isEnabled: hook.is_enabled,
    urlHint: hook.address_hint,
    previousSecretEndsAt: ends.get(hook.id)?.toISOString() ?? null,
    createdAt: hook.created_at.toISOString(),
    updatedAt: hook.updated_at.toISOString(),
    __v: hook.revision,
  }))
}

const showHook = async (tx: Tx, hook: Hook, at: Date): Promise<ShownHook> => (await showHooks(tx, [hook], at))[0]!

const showSecrets = async (
  tx: Tx,
  { config }: Services,
  { hook, address, key, signingSecret, encryptionKey }: NewHookSecrets,
  at: Date,
): Promise<AnswerOf<'POST /v1/hooks'>> => ({
  ...(await showHook(tx, hook, at)),
  url: address === undefined ? null : new URL(`/hooks/v1/${address}`, config.publicUrl).href,
  key: key ?? null,
  signingSecret: signingSecret ?? null,
  encryptionKey: encryptionKey ?? null,
})

const showCall = (call: LoggedCall): AnswerOf<'GET /v1/hooks/{hookId}/calls'>['items'][number] => ({
  _id: call.id,
  outcome: call.outcome,
  code: call.code,
  reason: call.reason,
  externalId: call.external_id,
  repeats: call.repeats,
  messageId: call.answer?.messageId ?? null,
  userId: call.answer?.userId ?? null,
  createdAt: call.created_at.toISOString(),
})
