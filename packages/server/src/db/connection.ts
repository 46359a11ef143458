import { type CompiledQuery, Kysely, PostgresDialect, type PostgresPoolClient } from 'kysely'
import type pg from 'pg'
import type { Tables } from './tables.js'

/** One connection of the pool, as transactions use it. */
export interface Connection {
  db: Kysely<Tables>
  /** Sends statements at once, to run in this order; answers the rows of the last. One round trip. */
  send<R>(...statements: readonly Pick<CompiledQuery, 'sql' | 'parameters'>[]): Promise<R[]>
}

/** The statements that connections keep planned, by their text. */
const names = new Map<string, string>()

/**
 * Lets every connection plan a statement once: for hot ones, whose planning costs more than their work. Its text must be
 * the same every time and its plan good for all values: a list of unknown length had better be planned when it comes.
 */
export function planOnce<Q extends Pick<CompiledQuery, 'sql'>>(statement: Q): Q {
  if (!names.has(statement.sql)) names.set(statement.sql, `planned ${names.size}`)
  return statement
}

const connections = new WeakMap<pg.PoolClient, Connection>()

/** The connection of a client, made once for as long as the pool keeps it. */
export function connectionOf(client: pg.PoolClient): Connection {
  let connection = connections.get(client)
  if (!connection) {
    const query = (text: string, values: readonly unknown[]) =>
      client.query({ name: names.get(text), text, values: [...values] })
    // Whoever took the client from the pool gives it back.
    const held = { query, release() {} } as unknown as PostgresPoolClient
    connection = {
      db: new Kysely<Tables>({
        dialect: new PostgresDialect({ pool: { connect: async () => held, end: async () => {} } }),
      }),
      async send<R>(...statements: readonly Pick<CompiledQuery, 'sql' | 'parameters'>[]) {
        const results = await Promise.all(statements.map(({ sql, parameters }) => query(sql, parameters)))
        return (results.at(-1)?.rows ?? []) as R[]
      },
    }
    connections.set(client, connection)
  }
  return connection
}
