import { timingSafeEqual } from 'node:crypto'
import {
  keyPrefixes,
  type managementFamily,
  mostUserKeys,
  Origin,
  type Permission,
  type UserPermission,
} from '@rai/contract'
import { type Selectable, sql, type UpdateObject } from 'kysely'
import { everyColumn, writeOnce } from '../../db/connection.js'
import type { Database, Tx } from '../../db/database.js'
import type { KeyKind, Tables } from '../../db/tables.js'
import { atMost } from '../at-most.js'
import { emit } from '../events.js'
import { Failure } from '../failure.js'
import { isId, newId } from '../ids.js'
import { awaitUsesOf, sharingKeys, takeTurn } from '../locks.js'
import { hashOf, hintOf, isWellFormed, newSecret } from './text.js'

/** A credential of a community. Of its secret only the SHA-256 is known. */
export type Key = Selectable<Tables['api_keys']>

export interface NewKey {
  kind: KeyKind
  /** What operators call it. */
  name: string
  /** What a community key or a user key may do. */
  permissions?: readonly (Permission | UserPermission)[] | undefined
  /** The pages that a publishable or widget access key works on. */
  origins?: readonly string[] | undefined
  /** Pages on localhost are allowed as well. */
  testMode?: boolean | undefined
  /** How a widget access key names members: what the value of each `data-…` name is. */
  identifiers?: Readonly<Record<string, managementFamily.IdentifierMeaning>> | undefined
  /** A widget access key with an `@username` identifier makes members that are not there yet. */
  createMember?: boolean | undefined
  /** The member whose user key it is. */
  memberId?: string | undefined
  /** The only channels that a user key is for; null for all that its owner sees. */
  channelIds?: readonly string[] | null | undefined
  /** False: it does not work until it is true again. */
  isActive?: boolean | undefined
  expiresAt?: Date | undefined
}

/** A new key. Its secret is shown this once and cannot be read again. */
export interface CreatedKey {
  id: string
  key: string
  /** The public half of a widget access key. */
  accessId?: string
}

const prefixOf = {
  publishable: keyPrefixes.publishable,
  community: keyPrefixes.community,
  system: keyPrefixes.system,
  widget_access: keyPrefixes.widgetAccessSecret,
  user: keyPrefixes.user,
} as const satisfies Record<KeyKind, string>

/** @throws Failure `invalid_request` for an origin list that could never work. */
export async function createKey(tx: Tx, input: NewKey, at: Date): Promise<CreatedKey> {
  checkOrigins(input.origins ?? [])
  const id = newId(at.getTime())
  const key = newSecret(prefixOf[input.kind])
  const accessId = input.kind === 'widget_access' ? newSecret(keyPrefixes.widgetAccessId) : null
  await tx.db
    .insertInto('api_keys')
    .values({
      community_id: tx.communityId,
      id,
      kind: input.kind,
      name: input.name,
      hash: hashOf(key),
      access_id: accessId,
      hint: hintOf(key),
      permissions: [...(input.permissions ?? [])],
      origins: [...(input.origins ?? [])],
      test_mode: input.testMode ?? false,
      identifiers: JSON.stringify(input.identifiers ?? {}),
      create_member: input.createMember ?? false,
      member_id: input.memberId ?? null,
      channel_ids: input.channelIds ? [...input.channelIds] : null,
      is_active: input.isActive ?? true,
      created_at: at,
      expires_at: input.expiresAt ?? null,
    })
    .execute()
  return { id, key, ...(accessId && { accessId }) }
}

/** What can be changed about a key that is there; what is absent stays. */
export interface KeyChanges extends Pick<NewKey, 'permissions' | 'origins' | 'testMode' | 'channelIds' | 'isActive'> {
  name?: string | undefined
  /** Null: never. */
  expiresAt?: Date | null | undefined
}

/** What each kind of key has beside its name, and its end. A system key has no end: nobody would be left to make another. */
const changeable: Record<KeyKind, readonly (keyof KeyChanges)[]> = {
  publishable: ['origins', 'testMode', 'expiresAt'],
  community: ['permissions', 'expiresAt'],
  system: [],
  widget_access: ['origins', 'testMode', 'expiresAt'],
  user: ['permissions', 'channelIds', 'isActive', 'expiresAt'],
}

/**
 * Changes a key. Streams that were opened with it end: who comes back is held to what is so now.
 * @param of The member whose key it is; null for one of the community's own.
 * @throws Failure `invalid_request` for an origin that could never work, or what such a key does not have.
 */
export async function changeKey(tx: Tx, id: string, changes: KeyChanges, of: string | null = null): Promise<Key> {
  checkOrigins(changes.origins ?? [])
  const { name, permissions, origins, testMode, channelIds, isActive, expiresAt } = changes
  const key = await updateKey(tx, id, of, {
    ...(name !== undefined && { name }),
    ...(permissions && { permissions: [...permissions] }),
    ...(origins && { origins: [...origins] }),
    ...(testMode !== undefined && { test_mode: testMode }),
    ...(channelIds !== undefined && { channel_ids: channelIds && [...channelIds] }),
    ...(isActive !== undefined && { is_active: isActive }),
    ...(expiresAt !== undefined && { expires_at: expiresAt }),
  })
  const given = (Object.keys(changes) as (keyof KeyChanges)[]).filter((field) => changes[field] !== undefined)
  const foreign = given.filter((field) => field !== 'name' && !changeable[key.kind].includes(field))
  if (foreign.length > 0) {
    const details = foreign.map((path) => ({ path, message: 'is nothing that such a key has' }))
    throw new Failure('invalid_request', `A key of this kind has no ${foreign.join(', ')}.`, details)
  }
  return key
}

/**
 * Gives a key a new secret. The one before works beside it for so long, and the one before that no longer: everything
 * else of the key stays, and so do its id and the public half of a widget access key.
 * @param overlapMs 0: the old secret ends now, and with it every token that the key has minted.
 */
export async function rotateKey(
  tx: Tx,
  id: string,
  overlapMs: number,
  at: Date,
): Promise<{ key: Key; secret: string }> {
  const { kind } = await keyById(tx, id)
  const secret = newSecret(prefixOf[kind])
  const key = await updateKey(tx, id, null, {
    previous_hash: sql`hash`,
    previous_hint: sql`hint`,
    previous_until: new Date(at.getTime() + overlapMs),
    previous_used_at: sql`last_used_at`,
    hash: hashOf(secret),
    hint: hintOf(secret),
    last_used_at: null,
    ...(overlapMs === 0 && { generation: sql`generation + 1` }),
  })
  return { key, secret }
}

function checkOrigins(origins: readonly string[]): void {
  for (const origin of origins) {
    if (!Origin.safeParse(origin).success)
      throw new Failure('invalid_request', `${origin} is not an origin such as https://example.com.`)
  }
}

/** A new system key for a community that has lost its own, or had none. The one before ends now. */
export async function renewSystemKey(tx: Tx, at: Date): Promise<string> {
  const before = await tx.db
    .selectFrom('api_keys')
    .select('id')
    .where('community_id', '=', tx.communityId)
    .where('kind', '=', 'system')
    .where('revoked_at', 'is', null)
    .executeTakeFirst()
  return before
    ? (await rotateKey(tx, before.id, 0, at)).secret
    : (await createKey(tx, { kind: 'system', name: 'System key' }, at)).key
}

/** From now on nobody gets in by that key, or by a token that it minted. */
export async function revokeKey(tx: Tx, id: string, at: Date): Promise<void> {
  await updateKey(tx, id, null, { revoked_at: at })
}

/**
 * From now on nobody gets in by that key of a member, and nothing is left of it: what it did is its owner's.
 * @throws Failure `not_found`
 */
export async function deleteUserKey(tx: Tx, id: string, memberId: string): Promise<void> {
  await awaitUsesOf(tx, id)
  await keyById(tx, id, memberId)
  await tx.db.deleteFrom('api_keys').where('community_id', '=', tx.communityId).where('id', '=', id).execute()
  await emit(tx, 'key.changed', id)
}

/** @throws Failure `not_found` for a key that is not there or revoked: that is for ever. */
async function updateKey(
  tx: Tx,
  id: string,
  of: string | null,
  changes: UpdateObject<Tables, 'api_keys'>,
): Promise<Key> {
  await awaitUsesOf(tx, id)
  const key =
    isId(id) &&
    (await tx.db
      .updateTable('api_keys')
      .set((eb) => ({ ...changes, revision: eb('revision', '+', 1) }))
      .where('community_id', '=', tx.communityId)
      .where('id', '=', id)
      .where('member_id', 'is not distinct from', of)
      .where('revoked_at', 'is', null)
      .returningAll()
      .executeTakeFirst())
  if (!key) throw new Failure('not_found', 'There is no such key, or it is revoked already.')
  await emit(tx, 'key.changed', id)
  return key
}

/** The community's own keys, newest first, revoked ones too. */
export async function listKeys(
  tx: Tx,
  { page, limit }: { page: number; limit: number },
): Promise<{ rows: Key[]; total: number }> {
  const all = tx.db.selectFrom('api_keys').where('community_id', '=', tx.communityId).where('member_id', 'is', null)
  const rows = await all
    .selectAll()
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
    .offset((page - 1) * limit)
    .execute()
  const { total } = await all.select((eb) => eb.fn.countAll<number>().as('total')).executeTakeFirstOrThrow()
  return { rows, total }
}

/** The keys that a member has made, newest first. */
export async function listUserKeys(tx: Tx, memberId: string): Promise<Key[]> {
  return tx.db
    .selectFrom('api_keys')
    .selectAll()
    .where('community_id', '=', tx.communityId)
    .where('member_id', '=', memberId)
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .execute()
}

/** @throws Failure `conflict` for a member who has as many as one may have. */
export async function createUserKey(
  tx: Tx,
  input: Omit<NewKey, 'kind'> & { memberId: string },
  at: Date,
): Promise<CreatedKey> {
  await takeTurn(tx, 'user keys', input.memberId)
  atMost(mostUserKeys, (await listUserKeys(tx, input.memberId)).length + 1, 'A member', 'keys')
  return createKey(tx, { ...input, kind: 'user' }, at)
}

/**
 * @param of As in `changeKey`.
 * @throws Failure `not_found`
 */
export async function keyById(tx: Tx, id: string, of: string | null = null): Promise<Key> {
  const key = await findKeyById(tx, id)
  if (!key || key.member_id !== of) throw new Failure('not_found', 'There is no such key.')
  return key
}

async function findKeyById(tx: Tx, id: string): Promise<Key | undefined> {
  if (!isId(id)) return undefined
  return tx.db
    .selectFrom('api_keys')
    .selectAll()
    .where('community_id', '=', tx.communityId)
    .where('id', '=', id)
    .executeTakeFirst()
}

/**
 * The key that a text is, if it is one of ours and still good. Its `expires_at` is when the text stops working. A text
 * that cannot be a key costs no query.
 */
export async function findKey(database: Database, text: string, at: Date): Promise<Key | undefined> {
  if (!isWellFormed(text)) return undefined
  const hash = hashOf(text)
  const key = await database.lookup(hash.toString('hex'), (db) =>
    db
      .selectFrom('api_keys')
      .selectAll()
      .where((eb) => eb.or([eb('hash', '=', hash), eb('previous_hash', '=', hash)]))
      .executeTakeFirst(),
  )
  return key && used(database, key, hash, at)
}

/** The widget access key with that id, if the secret is its secret and it is still good. */
export async function findAccessKey(
  database: Database,
  accessId: string,
  secret: string,
  at: Date,
): Promise<Key | undefined> {
  if (!isWellFormed(accessId) || !isWellFormed(secret)) return undefined
  const key = await database.lookup(accessId, (db) =>
    db.selectFrom('api_keys').selectAll().where('access_id', '=', accessId).executeTakeFirst(),
  )
  return key && used(database, key, hashOf(secret), at)
}

/** The key as a secret opens it now, whose use is noted. */
function used(database: Database, key: Key, hash: Buffer, at: Date): Key | undefined {
  const opened = open(key, hash, at)
  // Nobody waits for it, and when it fails the next use is noted.
  if (opened) noteUse(database, key, key.hash.equals(hash) ? 'last_used_at' : 'previous_used_at', at).catch(() => {})
  return opened
}

/** The key as one of its two secrets opens it, if that one is still good: its `hash` and its end are that secret's. */
function open(key: Key, hash: Buffer, at: Date): Key | undefined {
  const isCurrent = timingSafeEqual(key.hash, hash)
  if (!isCurrent && !(key.previous_hash && timingSafeEqual(key.previous_hash, hash))) return undefined
  const opened = isCurrent ? key : { ...key, hash, expires_at: earliest(key.expires_at, key.previous_until) }
  return isGood(opened, at) ? opened : undefined
}

/** The first of several ends; null stands for none. */
export const earliest = (...ends: readonly (Date | null)[]): Date | null =>
  ends.filter((end) => end !== null).sort((a, b) => a.getTime() - b.getTime())[0] ?? null

const noteEveryMs = 60_000

/** Writes down, once a minute, that a secret is in use. Who finds the row being written leaves it. */
async function noteUse(
  database: Database,
  { community_id, id, ...key }: Key,
  column: 'last_used_at' | 'previous_used_at',
  at: Date,
): Promise<void> {
  if (at.getTime() - (key[column]?.getTime() ?? 0) < noteEveryMs) return
  await database.tenant(community_id, ({ db }) =>
    db
      .updateTable('api_keys')
      .set({ [column]: at })
      .where('community_id', '=', community_id)
      .where('id', 'in', (eb) =>
        eb
          .selectFrom('api_keys')
          .select('id')
          .where('community_id', '=', community_id)
          .where('id', '=', id)
          .forUpdate()
          .skipLocked(),
      )
      .execute(),
  )
}

/** A key of the community by its id, if it is still good. */
export async function goodKeyById(tx: Tx, id: string, at: Date): Promise<Key | undefined> {
  const key = await findKeyById(tx, id)
  return key && isGood(key, at) ? key : undefined
}

const columns = everyColumn<Key>({
  community_id: true,
  id: true,
  kind: true,
  name: true,
  hash: true,
  access_id: true,
  hint: true,
  permissions: true,
  origins: true,
  test_mode: true,
  identifiers: true,
  create_member: true,
  created_at: true,
  expires_at: true,
  revoked_at: true,
  last_used_at: true,
  previous_hash: true,
  previous_hint: true,
  previous_until: true,
  previous_used_at: true,
  generation: true,
  revision: true,
  member_id: true,
  channel_ids: true,
  is_active: true,
})
const readKeys = writeOnce<{ communityId: string; ids: readonly string[] }>(
  ({ communityId, ids }) => sql`
    select ${columns} from api_keys where community_id = ${communityId}::uuid and id = any(${ids}::uuid[])`,
)

/**
 * Keys that were read before, as they are now. One round trip.
 * @param hold They stay so to the end of the transaction: who would revoke, rotate or change one waits until then.
 * @returns Undefined unless every one of them is good, and so is the secret that opened it.
 */
export async function stillGood(
  tx: Tx,
  keys: readonly Pick<Key, 'id' | 'hash'>[],
  at: Date,
  hold: boolean,
): Promise<Key[] | undefined> {
  const ids = keys.map(({ id }) => id)
  const now = await tx.send<Key>(
    ...(hold ? [sharingKeys(tx.db, { ids })] : []),
    readKeys(tx.db, { communityId: tx.communityId, ids }),
  )
  const good = keys.flatMap(({ id, hash }) => {
    const key = now.find((key) => key.id === id)
    return (key && open(key, hash, at)) ?? []
  })
  return good.length === keys.length ? good : undefined
}

/** Whether none of these keys was changed, revoked or rotated since it was read. */
export async function areUnchanged(tx: Tx, keys: readonly Pick<Key, 'id' | 'revision'>[]): Promise<boolean> {
  const now = await tx.db
    .selectFrom('api_keys')
    .select(['id', 'revision'])
    .where('community_id', '=', tx.communityId)
    .where(
      'id',
      'in',
      keys.map(({ id }) => id),
    )
    .execute()
  return keys.every(({ id, revision }) => now.some((key) => key.id === id && key.revision === revision))
}

const isGood = (key: Key, at: Date): boolean =>
  key.is_active && key.revoked_at === null && (key.expires_at === null || at < key.expires_at)

/** Whether a key works on the pages of an origin. Whole origins are compared: no pattern, no beginning, no end. */
export const allowsOrigin = (key: Pick<Key, 'origins' | 'test_mode'>, origin: string): boolean =>
  key.origins.includes(origin) || (key.test_mode && localOrigin.test(origin))

/**
 * The origins that a token of the key is for: the one that is wanted, or all of the key's.
 * @throws Failure `origin_not_allowed` when the key does not list it, or lists none.
 */
export function audienceOf(key: Key, wanted: string | undefined): string[] {
  if (wanted !== undefined && !allowsOrigin(key, wanted)) throw new Failure('origin_not_allowed')
  if (wanted !== undefined) return [wanted]
  if (key.origins.length === 0 && !key.test_mode) throw new Failure('origin_not_allowed', 'This key lists no origins.')
  return key.origins
}

const localOrigin = /^https?:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?$/
