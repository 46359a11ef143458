import { randomBytes } from 'node:crypto'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Failure } from '../domain/failure.js'
import type { Services } from '../http/context.js'
import { statusOf, toFailure } from '../http/errors.js'
import { type Limiter, networkOf } from '../http/limits.js'
import { style } from './forms.style.js'
import { document, escaped } from './html.js'

/*
 * Pages of ours that people come to by a link. They work without scripts, and looking at one changes nothing: programs that
 * look through mails follow every link, so that each deed is a form.
 */

/** What a page says. */
export interface Page {
  title: string
  /** HTML. */
  body: string
  status?: number
  /**
   * The address of another site's that it leads to at once. A redirect is none for a form: browsers hold `form-action`
   * against every redirect after it, those of the other site's own included.
   */
  leadsTo?: string
}

/** Mounts a page, and what its form does: it says another page, or the address of one of ours. */
export type MountPage = (
  path: string,
  look: (request: FastifyRequest, reply: FastifyReply) => Promise<Page>,
  act?: (request: FastifyRequest, reply: FastifyReply) => Promise<Page | string>,
) => void

const formLimit = 16 * 1024

/** @param over What people read whose link is not good any more. HTML. */
export async function mountPages(
  app: FastifyInstance,
  limiter: Limiter,
  over: string,
  mount: (page: MountPage) => void,
): Promise<void> {
  await app.register(async (scope) => {
    scope.addContentTypeParser(
      'application/x-www-form-urlencoded',
      { parseAs: 'string', bodyLimit: formLimit },
      async (_request: FastifyRequest, text: string) => Object.fromEntries(new URLSearchParams(text)),
    )
    scope.setErrorHandler<FastifyError>(async (error, request, reply) => {
      const failure = toFailure(error)
      if (failure.code === 'internal') request.log.error({ err: error }, 'a page failed')
      await send(reply, refusalPage(failure, request.id, over))
    })
    mount((path, look, act) => {
      scope.get(path, async (request, reply) => send(reply, await look(request, reply)))
      if (!act) return
      scope.post(path, async (request, reply) => {
        refuseOtherSites(request)
        await limiter.take(reply, 'login', networkOf(request.ip))
        const next = await act(request, reply)
        return typeof next === 'string' ? reply.redirect(next, 303) : send(reply, next)
      })
    })
  })
}

/** Another site's form would sign its visitors in as somebody else. */
function refuseOtherSites({ headers }: FastifyRequest): void {
  const site = headers['sec-fetch-site']
  if (site !== undefined && site !== 'same-origin')
    throw new Failure('forbidden', 'Open this page itself, and try again.')
}

const isSecure = ({ config }: Pick<Services, 'config'>): boolean => config.publicUrl.startsWith('https:')

/** The name of a cookie for all of this server, which browsers let no other host set. That they do over https alone. */
export const hostCookie = (services: Pick<Services, 'config'>, name: string): string =>
  isSecure(services) ? `__Host-${name}` : name

/** What a cookie of ours holds; undefined where there is none. */
export function cookieIn({ headers }: FastifyRequest, name: string): string | undefined {
  const kept = headers.cookie?.split('; ').find((pair) => pair.startsWith(`${name}=`))
  return kept?.slice(name.length + 1)
}

/** Has the browser keep something for pages below a path, and send it to no script. */
export function setCookie(
  reply: FastifyReply,
  services: Pick<Services, 'config'>,
  {
    name,
    value,
    path,
    sameSite,
    seconds,
  }: Record<'name' | 'value' | 'path' | 'sameSite', string> & { seconds: number },
): void {
  const secure = isSecure(services) ? '; Secure' : ''
  reply.header(
    'Set-Cookie',
    `${name}=${value}; Path=${path}; HttpOnly; SameSite=${sameSite}; Max-Age=${seconds}${secure}`,
  )
}

export const hidden = (name: string, value: string) => `<input type="hidden" name="${name}" value="${escaped(value)}">`

export const form = (action: string, fields: string, label: string) => `<form method="post" action="${action}">
          ${fields}
          <button>${label}</button>
        </form>`

/** What went wrong, in words and with one way on. */
function refusalPage(failure: Failure, requestId: string, over: string): Page {
  const isOver = failure.code === 'invalid_token'
  return {
    status: statusOf(failure),
    title: isOver ? 'This link is not good any more' : 'That did not work',
    body: isOver
      ? `<p>It was used already, has expired, or is not complete. ${over}`
      : `<p>${escaped(failure.message)}</p><p class="hint">Request ${escaped(requestId)}</p>`,
  }
}

function send(reply: FastifyReply, { title, body, status = 200, leadsTo }: Page): FastifyReply {
  const nonce = randomBytes(18).toString('base64')
  const policy = `default-src 'none'; style-src 'nonce-${nonce}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`
  const main = `<main>
      <h1>${title}</h1>
      ${body}
    </main>`
  return reply
    .code(status)
    .type('text/html; charset=utf-8')
    .header('Content-Security-Policy', policy)
    .send(document({ title, style, body: main, leadsTo }, 'en', nonce))
}
