import type { Writable } from 'node:stream'
import { type CompiledQuery, Kysely, PostgresDialect, type PostgresPoolClient, type RawBuilder, sql } from 'kysely'
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
 * the same every time and its plan good for all values: a list of unknown length had better be planned when it comes. It
 * names the columns that it answers: others, by a migration while the connection lives, would be refused.
 */
export function planOnce<Q extends Pick<CompiledQuery, 'sql'>>(statement: Q): Q {
  if (!names.has(statement.sql)) names.set(statement.sql, `planned ${names.size}`)
  return statement
}

/** So many texts are planned once of those that askers make; each costs memory on every connection for as long as it is open. */
const mostOfAskers = 50
const ofAskers = new Set<string>()

/** The same for a statement whose text depends on what is asked for: the first so many texts that come, which are the usual ones. */
export function planSome<Q extends Pick<CompiledQuery, 'sql'>>(statement: Q): Q {
  if (ofAskers.size < mostOfAskers) ofAskers.add(statement.sql)
  return ofAskers.has(statement.sql) ? planOnce(statement) : statement
}

/** A value in a statement, or in one that is written once the value's name. */
export type Value<T> = T | RawBuilder<unknown>

/**
 * A statement whose text is made once, for all values: for those whose making would cost more than the way to the database.
 * @param write Writes it with names in the place of values; each must be cast where it alone would not tell its type.
 */
export function writeOnce<Values extends object>(
  write: (value: { readonly [Name in keyof Values]: RawBuilder<unknown> }) => RawBuilder<unknown>,
): (db: Kysely<Tables>, values: Values) => Pick<CompiledQuery, 'sql' | 'parameters'> {
  const order: (keyof Values)[] = []
  const numbered = new Proxy({} as { [Name in keyof Values]: RawBuilder<unknown> }, {
    get(_, name) {
      const known = order.indexOf(name as keyof Values)
      return sql.raw(`$${known < 0 ? order.push(name as keyof Values) : known + 1}`)
    },
  })
  let text: string | undefined
  return (db, values) => {
    if (text === undefined) {
      const compiled = write(numbered).compile(db)
      // The next values would run with those of the first call.
      if (compiled.parameters.length > 0) throw new Error('every value of a statement that is written once has a name')
      text = planOnce(compiled).sql
    }
    return { sql: text, parameters: order.map((name) => values[name]) }
  }
}

/** The columns of a table for a statement that is planned once. The compiler lets none of them be forgotten. */
export const everyColumn = <Row>(columns: Record<keyof Row, true>): RawBuilder<unknown> =>
  sql.join(Object.keys(columns).map((name) => sql.ref(name)))

const connections = new WeakMap<pg.PoolClient, Connection>()

/** The connection of a client, made once for as long as the pool keeps it. */
export function connectionOf(client: pg.PoolClient): Connection {
  let connection = connections.get(client)
  if (!connection) {
    const { stream } = (client as unknown as { connection: { stream: Writable } }).connection
    // What is asked in one turn is written at once: a write costs as much as a small statement.
    const query = (text: string, values: readonly unknown[]) => {
      stream.cork()
      process.nextTick(() => stream.uncork())
      return client.query({ name: names.get(text), text, values: [...values] })
    }
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
