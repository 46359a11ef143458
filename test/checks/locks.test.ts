import { describe, expect, it } from 'vitest'
import { locksIn } from './locks.js'

describe('the check of locks', () => {
  it.each([
    'await sql`select pg_advisory_xact_lock(1)`.execute(tx.db)',
    'await sql`select pg_try_advisory_xact_lock_shared(1)`.execute(tx.db)',
    'await sql`select from members where id = 1 for update`.execute(tx.db)',
    'await sql`select from members where id = 1 for no key update`.execute(tx.db)',
    'await sql`select from members where id = 1 for key share`.execute(tx.db)',
    'await sql`lock table members`.execute(tx.db)',
    "await rows.where('id', '=', id).forUpdate('a').executeTakeFirst()",
    'await rows.forShare().execute()',
  ])('finds %j', (source) => expect(locksIn(`const a = 1\n${source}\nconst b = 2`)).toEqual([2]))

  it.each([
    'await sql`select from members limit 1 for update skip locked`.execute(tx.db)',
    'await rows\n  .forUpdate()\n  .skipLocked()\n  .execute()',
    '// Held for update.',
    'await holdRow(tx, rows)',
  ])('lets pass %j', (source) => expect(locksIn(source)).toEqual([]))
})
