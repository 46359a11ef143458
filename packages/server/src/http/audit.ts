import { isWrite, type Method, type Principal, type Route } from '@rai/contract'
import type { FastifyRequest } from 'fastify'
import { type Deed, writeDown } from '../domain/audit.js'
import { isId } from '../domain/ids.js'
import { type Asker, actorOf, type Login } from './context.js'
import type { Once } from './idempotency.js'

/**
 * Whether what somebody does is written into the audit log: what changes the community, or what others are or may in it. A
 * back-end does nothing else; who signed in does it where the operation asks for the owner, or for a right.
 */
export function isAudited(method: Method, route: Route, asker: Principal): boolean {
  if (!isWrite(method, route)) return false
  if (route.audited !== undefined) return route.audited
  const { principals, may } = route.access
  if (asker === 'owner' || asker === 'loginMember') return may !== undefined || principals.includes('owner')
  return asker === 'communityKey' || asker === 'systemKey'
}

/** What a handler has an entry say that the request does not. */
export interface AuditNote {
  /** Ids; they win over those of the request. */
  objects?: Readonly<Record<string, string>>
  /** Ids of each of many things: there is an entry for each. */
  each?: readonly Readonly<Record<string, string>>[]
  /** Which it was, of an operation that does several things. */
  action?: string
  /** There is nothing to tell: what the log is for stayed as it was. */
  isNothing?: boolean
}

/** What of a request tells which operation it asks for, and who sends it. */
export type Arrived = Pick<FastifyRequest, 'headers' | 'id' | 'method' | 'routeOptions'>

/** The request's operation as the contract calls it. */
export const operationOf = ({ method, routeOptions }: Arrived): string =>
  `${method} ${routeOptions.url!.replace(/:(\w+)/g, '{$1}')}`

/** The ids among the fields of an object, and no other value of it. External ones are people's, and erased with them. */
const idsIn = (object: unknown): Record<string, string> =>
  Object.fromEntries(
    Object.entries(object ?? {}).filter(
      ([name, value]) => /^_?id$|(?<!^external)Id$/.test(name) && typeof value === 'string' && isId(value),
    ),
  )

/** What a request is about to do, as far as the request tells. */
export function deedOf(
  request: Arrived,
  asker: Asker | Login,
  parts: {
    params: object | undefined
    query: object | undefined
    body: object | undefined
    pictures: readonly string[]
  },
): Deed {
  const { params, query, body, pictures } = parts
  return {
    operation: operationOf(request),
    actor: { kind: asker.kind, id: asker.kind === 'login' ? null : actorOf(asker) },
    objects: { ...idsIn(body), ...idsIn(query), ...idsIn(params) },
    // Of many things at once, what each of them sets is no field of the whole.
    fields: [...(Array.isArray(body) ? [] : Object.keys(body ?? {})), ...pictures],
    requestId: request.id,
  }
}

/**
 * Has an effect written down with itself, in its transaction; a repeat, which has none, is not.
 * @param note Filled by the effect.
 */
export const audited =
  (once: Once, deed: Deed, note: AuditNote, now: Date): Once =>
  (tx, input, effect) =>
    once(tx, input, async () => {
      const answer = await effect()
      const objects = { ...idsIn(answer), ...deed.objects, ...note.objects }
      if (note.isNothing) return answer
      for (const each of note.each ?? [{}])
        await writeDown(tx, { ...deed, objects: { ...objects, ...each }, action: note.action }, now)
      return answer
    })
