import type { Tx } from '../db/database.js'
import { allowedTo } from '../domain/roles.js'
import type { Asker } from '../http/context.js'

/** Whether who asks may read any record: the community's keys, its owner, and whose roles make them an administrator. */
export async function readsOthers(tx: Tx, { kind, roleIds }: Asker): Promise<boolean> {
  if (kind === 'userKey') return false
  if (kind !== 'loginMember') return true
  const allowed = await allowedTo(tx, { role: 'member', role_ids: [...roleIds] })
  return allowed.server_permissions.includes('server_administrator')
}
