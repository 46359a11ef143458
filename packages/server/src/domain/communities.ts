import type { Selectable } from 'kysely'
import type { Tx } from '../db/database.js'
import type { Tables } from '../db/tables.js'
import { Failure } from './failure.js'
import { isTimeZone } from './time.js'

/** The tenant: everything that has members, boards and keys of its own. */
export type Community = Selectable<Tables['communities']>

export interface NewCommunity {
  name: string
  /** IANA name; default UTC. */
  timeZone?: string
  /** ISO day of the week on which its weeks begin; default 1, Monday. */
  weekStart?: number
  /** What it calls its units. */
  xpName?: string
  currencyName?: string
}

/** Makes the community that the transaction is already inside of: `tenant(newId(), (tx) => createCommunity(tx, …))`. */
export async function createCommunity(tx: Tx, input: NewCommunity, at: Date): Promise<Community> {
  const timeZone = input.timeZone ?? 'UTC'
  if (!isTimeZone(timeZone)) throw new Failure('invalid_request', `${timeZone} is not a time zone.`)
  return tx.db
    .insertInto('communities')
    .values({
      id: tx.communityId,
      name: input.name,
      time_zone: timeZone,
      week_start: input.weekStart ?? 1,
      xp_name: input.xpName ?? 'XP',
      currency_name: input.currencyName ?? 'Coins',
      created_at: at,
    })
    .returningAll()
    .executeTakeFirstOrThrow()
}

/** The community that the transaction is inside of. */
export async function thisCommunity(tx: Tx): Promise<Community> {
  const community = await tx.db
    .selectFrom('communities')
    .selectAll()
    .where('id', '=', tx.communityId)
    .executeTakeFirst()
  if (!community) throw new Failure('not_found')
  return community
}
