import type { AnswerOf, BodyOf, RouteKey, UserPermission } from '@rai/contract'
import type { Tx } from '../../db/database.js'
import { checkChannels } from '../../domain/channels.js'
import { Failure } from '../../domain/failure.js'
import {
  changeKey,
  createUserKey,
  deleteUserKey,
  type Key,
  type KeyChanges,
  keyById,
  listUserKeys,
} from '../../domain/keys/keys.js'
import { memberByUserId } from '../../domain/members/members.js'
import type { Asker, Context, Handlers } from '../../http/context.js'

type Keys = '/apis/v1/users/{userId}/api-keys'
type Paths = '/apis/v1/api-key' | '/apis/v1/users/apikeys' | Keys | `${Keys}/{keyId}`
type Changes = BodyOf<`PUT ${Keys}/{keyId}`>

export const keys: Handlers<Extract<RouteKey, `${string} ${Paths}`>> = {
  'GET /apis/v1/api-key': async ({ tx, principal }) => show(await keyById(tx, principal.keyId, principal.memberId)),

  'GET /apis/v1/users/{userId}/api-keys': async ({ tx, principal, params }) =>
    (await listUserKeys(tx, await ownerOf(tx, principal, params.userId))).map(show),

  'POST /apis/v1/users/{userId}/api-keys': (context) => create(context, context.params.userId),
  'POST /apis/v1/users/apikeys': (context) => create(context, context.query.userId),

  'PUT /apis/v1/users/{userId}/api-keys/{keyId}': async ({ tx, principal, params, body, now }) => {
    const memberId = await ownerOf(tx, principal, params.userId)
    const changes = await changesOf(tx, memberId, body, now)
    return show(await changeKey(tx, params.keyId, changes, memberId))
  },

  'DELETE /apis/v1/users/{userId}/api-keys/{keyId}': async ({ tx, principal, params, note }) => {
    const memberId = await ownerOf(tx, principal, params.userId)
    await deleteUserKey(tx, params.keyId, memberId)
    note.objects = { userId: memberId }
    return { _id: params.keyId }
  },
}

async function create(
  { tx, principal, body, now }: Pick<Context<`POST ${Keys}`>, 'tx' | 'principal' | 'body' | 'now'>,
  userId: string,
): Promise<AnswerOf<`POST ${Keys}`>> {
  const memberId = await ownerOf(tx, principal, userId)
  const { expiresAt, ...changes } = await changesOf(tx, memberId, body, now)
  const { name } = body
  const { id, key } = await createUserKey(tx, { ...changes, name, memberId, expiresAt: expiresAt ?? undefined }, now)
  return { ...show(await keyById(tx, id, memberId)), key, keyState: 'shown' }
}

/**
 * Whose keys they are: a login's own, and for the system key anybody's.
 * @throws Failure `not_found`, for a login in the same words whether there is somebody else.
 */
async function ownerOf(tx: Tx, { memberId }: Asker, userId: string): Promise<string> {
  const member = await memberByUserId(tx, userId)
  if (memberId !== undefined && member.id !== memberId) throw new Failure('not_found', 'There is no such member.')
  return member.id
}

async function changesOf(tx: Tx, memberId: string, body: Changes, now: Date): Promise<KeyChanges> {
  const { name, permissions, channelIds, isActive } = body
  await checkChannels(tx, 'channelIds', memberId, channelIds ?? [])
  return { name, permissions, channelIds, isActive, expiresAt: endOf(body, now) }
}

const dayMs = 86_400_000

/** Null says never, undefined says nothing. */
function endOf({ expireDate, expirePeriod }: Changes, now: Date): Date | null | undefined {
  if (!expireDate) {
    if (expirePeriod) return new Date(now.getTime() + expirePeriod * dayMs)
    return expireDate === undefined && expirePeriod === undefined ? undefined : null
  }
  const end = new Date(expireDate)
  if (end > now) return end
  const details = [{ path: 'expireDate', message: 'must lie in the future' }]
  throw new Failure('invalid_request', 'A key cannot have ended before now.', details)
}

const show = (key: Key): AnswerOf<'GET /apis/v1/api-key'> => ({
  _id: key.id,
  userId: key.member_id!,
  name: key.name,
  permissions: key.permissions as UserPermission[],
  channelIds: key.channel_ids,
  isActive: key.is_active,
  expireDate: key.expires_at?.toISOString() ?? null,
  hint: key.hint,
  lastUsedAt: key.last_used_at?.toISOString() ?? null,
  createdAt: key.created_at.toISOString(),
  __v: key.revision,
})
