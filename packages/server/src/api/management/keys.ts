import { type BodyOf, managementFamily, type Permission, type RouteKey } from '@rai/contract'
import { Failure } from '../../domain/failure.js'
import {
  changeKey,
  createKey,
  type Key,
  keyById,
  listKeys,
  type NewKey,
  revokeKey,
  rotateKey,
} from '../../domain/keys/keys.js'
import type { Handlers } from '../../http/context.js'
import { pageByNumber } from '../../http/page.js'

const kinds = managementFamily.keyKinds

export const keys: Handlers<Extract<RouteKey, `${string} /v1/keys${string}`>> = {
  'GET /v1/keys': async (context) => {
    const keys = await pageByNumber(context, (page) => listKeys(context.tx, page))
    return keys.map((key) => showKey(key, context.now))
  },

  'POST /v1/keys': async ({ tx, body, now }) => {
    const { id, key } = await createKey(tx, newKey(body, now), now)
    return { ...showKey(await keyById(tx, id), now), key, keyState: 'shown' }
  },

  'GET /v1/keys/{keyId}': async ({ tx, params, now }) => showKey(await keyById(tx, params.keyId), now),

  'PATCH /v1/keys/{keyId}': async ({ tx, params, body, now }) =>
    showKey(await changeKey(tx, params.keyId, { ...body, expiresAt: endOf(body, now) }), now),

  'POST /v1/keys/{keyId}/rotate': async ({ tx, params, body, now }) => {
    const { key, secret } = await rotateKey(tx, params.keyId, body.overlapSeconds * 1000, now)
    return { ...showKey(key, now), key: secret, keyState: 'shown' }
  },

  'DELETE /v1/keys/{keyId}': async ({ tx, params, now }) => {
    const { id, kind } = await keyById(tx, params.keyId)
    if (kind === 'system') {
      throw new Failure('conflict', 'Nobody could make keys without it. Rotate it with overlapSeconds 0 instead.')
    }
    await revokeKey(tx, id, now)
    return { _id: id }
  },
}

function newKey(body: BodyOf<'POST /v1/keys'>, now: Date): NewKey {
  const { kind, expiresAt: _expiresAt, ...fields } = body
  return { ...fields, kind: kinds[kind], expiresAt: endOf(body, now) ?? undefined }
}

/** @throws Failure `invalid_request` for an end that is over: revoking says what is meant. */
function endOf({ expiresAt }: { expiresAt?: string | null | undefined }, now: Date): Date | null | undefined {
  // Null says never, undefined says nothing.
  if (expiresAt == null) return expiresAt
  const end = new Date(expiresAt)
  if (end > now) return end
  const details = [{ path: 'expiresAt', message: 'must lie in the future' }]
  throw new Failure('invalid_request', 'A key cannot have ended before now.', details)
}

const kindOf = (kind: Key['kind']) =>
  (Object.keys(kinds) as (keyof typeof kinds)[]).find((name) => kinds[name] === kind)!
const time = (at: Date | null): string | null => at?.toISOString() ?? null

function showKey(key: Key, now: Date) {
  const isOver = key.expires_at !== null && key.expires_at <= now
  const isOverlapping = key.previous_until !== null && key.previous_until > now
  return {
    _id: key.id,
    kind: kindOf(key.kind),
    name: key.name,
    permissions: key.permissions as Permission[],
    origins: key.origins,
    testMode: key.test_mode,
    identifiers: key.identifiers,
    createMember: key.create_member,
    accessId: key.access_id,
    hint: key.hint,
    state: key.revoked_at ? ('revoked' as const) : isOver ? ('expired' as const) : ('live' as const),
    expiresAt: time(key.expires_at),
    lastUsedAt: time(key.last_used_at),
    previous: isOverlapping
      ? { hint: key.previous_hint!, endsAt: key.previous_until!.toISOString(), lastUsedAt: time(key.previous_used_at) }
      : null,
    createdAt: key.created_at.toISOString(),
    revokedAt: time(key.revoked_at),
    __v: key.revision,
  }
}
