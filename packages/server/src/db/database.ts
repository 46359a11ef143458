import { CompiledQuery, Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import { StartFailure } from '../config.js'
import { Failure } from '../domain/failure.js'
import { isId } from '../domain/ids.js'
import { type Connection, connectionOf } from './connection.js'
import { isConflict } from './errors.js'
import { createLanes } from './lanes.js'
import type { Tables } from './tables.js'

/** A transaction that writes. */
export interface Change extends Readonly<Connection> {
  /** Runs once the transaction is committed; not at all when it is rolled back. */
  afterCommit(run: () => void): void
  /** Says, once committed, that the transaction has left work of a kind for the background. */
  wake(work: Work): void
}

/** A transaction that sees and writes one community. */
export interface Tx extends Change {
  readonly communityId: string
}

/** A transaction that sees and writes logins, and nothing of any community. */
export interface AccountsTx extends Change {
  readonly communityId?: never
}

/**
 * What transactions leave to the background: events to number, scores to fold into counts, boards to count, badges to settle,
 * deleted fields to forget, bulk jobs to run, pictures to fetch, linked pages to ask, files to remove, mails and webhooks to send, mails to hand on to those.
 */
export type Work =
  | 'events'
  | 'scores'
  | 'boards'
  | 'badges'
  | 'fields'
  | 'jobs'
  | 'avatars'
  | 'cards'
  | 'files'
  | 'mails'
  | 'notices'
  | 'webhooks'

/** Every way to the data. Which one is used decides what row-level security shows. */
export interface Database {
  /**
   * One transaction inside one community. The work may run up to four times (serialization failures and deadlocks are
   * repeated), so everything it does outside the transaction belongs in `afterCommit`.
   * @param options `snapshot`: read only, and every statement sees the same moment.
   */
  tenant<T>(communityId: string, work: (tx: Tx) => Promise<T>, options?: { snapshot?: boolean }): Promise<T>
  /**
   * Reads which communities have something to do or to tell: events, relays, jobs, boards, deltas, counts, badges,
   * deleted fields, avatars, linked pages, forgotten files, uploads that nobody sent, suspensions, idempotency keys, sealed codes, webhooks to send of all of them.
   */
  worker<T>(work: (db: Kysely<Tables>) => Promise<T>): Promise<T>
  /**
   * Reads the one credential with this SHA-256 (hex) or access id, or where an account is a member (its id without hyphens),
   * before a community is known.
   */
  lookup<T>(key: string, work: (db: Kysely<Tables>) => Promise<T>): Promise<T>
  /** One transaction on what belongs to logins: accounts, sessions, the tokens of links, mails. It may run up to four times. */
  accounts<T>(work: (tx: AccountsTx) => Promise<T>): Promise<T>
  /** What belongs to neither: signing_keys. */
  readonly global: Kysely<Tables>
  /** Who does the background work. Another instance, or this one after a restart, finds the same work by looking. */
  onWork(start: (work: Work, communityId: string) => void): void
  /** Waits for running transactions and closes the connections. */
  close(): Promise<void>
}

pg.types.setTypeParser(pg.types.builtins.INT8, Number)
pg.types.setTypeParser(pg.types.builtins.NUMERIC, Number)
pg.types.setTypeParser(pg.types.builtins.DATE, (day) => day)

/** Connections of the pool, how many of them one community may hold, and how long one waits for either. */
const connections = 10
const perCommunity = 4
const patienceMs = 10_000
const retries = 3
/** What stands for all logins where else a community does: in the line for a connection, and in the background. */
export const accountsLane = 'accounts'
const keyShape = /^\w{1,80}$/

/**
 * Connects as a role that row-level security binds.
 * @param url `postgres://role:password@host:port/database`
 * @param onLost Told when an idle connection breaks; the pool makes a new one by itself.
 * @throws StartFailure when the database does not answer, or the role could look past row-level security.
 */
export async function openDatabase(url: string, onLost: (error: Error) => void): Promise<Database> {
  const pool = new pg.Pool({
    connectionString: url,
    application_name: 'rai',
    max: connections,
    // A statement is sent without waiting for the answer of the one before it, where nobody waits for that answer.
    pipeline: true,
    connectionTimeoutMillis: patienceMs,
    statement_timeout: 60_000,
    // Shorter, so that who waits for another is told from who is slow (see errors.ts).
    lock_timeout: 50_000,
    idle_in_transaction_session_timeout: 60_000,
  })
  // Without a listener, a restart of the database would end this process. The pool listens to idle connections only; one
  // that breaks between two statements of a transaction says so again at the next statement.
  pool.on('connect', (client) => client.on('error', () => {}))
  pool.on('error', (error) => {
    if (!pool.ending) onLost(error)
  })
  const root = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) })
  try {
    await refuseUnboundRole(pool)
  } catch (error) {
    await pool.end()
    throw error
  }

  /** Runs work on a connection. Who waits too long for one, or finds the database gone, hears that it is a passing thing. */
  const connected = async <T>(work: (connection: Connection) => Promise<T>): Promise<T> => {
    const client = await pool.connect().catch(() => {
      throw new Failure('unavailable')
    })
    try {
      return await work(connectionOf(client))
    } finally {
      client.release()
    }
  }

  /**
   * `begin` and the settings travel with the first statement of the work: one round trip. Their values were checked, not
   * escaped. Where `begin` fails, that statement sees no row and may write none.
   */
  const transaction = <T>(begin: string, work: (connection: Connection) => Promise<T>): Promise<T> =>
    connected(async (connection) => {
      const begun = connection.send(CompiledQuery.raw(begin))
      // Awaited below; it may fail while the work runs.
      begun.catch(() => {})
      try {
        const result = await work(connection)
        await begun
        // A bare commit after an error that the work swallowed would roll back without a word; the select makes it fail.
        await connection.send(CompiledQuery.raw('select 1; commit'))
        return result
      } catch (error) {
        // When this fails too, the connection is gone and took the transaction with it; the first error tells more.
        await connection.send(CompiledQuery.raw('rollback')).catch(() => {})
        throw error
      }
    })

  const enter = createLanes(perCommunity, patienceMs)
  let startWork: (work: Work, communityId: string) => void = () => {}

  /** A transaction that is repeated on conflicts, in the lane of its community. */
  async function change<T>(begin: string, lane: string, work: (tx: Change) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      const committed: (() => void)[] = []
      const leave = await enter(lane)
      try {
        const result = await transaction(begin, (connection) =>
          work({
            ...connection,
            afterCommit: (run) => committed.push(run),
            wake: (kind) => committed.push(() => startWork(kind, lane)),
          }),
        )
        for (const run of committed) run()
        return result
      } catch (error) {
        if (attempt > retries || !isConflict(error)) throw error
      } finally {
        leave()
      }
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 20 * 2 ** attempt))
    }
  }

  return {
    global: root,
    onWork: (start) => {
      startWork = start
    },
    async tenant(communityId, work, { snapshot = false } = {}) {
      if (!isId(communityId)) throw new TypeError(`not a community id: ${communityId}`)
      const mode = snapshot ? ' isolation level repeatable read, read only' : ''
      const begin = `begin${mode}; set local rai.community = '${communityId}'`
      return change(begin, communityId, (tx) => work({ ...tx, communityId }))
    },
    accounts: (work) => change("begin; set local rai.scope = 'accounts'", accountsLane, work),
    worker: (work) => transaction(`begin read only; set local rai.scope = 'worker'`, ({ db }) => work(db)),
    async lookup(key, work) {
      if (!keyShape.test(key)) throw new TypeError('not a hash or an access id')
      return transaction(`begin read only; set local rai.key = '${key}'`, ({ db }) => work(db))
    },
    // Not Kysely's destroy: it leaves a pool alone that no query of its own has used.
    close: () => pool.end(),
  }
}

async function refuseUnboundRole(pool: pg.Pool): Promise<void> {
  const { rows } = await pool
    .query<{ role: string; unbound: boolean }>(
      'select rolname as role, rolsuper or rolbypassrls as unbound from pg_roles where rolname = current_user',
    )
    .catch((error: Error) => {
      throw new StartFailure(`The database does not answer: ${error.message}. Check DATABASE_URL.`)
    })
  const { role, unbound } = rows[0]!
  if (!unbound) return
  throw new StartFailure(
    `The database role "${role}" is a superuser or has BYPASSRLS, so nothing would keep communities apart. ` +
      `Make a plain role (create role rai login password '…'; create database rai owner rai;) and put it in DATABASE_URL.`,
  )
}
