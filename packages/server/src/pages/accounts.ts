import { randomBytes } from 'node:crypto'
import { Email, NewPassword, passwordRules } from '@rai/contract'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { countMail } from '../api/system/accounts.js'
import type { Tx } from '../db/database.js'
import { accountById, askForMail, confirm, readLink, resetPassword } from '../domain/accounts.js'
import { thisCommunity } from '../domain/communities.js'
import { Failure } from '../domain/failure.js'
import { findMember } from '../domain/members.js'
import { redeemLoginCode } from '../domain/secure-auth.js'
import { endSession, findSession } from '../domain/sessions.js'
import type { Services } from '../http/context.js'
import { fromZod, statusOf, toFailure } from '../http/errors.js'
import { type Limiter, limitFor, networkOf } from '../http/limits.js'
import { style } from './accounts.style.js'
import { document, escaped } from './html.js'

/** Where the links of mails, and the address of Secure Auth, lead to. */
const places = {
  verify: '/account/verify?token=',
  reset: '/account/reset?token=',
  forgot: '/account/forgot',
  'sign-in': '/account/sign-in?code=',
} as const

/** An address of one of these pages. */
export const linkTo = (publicUrl: string, place: keyof typeof places, secret = ''): string =>
  publicUrl + places[place] + secret

/** What a page says. */
interface Page {
  title: string
  /** HTML. */
  body: string
  status?: number
}

const formLimit = 16 * 1024
/** Holds a login between two of these pages, and is sent to no other place. */
const cookie = 'rai_login'

/**
 * The pages that mails lead to. They work without scripts, and looking at one changes nothing: programs that look through
 * mails follow every link, so that each deed is a form.
 */
export async function mountAccounts(app: FastifyInstance, services: Services, limiter: Limiter): Promise<void> {
  await app.register(async (scope) => {
    scope.addContentTypeParser(
      'application/x-www-form-urlencoded',
      { parseAs: 'string', bodyLimit: formLimit },
      async (_request: FastifyRequest, text: string) => Object.fromEntries(new URLSearchParams(text)),
    )
    scope.setErrorHandler<FastifyError>(async (error, request, reply) => {
      const failure = toFailure(error)
      if (failure.code === 'internal') request.log.error({ err: error }, 'a page failed')
      await send(reply, refusalPage(failure, request.id))
    })

    const { config, database, clock } = services
    const asker = (request: FastifyRequest, reply: FastifyReply) => ({
      deps: services,
      network: networkOf(request.ip),
      limit: limitFor(limiter, reply),
    })
    /** A page, and what its form does. */
    const page = (
      path: string,
      look: (request: FastifyRequest) => Promise<Page>,
      act: (request: FastifyRequest, reply: FastifyReply) => Promise<Page | null>,
    ) => {
      scope.get(path, async (request, reply) => send(reply, await look(request)))
      scope.post(path, async (request, reply) => {
        refuseOtherSites(request)
        const { limit, network } = asker(request, reply)
        await limit.take('login', network)
        const page = await act(request, reply)
        return page ? send(reply, page) : reply.redirect('/account', 303)
      })
    }
    const tokenIn = (values: unknown) => read(z.object({ token: z.string().max(200) }), values).token

    page(
      '/account/verify',
      async ({ query }) => {
        const token = tokenIn(query)
        const { registration_id: id } = await database.accounts((tx) => readLink(tx, token, clock()))
        if (id === null) throw new Failure('invalid_token')
        return {
          title: 'Confirm your address',
          body: `<p>One step is left: your account is ready when you have confirmed that this address is yours.</p>
          ${form('/account/verify', hidden('token', token), 'Confirm the address')}`,
        }
      },
      async ({ body }) => {
        await confirm(services, tokenIn(body), clock())
        return { title: 'Your address is confirmed', body: '<p>You can sign in now, with it and your password.</p>' }
      },
    )

    const resetForm = async (token: string, problem?: string): Promise<Page> => {
      const account = await database.accounts(async (tx) => {
        const { account_id: id } = await readLink(tx, token, clock())
        if (id === null) throw new Failure('invalid_token')
        return accountById(tx, id)
      })
      const wrong = problem && `<p class="problem" role="alert" id="problem">${escaped(problem)}</p>`
      return {
        title: 'Set a new password',
        ...(problem && { status: 400 }),
        body: `<p>For <bdi>${escaped(account.email)}</bdi>. All devices are signed out then.</p>
        ${form(
          '/account/reset',
          `${hidden('token', token)}
          <input type="text" name="email" autocomplete="username" value="${escaped(account.email)}" hidden>
          <label for="password">New password</label>
          ${wrong ?? ''}
          <input id="password" type="password" name="password" autocomplete="new-password" required
            minlength="${passwordRules.least}" aria-describedby="rule${wrong ? ' problem' : ''}"${wrong ? ' aria-invalid="true"' : ''}>
          <p class="hint" id="rule">At least ${passwordRules.least} characters: a few words, with spaces, are easy to keep in mind.</p>`,
          'Set the password',
        )}`,
      }
    }
    page(
      '/account/reset',
      ({ query }) => resetForm(tokenIn(query)),
      async ({ body }) => {
        const token = tokenIn(body)
        try {
          const { password } = read(z.object({ password: NewPassword }), body)
          await resetPassword(services, { token, password }, clock())
        } catch (error) {
          const isAboutIt = error instanceof Failure && error.details.some(({ path }) => path === 'password')
          if (isAboutIt) return resetForm(token, `This password ${error.details[0]!.message}. Choose another.`)
          throw error
        }
        return { title: 'Your password is set', body: '<p>All devices are signed out. Sign in with it now.</p>' }
      },
    )

    page(
      '/account/forgot',
      async () => ({
        title: 'Forgotten your password?',
        body: `<p>We send a link to your address that sets a new one.</p>
        ${form(
          '/account/forgot',
          `<label for="email">E-mail</label>
          <input id="email" type="email" name="email" autocomplete="email" required maxlength="254">`,
          'Send the link',
        )}`,
      }),
      async (request, reply) => {
        const { email } = read(z.object({ email: Email }), request.body)
        await countMail(asker(request, reply), email)
        await askForMail(services, 'reset', email, clock())
        return {
          title: 'Look into your mail',
          body: `<p>If <bdi>${escaped(email)}</bdi> has an account, a link is on its way. It is good for 30 minutes.</p>`,
        }
      },
    )

    page(
      '/account/sign-in',
      async ({ query }) => {
        const { code } = read(z.object({ code: z.string().max(200) }), query)
        return {
          title: 'Sign in',
          body: `<p>You come from a site that knows you. Go on within a minute.</p>
          ${form('/account/sign-in', hidden('code', code), 'Sign in')}`,
        }
      },
      async ({ body }, reply) => {
        const { code } = read(z.object({ code: z.string().max(200) }), body)
        const { tokens } = await redeemLoginCode(database, code, clock())
        keep(reply, tokens.accessToken, tokens.expiresIn)
        return null
      },
    )

    const sessionOf = async ({ headers }: FastifyRequest) => {
      const token = new RegExp(`(?:^|; )${cookie}=(\\w+)`).exec(headers.cookie ?? '')?.[1]
      return token ? findSession(database, token, clock()) : undefined
    }
    const keep = (reply: FastifyReply, token: string, seconds: number) => {
      const secure = config.publicUrl.startsWith('https:') ? '; Secure' : ''
      reply.header(
        'Set-Cookie',
        `${cookie}=${token}; Path=/account; HttpOnly; SameSite=Strict; Max-Age=${seconds}${secure}`,
      )
    }
    page(
      '/account',
      async (request) => {
        const session = await sessionOf(request)
        const nobody = {
          title: 'You are not signed in',
          body: '<p>Go back to the site that you came from to sign in.</p>',
        }
        // Nobody else gets the cookie than who comes by Secure Auth, as a member.
        if (!session?.bound_to) return nobody
        const { bound_to: communityId, member_id: id } = session
        const read = async (tx: Tx) => ({
          member: await findMember(tx, { id: id! }),
          community: await thisCommunity(tx),
        })
        const { member, community } = await database.tenant(communityId, read, { snapshot: true })
        if (member?.status !== 'active') return nobody
        return {
          title: 'You are signed in',
          body: `<p>As <bdi>${escaped(member.display_name)}</bdi>, in <bdi>${escaped(community.name)}</bdi>.</p>
          ${form('/account', '', 'Sign out')}`,
        }
      },
      async (request, reply) => {
        const session = await sessionOf(request)
        if (session) await database.accounts((tx) => endSession(tx, session.id))
        keep(reply, '', 0)
        return null
      },
    )
  })
}

/** Another site's form would sign its visitors in as somebody else. */
function refuseOtherSites({ headers }: FastifyRequest): void {
  const site = headers['sec-fetch-site']
  if (site !== undefined && site !== 'same-origin')
    throw new Failure('forbidden', 'Open this page itself, and try again.')
}

/** @throws Failure as an operation does. */
function read<T>(schema: z.ZodType<T>, values: unknown): T {
  const { data, error } = schema.safeParse(values ?? {})
  if (error) throw fromZod(error, 'form')
  return data!
}

const hidden = (name: string, value: string) => `<input type="hidden" name="${name}" value="${escaped(value)}">`

const form = (action: string, fields: string, label: string) => `<form method="post" action="${action}">
          ${fields}
          <button>${label}</button>
        </form>`

/** What went wrong, in words and with one way on. */
function refusalPage(failure: Failure, requestId: string): Page {
  const isOver = failure.code === 'invalid_token' || failure.code === 'invalid_request'
  return {
    status: statusOf(failure),
    title: isOver ? 'This link is not good any more' : 'That did not work',
    body: isOver
      ? `<p>It was used already, has expired, or is not complete. Ask for a new one where you asked for this one.</p>
        <p><a href="/account/forgot">Set a new password</a></p>`
      : `<p>${escaped(failure.message)}</p><p class="hint">Request ${escaped(requestId)}</p>`,
  }
}

function send(reply: FastifyReply, { title, body, status = 200 }: Page): FastifyReply {
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
    .send(document({ title, style, body: main }, 'en', nonce))
}
