import type { ErrorCode, managementFamily } from '@rai/contract'
import type { Selectable } from 'kysely'
import type { Tx } from '../db/database.js'
import type { Tables } from '../db/tables.js'
import { firstIdAt, newId } from './ids.js'
import { tryTurn } from './locks.js'

export type AuditEntry = Selectable<Tables['audit_log']>

/** What an operator did. It names things and says nothing of what they hold. */
export interface Deed {
  /** Method and path as in the contract, or a command on the server's machine. */
  operation: string
  actor: { kind: managementFamily.AuditActor; id: string | null }
  /** Ids, by what the request and the answer call them. */
  objects?: Readonly<Record<string, string>>
  /** Which it was, of an operation that does several things. */
  action?: string | undefined
  /** The names of what was set. */
  fields?: readonly string[]
  requestId?: string
  /** Why it was not done. */
  refusal?: ErrorCode
  /** The page that asked. */
  origin?: string | undefined
}

/** Writes down what was done, in the transaction that does it. */
export async function writeDown(tx: Tx, deed: Deed, at: Date): Promise<void> {
  await tx.db
    .insertInto('audit_log')
    .values({
      community_id: tx.communityId,
      id: newId(at.getTime()),
      operation: deed.operation,
      actor_kind: deed.actor.kind,
      actor_id: deed.actor.id,
      objects: JSON.stringify(deed.objects ?? {}),
      action: deed.action ?? null,
      fields: [...(deed.fields ?? [])],
      refusal: deed.refusal ?? null,
      origin: deed.origin ?? null,
      request_id: deed.requestId ?? null,
      created_at: at,
    })
    .execute()
}

const hourMs = 60 * 60_000

/** Writes down what was refused, once an hour for each who asks: a page may be opened by everybody, and by many at once. */
export async function writeDownRefusal(tx: Tx, deed: Deed & { refusal: ErrorCode }, at: Date): Promise<void> {
  if (!(await tryTurn(tx, 'refusal', `${deed.actor.id}`))) return
  const before = await tx.db
    .selectFrom('audit_log')
    .select('id')
    .where('community_id', '=', tx.communityId)
    .where('id', '>=', firstIdAt(new Date(at.getTime() - hourMs)))
    .where('actor_id', '=', deed.actor.id)
    .where('refusal', '=', deed.refusal)
    .limit(1)
    .executeTakeFirst()
  if (!before) await writeDown(tx, deed, at)
}

export interface AuditRange {
  /** Only this one. */
  operation?: string | undefined
  from?: Date | undefined
  /** Not itself. */
  to?: Date | undefined
  /** Only what was written before this one. */
  after?: string | undefined
  limit: number
}

/** What was written down, newest first. */
export function listAudit(tx: Tx, { operation, from, to, after, limit }: AuditRange): Promise<AuditEntry[]> {
  let query = tx.db.selectFrom('audit_log').selectAll().where('community_id', '=', tx.communityId)
  if (operation !== undefined) query = query.where('operation', '=', operation)
  if (from) query = query.where('id', '>=', firstIdAt(from))
  if (to) query = query.where('id', '<', firstIdAt(to))
  if (after) query = query.where('id', '<', after)
  return query.orderBy('id', 'desc').limit(limit).execute()
}
