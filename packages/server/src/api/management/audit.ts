import { type AuditEntry, listAudit } from '../../domain/audit.js'
import type { Handlers } from '../../http/context.js'

const defaultLimit = 20

export const audit: Handlers<'GET /v1/audit'> = {
  'GET /v1/audit': async ({ tx, query }) => {
    const { operation, from, to, cursor, limit = defaultLimit } = query
    const { entries, next } = await listAudit(tx, {
      operation,
      from: from === undefined ? undefined : new Date(from),
      to: to === undefined ? undefined : new Date(to),
      after: cursor,
      limit,
    })
    return { items: entries.map(showEntry), nextCursor: next }
  },
}

const showEntry = (entry: AuditEntry) => ({
  _id: entry.id,
  createdAt: entry.created_at.toISOString(),
  operation: entry.operation,
  actor: { kind: entry.actor_kind, _id: entry.actor_id },
  objects: entry.objects,
  action: entry.action,
  fields: entry.fields,
  refusal: entry.refusal,
  origin: entry.origin,
  requestId: entry.request_id,
})
