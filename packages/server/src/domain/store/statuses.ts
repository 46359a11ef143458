import type { OrderCategory } from '@rai/contract'
import type { Selectable } from 'kysely'
import type { Tx } from '../../db/database.js'
import type { Tables } from '../../db/tables.js'
import { atMost } from '../at-most.js'
import { Failure } from '../failure.js'
import { given } from '../given.js'
import { isId, newId } from '../ids.js'
import { takeTurn } from '../locks.js'

/** What an order can be. */
export type Status = Omit<Selectable<Tables['order_statuses']>, 'community_id'>

/** Nobody looks through more of them. */
const mostStatuses = 50

/** One of each category that everybody has. They are called by it. */
export const commonStatuses: Readonly<Record<OrderCategory, Status>> = {
  incomplete: { id: 'incomplete', name: 'Incomplete', category: 'incomplete', color: '#9a6700' },
  complete: { id: 'complete', name: 'Complete', category: 'complete', color: '#1a7f37' },
  refunded: { id: 'refunded', name: 'Refunded', category: 'refunded', color: '#57606a' },
  cancelled: { id: 'cancelled', name: 'Cancelled', category: 'cancelled', color: '#cf222e' },
}

const isCommon = (id: string): id is OrderCategory => Object.hasOwn(commonStatuses, id)

/** Whether who bought something was paid back. */
export const isReturned = (category: OrderCategory): boolean => category === 'refunded' || category === 'cancelled'

const statuses = (tx: Tx) =>
  tx.db
    .selectFrom('order_statuses')
    .select(['id', 'name', 'category', 'color'])
    .where('community_id', '=', tx.communityId)

/** All that orders can be: those that everybody has first. */
export const listStatuses = async (tx: Tx): Promise<Status[]> => [
  ...Object.values(commonStatuses),
  ...(await statuses(tx).orderBy('id').execute()),
]

export async function findStatus(tx: Tx, id: string): Promise<Status | undefined> {
  if (isCommon(id)) return commonStatuses[id]
  return isId(id) ? statuses(tx).where('id', '=', id).executeTakeFirst() : undefined
}

/** @throws Failure `unknown_reference` for a status that is not here, at that path of the request. */
export async function namedStatus(tx: Tx, path: string, id: string): Promise<Status> {
  const status = await findStatus(tx, id)
  if (!status) throw new Failure('unknown_reference', 'There is no such status.', [{ path, message: 'no such status' }])
  return status
}

/** @throws Failure `conflict` where there are too many. */
export async function createStatus(tx: Tx, status: Omit<Status, 'id'>, at: Date): Promise<Status> {
  await takeTurn(tx, 'store')
  atMost(mostStatuses, (await statuses(tx).execute()).length + 1, 'A community', 'statuses')
  const id = newId(at.getTime())
  await tx.db
    .insertInto('order_statuses')
    .values({ ...status, name: status.name.trim(), community_id: tx.communityId, id })
    .execute()
  return (await findStatus(tx, id))!
}

/** @throws Failure `not_found`, also for what everybody has. */
export async function updateStatus(
  tx: Tx,
  id: string,
  { name, color }: { name?: string | undefined; color?: string | undefined },
): Promise<Status> {
  const before = await ownStatus(tx, id)
  const columns = given({ name: name?.trim(), color })
  if (Object.keys(columns).length > 0)
    await tx.db
      .updateTable('order_statuses')
      .set(columns)
      .where('community_id', '=', tx.communityId)
      .where('id', '=', id)
      .execute()
  return { ...before, ...columns }
}

/** Deletes a status. Orders go on naming it, and are shown with the one that everybody has of its category. */
export async function deleteStatus(tx: Tx, id: string): Promise<void> {
  await ownStatus(tx, id)
  await tx.db.deleteFrom('order_statuses').where('community_id', '=', tx.communityId).where('id', '=', id).execute()
}

async function ownStatus(tx: Tx, id: string): Promise<Status> {
  const status = isCommon(id) ? undefined : await findStatus(tx, id)
  if (!status) throw new Failure('not_found', 'The community has made no such status.')
  return status
}
