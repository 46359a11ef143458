import { Kysely, PostgresDialect, sql } from 'kysely'
import { describe, expect, it } from 'vitest'
import { writeOnce } from './connection.js'
import type { Tables } from './tables.js'

/** Writes statements; runs none. */
const db = new Kysely<Tables>({
  dialect: new PostgresDialect({ pool: { connect: () => Promise.reject(new Error()), end: async () => {} } }),
})

describe('a statement that is written once', () => {
  it('has the same text for all values, each in its place', () => {
    const sum = writeOnce<{ a: number; b: number }>(({ a, b }) => sql`select ${b}::int + ${a}::int + ${b}::int`)
    const text = 'select $2::int + $1::int + $2::int'
    expect(sum(db, { a: 1, b: 2 })).toEqual({ sql: text, parameters: [1, 2] })
    expect(sum(db, { a: 3, b: 4 })).toEqual({ sql: text, parameters: [3, 4] })
  })

  it('holds no value of the first call', () => {
    const sum = writeOnce<{ a: number }>(({ a }) => sql`select ${a}::int + ${1}`)
    for (let call = 0; call < 2; call++) expect(() => sum(db, { a: 1 })).toThrow('has a name')
  })
})
