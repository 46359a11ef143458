import multipart from '@fastify/multipart'
import { bodyLimits, isWrite, type Method, type Route, type RouteKey, type RouteTable } from '@rai/contract'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Tx } from '../db/database.js'
import { Failure } from '../domain/failure.js'
import { admit } from './admit.js'
import { sendAnswer, sendCsv, sendStream } from './answer.js'
import { takeYourTime } from './arrival.js'
import { type AuditNote, audited, deedOf, isAudited } from './audit.js'
import { type Asker, actorOf, type Context, type Handlers, type Services, type UploadedFile } from './context.js'
import { askerByBody, checkAccess, checkAgain, checkCommunity, loginByHeader, sourceOf } from './credential.js'
import type { Family } from './family.js'
import { createOnce, everyTime, idempotencyKey, type Once } from './idempotency.js'
import { type Limiter, limitFor, networkOf } from './limits.js'
import { mountOtherMethods } from './methods.js'
import { readForm, readUpload, skipRest } from './upload.js'
import { checkAnswer, parsePart } from './validate.js'

/** What mounting needs besides the handlers. */
export interface Mounting {
  services: Services
  limiter: Limiter
  /** Hold every answer against the contract. */
  checkAnswers: boolean
}

/** A multipart body, read as far as its operation wants. */
interface Form {
  fields: Record<string, unknown>
  pictures?: Readonly<Record<string, Buffer>>
  file?: UploadedFile
  gone?: AbortSignal
}

/** A handler of any operation: its own types were checked where it was written. */
type AnyHandler = (context: Context<RouteKey>) => Promise<unknown>

interface Operation {
  family: Family
  method: Method
  url: string
  route: Route
  /** Whether it changes something. */
  writes: boolean
  handler: AnyHandler
}

/** Mounts every operation of a family: what is not in the contract cannot be called, what has no handler does not compile. */
export async function mountFamily<K extends RouteKey>(
  app: FastifyInstance,
  mounting: Mounting,
  family: Family,
  table: Pick<RouteTable, K>,
  handlers: Handlers<K>,
): Promise<void> {
  const operations = (Object.keys(table) as K[]).map((key): Operation => {
    const [method, path] = key.split(' ') as [Method, string]
    const url = path.replace(/\{(\w+)\}/g, ':$1')
    const route: Route = table[key]
    return {
      family,
      method,
      url,
      route,
      writes: isWrite(method, route),
      handler: handlers[key] as unknown as AnyHandler,
    }
  })
  for (const operation of operations.filter(({ route: { file, pictures, raw } }) => !file && !pictures && !raw))
    mount(app, mounting, operation)
  // A file comes as multipart and as nothing else; everything else but pictures and raw bodies comes as JSON and as nothing else.
  await app.register(async (scope) => {
    scope.removeAllContentTypeParsers()
    // Left unread: who reads the upload says what it should have been.
    scope.addContentTypeParser('*', (_request, _payload, done) => done(null))
    await scope.register(multipart)
    for (const operation of operations.filter(({ route }) => route.file)) mount(scope, mounting, operation)
  })
  // Pictures come as multipart, with what would else be JSON.
  await app.register(async (scope) => {
    await scope.register(multipart)
    for (const operation of operations.filter(({ route }) => route.pictures)) mount(scope, mounting, operation)
  })
  await app.register(async (scope) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: bodyLimits.usual }, (_request, body, done) =>
      done(null, body),
    )
    for (const operation of operations.filter(({ route }) => route.raw)) mount(scope, mounting, operation)
  })
  for (const url of new Set(operations.map((operation) => operation.url))) {
    const known = operations.filter((operation) => operation.url === url)
    mountOtherMethods(app, mounting.services, url, known)
  }
}

function mount(app: FastifyInstance, mounting: Mounting, operation: Operation): void {
  const { family, method, url, route } = operation
  const { services, limiter } = mounting
  const { file, fileLimit, pictures, bodyLimit } = route
  app.route({
    method,
    url,
    config: { family },
    ...(bodyLimit && { bodyLimit }),
    onRequest: (request, reply) => admit(services, limiter, route, request, reply),
    handler: async (request, reply) => {
      const isForm = file !== undefined || (pictures !== undefined && request.isMultipart())
      if (!isForm) return perform(mounting, operation, request, reply, null)
      let release = () => {}
      try {
        const { asker, login } = request
        // Members, who are many, do not take each other's places, nor the back end's.
        release = limiter.hold(reply, asker ? (asker.memberId ?? asker.communityId) : login!.session.id, 'uploads')
        if (file) takeYourTime(request)
        const form = file
          ? { ...(await readUpload(request, file, fileLimit)), gone: goneOf(reply) }
          : await readForm(request, pictures!)
        await perform(mounting, operation, request, reply, form)
      } finally {
        release()
        skipRest(request)
      }
    },
  })
}

/** Aborted when the connection closes (Fastify's own signal: when the body has ended); after the answer that means nothing. */
function goneOf({ raw }: FastifyReply): AbortSignal {
  const gone = new AbortController()
  raw.once('close', () => gone.abort(new Failure('invalid_request', 'The request was broken off.')))
  return gone.signal
}

/** Reads the request by the contract, lets the handler work in its transaction, and sends what it answers. */
async function perform(
  { services, limiter, checkAnswers }: Mounting,
  operation: Operation,
  request: FastifyRequest,
  reply: FastifyReply,
  form: Form | null,
): Promise<void> {
  const { family, method, route, writes, handler } = operation
  const params = parsePart('path', route.params, request.params)
  const query = parsePart('query', route.query, request.query)
  const body = route.raw ? undefined : parsePart('body', route.body, form ? form.fields : request.body)
  let asker = request.asker
  if (sourceOf(route) === 'body') {
    asker = await askerByBody(services, body as { accessId: string; accessKey: string })
    await limiter.take(reply, 'key', asker.keyId)
    checkAccess(route, asker)
  }
  checkCommunity(asker, params, query, body)
  // A login may have ended while the body came, and the transaction of the write sees no logins.
  if (writes && sourceOf(route) === 'header') await loginByHeader(services, request.headers)
  const now = services.clock()
  // Whether the owner of a user key may still act is seen in the transaction.
  const isChecked = writes || route.body || asker?.kind === 'userKey'
  const first = asker && isChecked ? onceFor(services, operation, asker, now, request, reply) : everyTime
  const who = asker ?? request.login
  const pictures = Object.keys(form?.pictures ?? {})
  const deed =
    who && isAudited(method, route, who.kind) ? deedOf(request, who, { params, query, body, pictures }) : undefined

  /** Everything but the transaction; made anew when the database asks for another try. */
  const context = (tx: Tx | null) => {
    const note: AuditNote = {}
    return {
      tx,
      principal: who,
      params,
      query,
      body: route.raw ? (request.body ?? Buffer.alloc(0)) : body,
      file: form?.file ?? null,
      pictures: form?.pictures ?? {},
      gone: form?.gone ?? null,
      headers: request.headers,
      network: networkOf(request.ip),
      limit: limitFor(limiter, reply),
      now,
      deps: services,
      meta: {},
      note,
      once: deed ? audited(first, deed, note, now) : first,
    } as unknown as Context<RouteKey>
  }

  const { answer, meta } = await inTransaction(services, operation, asker, async (tx) => {
    const ctx = context(tx)
    const effect = () => handler(ctx)
    return { answer: await (tx ? ctx.once(tx, JSON.stringify(body ?? null), effect) : effect()), meta: ctx.meta }
  })

  if (route.media === 'text/event-stream') {
    await sendStream(request, reply, limiter, asker!, now, answer as Parameters<typeof sendStream>[5])
  } else if (route.media === 'text/csv') {
    await sendCsv(request, reply, answer as AsyncIterable<string>)
  } else {
    if (checkAnswers) checkAnswer(route, answer)
    sendAnswer(request, reply, family, route, answer, meta)
  }
}

/** Reads see one moment; writes stand or fall as one; uploads, raw bodies and what belongs to no community have no transaction. */
async function inTransaction<T>(
  { database }: Services,
  { route, writes }: Operation,
  asker: Asker | null,
  work: (tx: Tx | null) => Promise<T>,
): Promise<T> {
  if (!asker || route.file || route.pictures || route.raw) return work(null)
  return database.tenant(asker.communityId, work, { snapshot: !writes })
}

const noKey = new Failure('invalid_request', 'Send an Idempotency-Key, a new one for each intent.', [
  { path: 'Idempotency-Key', message: 'is missing' },
])

/** The effect of what has waited for a body, or a user key asks for: while who asks still may, and once where a write's family can tell a repeat. */
function onceFor(
  services: Services,
  { family, route, writes }: Operation,
  asker: Asker,
  now: Date,
  request: FastifyRequest,
  reply: FastifyReply,
): Once {
  const isKept = family.repeatable && writes && route.replayed !== false
  const key = isKept ? idempotencyKey(request.headers['idempotency-key']) : undefined
  if (route.needsIdempotencyKey && key === undefined) throw noKey
  const once =
    key === undefined
      ? everyTime
      : createOnce({
          rootKey: services.rootKey,
          key,
          principal: asker.kind === 'userKey' ? asker.keyId : actorOf(asker),
          operation: `${request.method} ${request.url.split('?')[0]}`,
          now,
          replayed: route.replayed || undefined,
          onReplay: () => reply.header('Idempotent-Replayed', 'true'),
        })
  return async (tx, input, effect) => {
    // A file takes seconds to become a job: whoever changes its key need not wait for that.
    if (route.file) {
      const answer = await once(tx, input, effect)
      await checkAgain(services, tx, route, asker, writes)
      return answer
    }
    // On its way together with the first statements of the effect, which stand or fall with it.
    const checked = checkAgain(services, tx, route, asker, writes)
    checked.catch(() => {})
    try {
      return await once(tx, input, effect)
    } finally {
      await checked
    }
  }
}
