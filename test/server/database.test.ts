import { sql } from 'kysely'
import { describe, expect, inject, it } from 'vitest'
import { openDatabase, type Tx } from '../../packages/server/src/db/database.js'
import { isBusy } from '../../packages/server/src/db/errors.js'
import { newId } from '../../packages/server/src/domain/ids.js'
import { heldToOrder, lockMembers, shareBoards, takeCounts } from '../../packages/server/src/domain/locks.js'
import { asSuperuser, openTestDatabase } from '../helpers/database.js'

const { database, testDatabase } = await openTestDatabase()

const counter = async (tx: Tx, name: string): Promise<number | undefined> => {
  const counters = tx.db.selectFrom('counters').select('value').where('community_id', '=', tx.communityId)
  return (await counters.where('name', '=', name).executeTakeFirst())?.value
}

async function communityWithCounters(...names: string[]): Promise<string> {
  const id = newId()
  await database.tenant(id, async (tx) => {
    await tx.db.insertInto('communities').values({ id, name: 'Counting' }).execute()
    for (const name of names) await tx.db.insertInto('counters').values({ community_id: id, name, value: 0 }).execute()
  })
  return id
}

const addOne = (tx: Tx, name: string) =>
  tx.db
    .updateTable('counters')
    .set({ value: sql`value + 1` })
    .where('community_id', '=', tx.communityId)
    .where('name', '=', name)
    .execute()

describe('a transaction', () => {
  it('commits what its work did, then runs what was to follow', async () => {
    const id = await communityWithCounters('a')
    const followed: string[] = []
    const result = await database.tenant(id, async (tx) => {
      tx.afterCommit(() => followed.push('after'))
      await addOne(tx, 'a')
      expect(followed).toEqual([])
      return 'result'
    })
    expect(result).toBe('result')
    expect(followed).toEqual(['after'])
    expect(await database.tenant(id, (tx) => counter(tx, 'a'))).toBe(1)
  })

  it('leaves nothing behind when its work fails', async () => {
    const id = await communityWithCounters('a')
    const followed: string[] = []
    const failing = database.tenant(id, async (tx) => {
      tx.afterCommit(() => followed.push('after'))
      await addOne(tx, 'a')
      throw new Error('no')
    })
    await expect(failing).rejects.toThrow('no')
    expect(followed).toEqual([])
    expect(await database.tenant(id, (tx) => counter(tx, 'a'))).toBe(0)
  })

  it('takes its locks in one order, whatever it holds already', async () => {
    const id = await communityWithCounters()
    const { tenant } = heldToOrder(database)
    await tenant(id, async (tx) => {
      await shareBoards(tx)
      await takeCounts(tx)
      await lockMembers(tx, [])
      await takeCounts(tx)
    })
    const wrong = tenant(id, async (tx) => {
      await lockMembers(tx, [])
      await takeCounts(tx)
    })
    await expect(wrong).rejects.toThrow('holds members takes counts')
  })

  it('fails when its work goes on after an error of the database', async () => {
    const id = await communityWithCounters('a')
    const swallowing = database.tenant(id, async (tx) => {
      await addOne(tx, 'a')
      await sql`select 1 / 0`.execute(tx.db).catch(() => {})
      return 'done'
    })
    await expect(swallowing).rejects.toThrow('transaction is aborted')
  })

  it('is repeated after a deadlock, and each effect stands once', async () => {
    const id = await communityWithCounters('a', 'b')
    let met!: () => void
    const both = new Promise<void>((resolve) => {
      met = resolve
    })
    let arrived = 0
    let runs = 0
    let followed = 0
    /** Takes two rows, the second only when the other transaction has taken it too. */
    const crossing = (first: string, second: string) =>
      database.tenant(id, async (tx) => {
        runs++
        tx.afterCommit(() => followed++)
        await addOne(tx, first)
        if (++arrived === 2) met()
        await both
        await addOne(tx, second)
      })
    await Promise.all([crossing('a', 'b'), crossing('b', 'a')])
    expect(runs).toBe(3)
    expect(followed).toBe(2)
    expect(await database.tenant(id, (tx) => counter(tx, 'a'))).toBe(2)
    expect(await database.tenant(id, (tx) => counter(tx, 'b'))).toBe(2)
  })

  it('whose connection breaks meanwhile fails as a passing thing, and leaves nothing', async () => {
    const id = await communityWithCounters('a')
    const broken = database.tenant(id, async (tx) => {
      await addOne(tx, 'a')
      const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(tx.db)
      await asSuperuser(testDatabase.superuserUrl, (client) =>
        client.query('select pg_terminate_backend($1::int, 10000)', [rows[0]!.pid]),
      )
      await addOne(tx, 'a')
    })
    await expect(broken).rejects.toSatisfy(isBusy)
    expect(await database.tenant(id, (tx) => counter(tx, 'a'))).toBe(0)
  })

  it('as a snapshot sees one moment and cannot write', async () => {
    const id = await communityWithCounters('a')
    const seen = await database.tenant(
      id,
      async (tx) => {
        const before = await counter(tx, 'a')
        await database.tenant(id, (other) => addOne(other, 'a'))
        return [before, await counter(tx, 'a')]
      },
      { snapshot: true },
    )
    expect(seen).toEqual([0, 0])
    await expect(database.tenant(id, (tx) => addOne(tx, 'a'), { snapshot: true })).rejects.toThrow('read-only')
  })

  it('refuses a community id that is none', async () => {
    await expect(database.tenant("' or true --", async () => 1)).rejects.toThrow(TypeError)
  })

  it('says, once committed, what work it leaves to the background', async () => {
    const id = await communityWithCounters()
    const told: unknown[] = []
    database.onWork((work, communityId) => told.push([work, communityId]))
    await database
      .tenant(id, async (tx) => {
        tx.wake('jobs')
        throw new Error('no')
      })
      .catch(() => {})
    await database.tenant(id, async (tx) => tx.wake('events'))
    expect(told).toEqual([['events', id]])
  })

  it('reads whole numbers as numbers, days as text and moments as dates', async () => {
    const { rows } = await sql`
      select 9007199254740991::bigint as big, sum(2::bigint) as sum, '2026-03-05'::date as day,
        '2026-03-05T12:00:00Z'::timestamptz as moment`.execute(database.global)
    const moment = new Date('2026-03-05T12:00:00Z')
    expect(rows[0]).toEqual({ big: Number.MAX_SAFE_INTEGER, sum: 2, day: '2026-03-05', moment })
  })
})

it('a database that is gone is a passing thing, not a fault', async () => {
  const gone = await openDatabase(testDatabase.url, () => {})
  await gone.close()
  await expect(gone.tenant(newId(), async () => {})).rejects.toMatchObject({ code: 'unavailable' })
})

describe('opening a database', () => {
  it('refuses a superuser and a role that row-level security does not bind, saying how to make another', async () => {
    await expect(openDatabase(testDatabase.superuserUrl, () => {})).rejects.toThrow(/"\w+" is a superuser.*create role/)
    await asSuperuser(inject('cluster').superuserUrl, async (client) => {
      await client.query(`create role rai_unbound login bypassrls password 'unbound'`)
      const url = Object.assign(new URL(testDatabase.url), { username: 'rai_unbound', password: 'unbound' })
      await expect(openDatabase(url.href, () => {})).rejects.toThrow('"rai_unbound" is a superuser or has BYPASSRLS')
      await client.query('drop role rai_unbound')
    })
  })

  it('says when nothing answers', async () => {
    await expect(openDatabase('postgres://rai:rai@127.0.0.1:1/rai', () => {})).rejects.toThrow(
      /does not answer: .*Check DATABASE_URL/,
    )
  })
})
