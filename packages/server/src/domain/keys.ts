import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { keyPrefixes, Origin, type Permission } from '@rai/contract'
import type { Selectable } from 'kysely'
import type { Database, Tx } from '../db/database.js'
import type { KeyKind, Tables } from '../db/tables.js'
import { Failure } from './failure.js'
import { isId, newId } from './ids.js'

/** A credential of a community. Of its secret only the SHA-256 is known. */
export type Key = Selectable<Tables['api_keys']>

export interface NewKey {
  kind: KeyKind
  /** What operators call it. */
  name: string
  /** What a community key may do. */
  permissions?: readonly Permission[]
  /** The pages that a publishable or widget access key works on. */
  origins?: readonly string[]
  /** Pages on localhost are allowed as well. */
  testMode?: boolean
  /**
   * How a widget access key names members: each `data-…` name stands for an external id type, or for `@username`, or for
   * `@id`. Never for an e-mail: whoever can have a mailbox would be able to be the member.
   */
  identifiers?: Readonly<Record<string, string>>
  /** A widget access key with an `@username` identifier makes members that are not there yet. */
  createMember?: boolean
  expiresAt?: Date
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
} as const satisfies Record<KeyKind, string>

/** @throws Failure `invalid_request` for an origin list or an identifier that could never work. */
export async function createKey(tx: Tx, input: NewKey, at: Date): Promise<CreatedKey> {
  for (const [name, meaning] of Object.entries(input.identifiers ?? {})) {
    if (!name.startsWith('data-') || /^(@email|email)$/i.test(meaning))
      throw new Failure('invalid_request', `${name} cannot stand for ${meaning}.`)
  }
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
      created_at: at,
      expires_at: input.expiresAt ?? null,
    })
    .execute()
  return { id, key, ...(accessId && { accessId }) }
}

/**
 * From now on a publishable or widget access key works on pages of these origins.
 * @throws Failure `invalid_request` for one that could never work.
 */
export async function setOrigins(tx: Tx, id: string, origins: readonly string[]): Promise<void> {
  checkOrigins(origins)
  await tx.db
    .updateTable('api_keys')
    .set({ origins: [...origins] })
    .where('community_id', '=', tx.communityId)
    .where('id', '=', id)
    .execute()
}

function checkOrigins(origins: readonly string[]): void {
  for (const origin of origins) {
    if (!Origin.safeParse(origin).success)
      throw new Failure('invalid_request', `${origin} is not an origin such as https://example.com.`)
  }
}

/** From now on nobody gets in by that key, or by a token that it minted. */
export async function revokeKey(tx: Tx, id: string, at: Date): Promise<void> {
  const { numUpdatedRows } = await tx.db
    .updateTable('api_keys')
    .set({ revoked_at: at })
    .where('community_id', '=', tx.communityId)
    .where('id', '=', id)
    .where('revoked_at', 'is', null)
    .executeTakeFirstOrThrow()
  if (numUpdatedRows === 0n) throw new Failure('not_found', 'There is no such key, or it is revoked already.')
}

/** The key that a text is, if it is one of ours and still good. A text that cannot be one costs no query. */
export async function findKey(database: Database, text: string, at: Date): Promise<Key | undefined> {
  if (!isWellFormed(text)) return undefined
  const hash = hashOf(text)
  const key = await database.lookup(hash.toString('hex'), (db) =>
    db.selectFrom('api_keys').selectAll().where('hash', '=', hash).executeTakeFirst(),
  )
  return key && isGood(key, at) ? key : undefined
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
  return key && timingSafeEqual(key.hash, hashOf(secret)) && isGood(key, at) ? key : undefined
}

/** A key of the community by its id, if it is still good. */
export async function goodKeyById(tx: Tx, id: string, at: Date): Promise<Key | undefined> {
  const key = isId(id)
    ? await tx.db
        .selectFrom('api_keys')
        .selectAll()
        .where('community_id', '=', tx.communityId)
        .where('id', '=', id)
        .executeTakeFirst()
    : undefined
  return key && isGood(key, at) ? key : undefined
}

const isGood = (key: Key, at: Date): boolean =>
  key.revoked_at === null && (key.expires_at === null || at < key.expires_at)

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

/** Prefix and last four characters: enough for an owner to know the key, nothing for anyone else. */
export const hintOf = (key: string): string => `${prefixIn(key) ?? ''}…${key.slice(-4)}`

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const randomLength = 43
const checksumLength = 6

function base62(value: bigint, length: number): string {
  let text = ''
  for (let rest = value; text.length < length; rest /= 62n) text = alphabet[Number(rest % 62n)] + text
  return text
}

const checksum = (text: string): string => base62(BigInt(crc32(text)), checksumLength)
const hashOf = (key: string): Buffer => createHash('sha256').update(key).digest()

function newSecret(prefix: string): string {
  const text = prefix + base62(BigInt(`0x${randomBytes(32).toString('hex')}`), randomLength)
  return text + checksum(text)
}

const prefixIn = (text: string): string | undefined =>
  Object.values(keyPrefixes).find((prefix) => text.startsWith(prefix))

/** Whether a text has the form of a key, checksum included. Typing errors and made-up keys do not. */
export function isWellFormed(text: string): boolean {
  const prefix = prefixIn(text)
  const body = text.slice(0, -checksumLength)
  return (
    prefix !== undefined &&
    text.length === prefix.length + randomLength + checksumLength &&
    /^\w+$/.test(text) &&
    text.endsWith(checksum(body))
  )
}
