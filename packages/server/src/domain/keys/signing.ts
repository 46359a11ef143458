import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import type { JWK } from 'jose'
import type { Kysely } from 'kysely'
import type { Database } from '../../db/database.js'
import type { Tables } from '../../db/tables.js'
import { newId } from '../ids.js'
import { lockSigningKeys } from '../locks.js'
import type { RootKey } from './secrets.js'

/** A public signing key as RFC 7517 writes it. */
export interface PublicJwk {
  kty: string
  crv: string
  x: string
  kid: string
  alg: string
  use: string
}

export interface SigningKey {
  jwk: PublicJwk
  publicKey: KeyObject
  privateKey: KeyObject
  createdAt: Date
}

/** The keys that sign and verify tokens, as the database has them. */
export interface KeyRing {
  /** The one that signs now. */
  signer(at: Date): Promise<SigningKey>
  /** The one that a token names, if it is one of ours and not retired. */
  verifier(kid: string | undefined, at: Date): Promise<KeyObject | undefined>
  /** All that verify tokens, newest first. */
  publicKeys(at: Date): Promise<PublicJwk[]>
}

/** The one algorithm that tokens are signed by. */
export const algorithm = 'EdDSA'
/** So long an instance may believe what it has read: a key that is retired elsewhere verifies no longer here. */
const freshMs = 1_000
/** A new key waits so long before it signs, so that every instance, its clock a little off, and every cache knows it by then. */
const signsAfterMs = 5_000

/** Whether a root key opens what was sealed before. Another one would be found out by the first token only. */
export async function opensSigningKeys(database: Database, rootKey: RootKey): Promise<boolean> {
  const sealed = await database.global
    .selectFrom('signing_keys')
    .select('private_wrapped')
    .where('retired_at', 'is', null)
    .execute()
  try {
    for (const { private_wrapped } of sealed) rootKey.unwrap(private_wrapped)
    return true
  } catch {
    return false
  }
}

/** Seals every signing key anew, by the root key as it is now: what a key before it sealed needs that one no longer. */
export async function resealSigningKeys(database: Database, rootKey: RootKey): Promise<void> {
  await alone(database, async (db) => {
    for (const { kid, private_wrapped } of await db.selectFrom('signing_keys').selectAll().execute()) {
      const resealed = rootKey.wrap(rootKey.unwrap(private_wrapped))
      await db.updateTable('signing_keys').set({ private_wrapped: resealed }).where('kid', '=', kid).execute()
    }
  })
}

export function createKeyRing(database: Database, rootKey: RootKey): KeyRing {
  let keys: SigningKey[] = []
  let loading: Promise<void> | undefined
  let loadedAt = 0

  async function load(at: Date): Promise<void> {
    const rows = await database.global
      .selectFrom('signing_keys')
      .select(['public_jwk', 'private_wrapped', 'created_at', 'retired_at'])
      .where((eb) => eb.or([eb('retired_at', 'is', null), eb('retired_at', '>', at)]))
      .orderBy('created_at', 'desc')
      .orderBy('kid', 'desc')
      .execute()
    keys = rows.map(({ public_jwk, private_wrapped, created_at }) => {
      const privateKey = createPrivateKey({ key: rootKey.unwrap(private_wrapped), format: 'der', type: 'pkcs8' })
      return {
        jwk: public_jwk as unknown as PublicJwk,
        privateKey,
        publicKey: createPublicKey(privateKey),
        createdAt: created_at,
      }
    })
    if (keys.length > 0) {
      loadedAt = at.getTime()
      return
    }
    await alone(database, async (db) => {
      const made = await db.selectFrom('signing_keys').select('kid').where('retired_at', 'is', null).executeTakeFirst()
      if (!made) await makeKey(db, rootKey, at)
    })
    await load(at)
  }

  /** Every live key, newest first. Who asks while they are read waits for the same read. */
  async function live(at: Date): Promise<readonly SigningKey[]> {
    if (at.getTime() - loadedAt > freshMs) {
      loading ??= load(at).finally(() => {
        loading = undefined
      })
      await loading
    }
    return keys
  }

  return {
    async signer(at) {
      const known = await live(at)
      return known.find(({ createdAt }) => at.getTime() - createdAt.getTime() >= signsAfterMs) ?? known[0]!
    },
    verifier: async (kid, at) => (await live(at)).find(({ jwk }) => jwk.kid === kid)?.publicKey,
    publicKeys: async (at) => (await live(at)).map(({ jwk }) => jwk),
  }
}

/**
 * Makes a new signing key; those before it sign no more.
 * @param overlapMs How long they still verify. 0: every token that they signed ends now.
 * @returns The new key's id.
 */
export function rotateSigningKey(database: Database, rootKey: RootKey, overlapMs: number, at: Date): Promise<string> {
  return alone(database, async (db) => {
    const end = new Date(at.getTime() + overlapMs)
    await db
      .updateTable('signing_keys')
      .set({ retired_at: end })
      .where((eb) => eb.or([eb('retired_at', 'is', null), eb('retired_at', '>', end)]))
      .execute()
    return makeKey(db, rootKey, at)
  })
}

async function makeKey(db: Kysely<Tables>, rootKey: RootKey, at: Date): Promise<string> {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const { kty, crv, x } = publicKey.export({ format: 'jwk' }) as Required<Pick<JWK, 'kty' | 'crv' | 'x'>>
  const jwk: PublicJwk = { kty, crv, x, kid: newId(at.getTime()), alg: algorithm, use: 'sig' }
  await db
    .insertInto('signing_keys')
    .values({
      kid: jwk.kid,
      public_jwk: JSON.stringify(jwk),
      private_wrapped: rootKey.wrap(privateKey.export({ format: 'der', type: 'pkcs8' })),
      created_at: at,
    })
    .execute()
  return jwk.kid
}

/** One instance at a time: two that start together make one first key. */
function alone<T>(database: Database, work: (db: Kysely<Tables>) => Promise<T>): Promise<T> {
  return database.global.transaction().execute(async (db) => {
    await lockSigningKeys(db)
    return work(db)
  })
}
