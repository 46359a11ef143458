import type { IncomingHttpHeaders, ServerResponse } from 'node:http'
import type {
  AnswerOf,
  BodyOf,
  ParamsOf,
  Permission,
  Principal,
  QueryOf,
  RouteKey,
  Routes,
  UserPermission,
} from '@rai/contract'
import type { Redis } from 'ioredis'
import type { Logger } from 'pino'
import type { GuardedFetch } from '../calls/fetch.js'
import type { Networks } from '../calls/networks.js'
import type { Config } from '../config.js'
import type { Database, Tx } from '../db/database.js'
import type { Passwords } from '../domain/accounts/passwords.js'
import type { findSession } from '../domain/accounts/sessions.js'
import type { Key } from '../domain/keys/keys.js'
import type { RootKey } from '../domain/keys/secrets.js'
import type { Tokens } from '../domain/keys/tokens.js'
import type { Files } from '../files/files.js'
import type { StreamHub } from '../stream/hub.js'
import type { AuditNote } from './audit.js'
import type { Once } from './idempotency.js'
import type { RequestLimit } from './limits.js'

/** What the app is built on, and handlers can use. */
export interface Services {
  config: Config
  database: Database
  rootKey: RootKey
  tokens: Tokens
  passwords: Passwords
  files: Files
  /** Calls whom operators named. */
  fetchGuarded: GuardedFetch
  networks: Networks
  hub: StreamHub
  /** What instances share, where there is one. */
  redis: Redis | null
  log: Logger
  /** What time it is. */
  clock(): Date
}

/** Who asks, and of which community: the whole of what a credential proves. */
export interface Asker {
  kind: Exclude<Principal, 'anyone' | 'login'>
  communityId: string
  keyId: string
  /** Every key that it rests on, as it was then: the one that was shown, and the one that minted the embed token. */
  keys: readonly Pick<Key, 'id' | 'hash' | 'revision'>[]
  permissions: readonly (Permission | UserPermission)[]
  /** The only channels that a user key is for; null for all that its owner sees. */
  channelIds: readonly string[] | null
  /** The member that asks: by a login, an embed token or a key of their own. */
  memberId: string | undefined
  /** When the login or the token began that the member asks by; undefined for a key. */
  begunAt: Date | undefined
  /** That member's roles beside that of everybody, where what asks is no key. */
  roleIds: readonly string[]
  /** Whether the member has come again, which is to be written down. */
  isVisit: boolean
  /** The id of the key that signed the token. */
  signedBy: string | undefined
  /** When what was shown ends: a key, a secret that was rotated, an embed token. */
  expiresAt: Date | null
  /** The page that asks; undefined for our own pages and for what is not a page. */
  origin: string | undefined
}

/** Who is written down as having done it: the member, or else the key. */
export const actorOf = ({ memberId, keyId }: Pick<Asker, 'memberId' | 'keyId'>): string => memberId ?? keyId

/** Somebody who signed in, before it is asked where. */
export interface Login {
  kind: 'login'
  session: NonNullable<Awaited<ReturnType<typeof findSession>>>
}

/**
 * The file of a multipart request. It can be read once, and fails with a refusal: `too_large` past the limit,
 * `invalid_request` when the request breaks off or goes on behind the file.
 */
export interface UploadedFile {
  name: string
  stream: AsyncIterable<Uint8Array>
}

type PrincipalsOf<K extends RouteKey> = Routes[K]['access']['principals'][number]
type IsFile<K extends RouteKey> = Routes[K] extends { file: string } ? true : false
/** The pictures that a form may carry, by field; never for an operation that takes none. */
type Pictures<K extends RouteKey> = Routes[K] extends { pictures: readonly (infer Name extends string)[] }
  ? Partial<Record<Name, Buffer>>
  : never
type IsRaw<K extends RouteKey> = Routes[K] extends { raw: true } ? true : false
type IsAnyone<K extends RouteKey> = 'anyone' extends PrincipalsOf<K> ? true : false
type IsLogin<K extends RouteKey> = 'login' extends PrincipalsOf<K> ? true : false

/** What a handler gets, after everything was checked. */
export interface Context<K extends RouteKey> {
  /**
   * The community's transaction: a snapshot for what only reads. It is committed when the handler returns. Null where no community is
   * known, for raw bodies, and for uploads: those take as long as the asker likes and open short transactions of their own.
   */
  tx: true extends IsFile<K> | IsRaw<K> | IsAnyone<K> | IsLogin<K> ? null : [Pictures<K>] extends [never] ? Tx : null
  principal: IsAnyone<K> extends true ? null : IsLogin<K> extends true ? Login : Asker
  params: ParamsOf<K>
  query: QueryOf<K>
  /** Of a raw body the bytes. */
  body: IsRaw<K> extends true ? Buffer : BodyOf<K>
  file: IsFile<K> extends true ? UploadedFile : null
  /** What the form carries, as it came. */
  pictures: Pictures<K>
  /** Aborted when the asker of an upload goes before the answer. */
  gone: IsFile<K> extends true ? AbortSignal : null
  headers: IncomingHttpHeaders
  /** Where the request comes from, as far as its sender cannot choose it. */
  network: string
  /** Counts the request for somebody, or forgets what was counted (see limits.ts). */
  limit: RequestLimit
  now: Date
  deps: Services
  /** Says more beside the answer, where the family's envelope has a place for it: `page`, `limit`, `total`. */
  meta: Record<string, number>
  /** Says more in the audit log, where the operation is written down there. */
  note: AuditNote
  /**
   * Does the effect of an upload, or of what makes a community, in its transaction: while who asks still may, once per
   * Idempotency-Key, and written down in the audit log. Other operations are wrapped already.
   */
  once: Once
}

/** What a handler gives back: the answer without its envelope, text in parts, or who takes the open connection over. */
export type ReplyOf<K extends RouteKey> = Routes[K] extends { media: 'text/event-stream' }
  ? (out: ServerResponse) => Promise<void>
  : Routes[K] extends { media: 'text/csv' }
    ? AsyncIterable<string>
    : Routes[K] extends { media: 'application/json' }
      ? object
      : AnswerOf<K>

export type Handler<K extends RouteKey> = (context: Context<K>) => Promise<ReplyOf<K>>

/** Handlers for some operations: `export const boards: Handlers<'GET /v1/leaderboards'> = { … }`. */
export type Handlers<K extends RouteKey> = { [P in K]: Handler<P> }
