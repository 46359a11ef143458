import {
  bodyLimits,
  families as contract,
  type ErrorCode,
  errors,
  Hint,
  isWrite,
  type Method,
  type Principal,
  pictureLimit,
  type Route,
  type RouteKey,
  type SubscribableEvent,
  subscribableEvents,
  webhookPayloads,
} from '@rai/contract'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { createDocument, type ZodOpenApiOperationObject, type ZodOpenApiResponsesObject } from 'zod-openapi'
import { family as application } from '../api/application/family.js'
import { family as embed } from '../api/embed/family.js'
import { family as hooks } from '../api/hooks/family.js'
import { family as integration } from '../api/integration/family.js'
import { family as management } from '../api/management/family.js'
import { family as platform } from '../api/platform/family.js'
import { family as secureAuth } from '../api/secure-auth/family.js'
import { family as system } from '../api/system/family.js'
import { family as user } from '../api/user/family.js'
import { family as widget } from '../api/widget/family.js'
import type { Config } from '../config.js'
import { Failure } from '../domain/failure.js'
import type { Family } from '../http/family.js'
import { uploadLimits } from '../http/upload.js'
import { bodyExamples, bodyExamplesByKind, csvExample, exampleOf, type Schema } from './examples.js'
import { introduction, whoMayCall } from './introduction.js'

/** Every family as it speaks, in the order of the reference. */
export const families: readonly Family[] = [
  widget,
  embed,
  application,
  integration,
  user,
  management,
  system,
  secureAuth,
  hooks,
  platform,
]

/** How each principal shows who it is. Visitors and hooks do by the path, widget access keys in the body. */
const schemesOf: Record<Principal, readonly string[]> = {
  anyone: [],
  visitor: [],
  member: ['embedToken'],
  communityKey: ['communityKey'],
  systemKey: ['systemKey', 'systemKeyHeader'],
  userKey: ['userKey'],
  widgetAccessKey: [],
  hook: [],
  login: ['accessToken'],
  loginMember: ['accessToken'],
  owner: ['accessToken'],
}

const securitySchemes = {
  embedToken: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description: 'A member’s embed token, minted by the site’s own server and verified as RFC8725 advises',
  },
  communityKey: { type: 'http', scheme: 'bearer', description: '`rai_sk_…` with the operation’s permission' },
  systemKey: { type: 'http', scheme: 'bearer', description: '`rai_sys_…`: every permission' },
  userKey: { type: 'http', scheme: 'bearer', description: '`rai_uk_…` of a member, with the operation’s permission' },
  accessToken: { type: 'http', scheme: 'bearer', description: '`rai_at_…` of a login' },
  systemKeyHeader: { type: 'apiKey', in: 'header', name: 'X-API-Key', description: 'The system key, as documented' },
} as const

const answerHeaders = {
  'X-Request-Id': { description: 'Names this request in our log', schema: { type: 'string', maxLength: 64 } },
  'RateLimit-Policy': { description: 'The limits that were counted', schema: { type: 'string', maxLength: 1000 } },
  RateLimit: { description: 'What is left of them', schema: { type: 'string', maxLength: 1000 } },
} as const
const headerRefs = Object.fromEntries(
  Object.keys(answerHeaders).map((name) => [name, { $ref: `#/components/headers/${name}` }]),
)

const idempotencyKey = z
  .string()
  .min(1)
  .max(255)
  .meta({ description: 'Repeats with the same key and body have no second effect, for 24 hours' })

const made = new Map<string, object>()

/** The whole API as an OpenAPI 3.1 document, made from the contract that also validates. */
export function openapi(publicUrl: string): object {
  const before = made.get(publicUrl)
  if (before) return before
  const paths: Record<string, Record<string, ZodOpenApiOperationObject>> = {}
  for (const family of families) {
    for (const [key, route] of Object.entries<Route>(contract[family.name])) {
      const [method, path] = key.split(' ') as [string, string]
      paths[path] = { ...paths[path], [method.toLowerCase()]: operation(family, key as RouteKey, route) }
    }
  }
  const document = createDocument({
    openapi: '3.1.0',
    info: {
      title: 'Rai',
      version: '1',
      description: introduction(publicUrl),
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: publicUrl, 'x-internal': false }],
    tags: families.map(({ name, about }) => ({ name, description: about })),
    paths,
    webhooks: webhooks(),
    components: { securitySchemes, headers: answerHeaders, schemas: { Hint } },
  })
  addExamples(document)
  made.set(publicUrl, document)
  return document
}

/** What is sent to endpoints, by event. Who answers there is not us. */
function webhooks(): Record<string, { post: ZodOpenApiOperationObject }> {
  return Object.fromEntries(
    Object.entries(webhookPayloads).map(([type, schema]) => [
      type,
      {
        post: {
          operationId: operationId(`POST webhook ${type}`),
          summary: subscribableEvents[type as SubscribableEvent] ?? 'Somebody tries an endpoint',
          description: 'To endpoints that ask for it (`POST /v1/webhooks`), signed as Standard Webhooks sign.',
          tags: ['management'],
          security: [],
          requestParams: { header: signature },
          requestBody: { required: true, content: { 'application/json': { schema } } },
          responses: {
            '2XX': { description: 'It has arrived' },
            410: { description: 'Nothing is to be sent there any more' },
            429: { description: 'To be sent again later: `Retry-After` says when' },
          },
        },
      },
    ]),
  )
}

const signature = z.object({
  'webhook-id': z.string().max(64).meta({ description: 'The event: the same on every copy' }),
  'webhook-timestamp': z.string().max(20).meta({ description: 'When it was sent, in seconds since 1970' }),
  'webhook-signature': z.string().max(500).meta({ description: 'One for each secret that is good, by spaces' }),
})

/** Gives an example to each answer. Refusals have theirs. */
function addExamples({ paths, components }: ReturnType<typeof createDocument>): void {
  const schemas = components?.schemas as Record<string, Schema>
  const operations = Object.values(paths ?? {}).flatMap((item) => Object.values(item) as ZodOpenApiOperationObject[])
  for (const { responses } of operations) {
    for (const { content } of Object.values(responses) as { content?: Record<string, MediaType> }[]) {
      const json = content?.['application/json']
      if (json) json.example ??= exampleOf(json.schema, schemas)
    }
  }
}

interface MediaType {
  schema: Schema
  example?: unknown
}

function operation(family: Family, key: RouteKey, route: Route): ZodOpenApiOperationObject {
  const [method] = key.split(' ') as [Method]
  const writes = isWrite(method, route)
  // The first answer is kept for whoever is known, and of which community.
  const isKnown = !route.access.principals.some((principal) => principal === 'anyone' || principal === 'login')
  const repeats = writes && family.repeatable && isKnown && route.replayed !== false
  const schemes = route.access.principals.flatMap((principal) => schemesOf[principal])
  const isOpen = route.access.principals.some((principal) => schemesOf[principal].length === 0)
  return {
    operationId: operationId(key),
    // Summaries are plain text.
    summary: route.summary.replaceAll('`', ''),
    description: [whoMayCall(route.access), route.description].filter(Boolean).join('\n\n'),
    tags: [family.name],
    security: [...(isOpen ? [{}] : []), ...schemes.map((scheme) => ({ [scheme]: [] }))],
    'x-rai-access': route.access,
    requestParams: {
      ...(route.params && { path: route.params }),
      ...(route.query && { query: route.query }),
      ...(repeats && {
        header: z.object({
          'Idempotency-Key': route.needsIdempotencyKey ? idempotencyKey : idempotencyKey.optional(),
        }),
      }),
    },
    ...(route.body && { requestBody: { required: true, ...requestBody(key, route) } }),
    responses: {
      [route.status ?? 200]: { description: 'Success', headers: headerRefs, content: answerContent(family, route) },
      ...(family.cacheable && !writes && route.answer && { 304: { description: 'Not changed since that ETag' } }),
      ...refusals(family, route, repeats),
    } as ZodOpenApiResponsesObject,
  }
}

/**
 * Refuses to send what no reader of the document could expect: an operation's answer with a status that it does not name. What is
 * refused before an operation is known (another method, an unreadable path, the origin of files) is no answer of it.
 */
export const holdToDocument =
  ({ publicUrl, filesUrl }: Pick<Config, 'publicUrl' | 'filesUrl'>) =>
  async ({ method, host, routeOptions: { url } }: FastifyRequest, reply: FastifyReply): Promise<void> => {
    if (filesUrl !== publicUrl && host === new URL(filesUrl).host) return
    const { paths } = openapi(publicUrl) as { paths: Record<string, Record<string, { responses: object }>> }
    const { statusCode } = reply
    const operation = paths[(url ?? '').replace(/:(\w+)/g, '{$1}')]?.[method === 'HEAD' ? 'get' : method.toLowerCase()]
    if (!operation || statusCode in operation.responses) return
    // Of an error that follows another the status would stay that one's.
    reply.code(500)
    throw new TypeError(`${method} ${url} answers ${statusCode}, which its document does not name`)
  }

/** `GET /v1/leaderboards/{leaderboardId}` → `getV1LeaderboardsLeaderboardId`. */
const operationId = (key: string): string =>
  key
    .replace(/^\w+/, (method) => method.toLowerCase())
    .replace(/[^a-zA-Z0-9]+(\w)?/g, (_, next = '') => next.toUpperCase())

function requestBody(key: RouteKey, route: Route) {
  const kinds = bodyExamplesByKind[key]
  const examples = kinds
    ? { examples: Object.fromEntries(Object.entries(kinds).map(([kind, value]) => [kind, { value }])) }
    : { example: bodyExamples[key] }
  const json = { 'application/json': { schema: route.body!, ...examples } }
  const description = `At most ${(route.bodyLimit ?? bodyLimits.usual) / 1024} KB`
  const form = (fields: z.ZodRawShape) => ({
    'multipart/form-data': { schema: (route.body as z.ZodObject).extend(fields) },
  })
  if (route.file) {
    const file = z
      .file()
      .max(uploadLimits.fileSize)
      .meta({ description: 'The CSV file, and the last field: one after it is refused' })
    return { content: form({ [route.file]: file }) }
  }
  if (!route.pictures) return { description, content: json }
  const picture = z
    .file()
    .max(pictureLimit)
    .meta({ description: `JPEG, PNG, GIF, WebP or AVIF, at most ${pictureLimit / 1_000_000} MB` })
  const pictures = Object.fromEntries(route.pictures.map((name) => [name, picture.optional()]))
  return { description, content: { ...json, ...form(pictures) } }
}

function answerContent(family: Family, route: Route) {
  if (route.answer) return { 'application/json': { schema: family.envelope.successSchema(route, route.answer) } }
  if (route.media === 'text/event-stream') {
    const hint = { contentMediaType: 'application/json', contentSchema: { $ref: '#/components/schemas/Hint' } }
    return { [route.media]: { schema: { type: 'string', description: 'The `data` of each event', ...hint } as const } }
  }
  const example = route.media === 'text/csv' ? { example: csvExample } : {}
  return { [route.media!]: { schema: { type: route.media === 'application/json' ? 'object' : 'string' }, ...example } }
}

/** Which refusals an operation can give follows from what it takes. */
function refusals(family: Family, route: Route, repeats: boolean) {
  const needsKey = !route.access.principals.includes('anyone')
  const codes: ErrorCode[] = [
    ...(route.params || route.query || route.body ? (['invalid_request'] as const) : []),
    ...(needsKey ? (['unauthorized'] as const) : []),
    // Of whoever asks: a secret that a browser shows is refused where nobody need show any.
    'forbidden',
    ...(route.params || needsKey ? (['not_found'] as const) : []),
    ...(repeats ? (['conflict', 'idempotency_mismatch'] as const) : []),
    ...(route.body ? (['request_timeout', 'too_large', 'unsupported_media_type'] as const) : []),
    ...(route.refuses ?? []),
    'rate_limited',
    'internal',
    'unavailable',
  ]
  const { refusalMedia, refusalSchema } = family.envelope
  const waits = {
    'Retry-After': { description: 'Seconds to wait', schema: { type: 'integer', minimum: 1, maximum: 86_400 } },
  }
  return Object.fromEntries(
    codes.map((code) => {
      const { status, message } = errors[code]
      const example = family.envelope.refusal(new Failure(code), '01a219d9-e6c8-7c47-80e9-12da9ed780a9')
      const headers = { ...headerRefs, ...((status === 429 || status === 503) && waits) }
      return [
        status,
        { description: message, headers, content: { [refusalMedia]: { schema: refusalSchema, example } } },
      ]
    }),
  )
}
