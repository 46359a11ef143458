import { type AuditEntry, listAudit } from '../../domain/audit.js'
import type { Handlers } from '../../http/context.js'
import { byId, pageByCursor } from '../../http/cursor.js'

export const audit: Handlers<'GET /v1/audit'> = {
  'GET /v1/audit': ({ tx, query: { operation, from, to, ...query } }) => {
    const range = {
      operation,
      from: from === undefined ? undefined : new Date(from),
      to: to === undefined ? undefined : new Date(to),
    }
    return pageByCursor(query, {
      ...byId,
      find: (after, limit) => listAudit(tx, { ...range, after, limit }),
      show: showEntry,
    })
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
