import { isWrite, type Method, type Principal, type Route } from '@rai/contract'
import type { FastifyRequest } from 'fastify'
import { type Deed, writeDown } from '../domain/audit.js'
import { isId } from '../domain/ids.js'
import type { Asker, Login } from './context.js'
import type { Once } from './idempotency.js'

/** Who has rights over what is not their own. */
const operators: readonly Principal[] = ['communityKey', 'systemKey', 'owner', 'login']

/**
 * Whether what the operation does is written into the audit log: a change that nobody makes for themselves alone. A GET that
 * writes signs somebody in.
 */
export const isAudited = (method: Method, route: Route): boolean =>
  isWrite(method, route) &&
  method !== 'GET' &&
  route.access.principals.every(
    (one) => operators.includes(one) || (one === 'loginMember' && route.access.may !== undefined),
  )

/** What of a request tells which operation it asks for, and who sends it. */
export type Arrived = Pick<FastifyRequest, 'headers' | 'id' | 'method' | 'routeOptions'>

/** The request's operation as the contract calls it. */
export const operationOf = ({ method, routeOptions }: Arrived): string =>
  `${method} ${routeOptions.url!.replace(/:(\w+)/g, '{$1}')}`

/** The ids among the fields of an object, and no other value of it. */
const idsIn = (object: unknown): Record<string, string> =>
  Object.fromEntries(
    Object.entries(object ?? {}).filter(
      ([name, value]) => /^_?id$|Id$/.test(name) && typeof value === 'string' && isId(value),
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
    actor: { kind: asker.kind, id: asker.kind === 'login' ? null : (asker.memberId ?? asker.keyId) },
    objects: { ...idsIn(body), ...idsIn(query), ...idsIn(params) },
    fields: [...Object.keys(body ?? {}), ...pictures],
    requestId: request.id,
  }
}

/** Has an effect written down with itself, in its transaction; a repeat, which has none, is not. */
export const audited =
  (once: Once, deed: Deed, now: Date): Once =>
  (tx, input, effect) =>
    once(tx, input, async () => {
      const answer = await effect()
      await writeDown(tx, { ...deed, objects: { ...idsIn(answer), ...deed.objects } }, now)
      return answer
    })
