import { Email, NewPassword, passwordRules } from '@rai/contract'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { countMail } from '../api/system/accounts.js'
import type { AccountsTx, Tx } from '../db/database.js'
import {
  acceptInvitation,
  accountOfLink,
  askForMail,
  confirm,
  registrationOfLink,
  resetPassword,
} from '../domain/accounts/accounts.js'
import { redeemLoginCode } from '../domain/accounts/secure-auth.js'
import { endSession, findSession } from '../domain/accounts/sessions.js'
import { thisCommunity } from '../domain/communities.js'
import { Failure } from '../domain/failure.js'
import { isWellFormed } from '../domain/keys/text.js'
import { memberOfSession } from '../domain/members/members.js'
import { admitted } from '../domain/members/moderation.js'
import type { Services } from '../http/context.js'
import { fromZod } from '../http/errors.js'
import { type Limiter, limitFor } from '../http/limits.js'
import { cookieIn, form, hidden, mountPages, type Page, setCookie } from './forms.js'
import { attributes, escaped } from './html.js'

/** Where the links of mails, and the address of Secure Auth, lead to. */
const places = {
  verify: '/account/verify?token=',
  invitation: '/account/invitation?token=',
  reset: '/account/reset?token=',
  forgot: '/account/forgot',
  'sign-in': '/account/sign-in?code=',
} as const

/** An address of one of these pages. */
export const linkTo = (publicUrl: string, place: keyof typeof places, secret = ''): string =>
  publicUrl + places[place] + secret

/** Holds a login between two of these pages, and is sent to no other place. */
const cookie = 'rai_login'

/** What people read whose link is not good any more. */
const over = `Ask for a new one where you asked for this one.</p>
        <p><a href="/account/forgot">Set a new password</a></p>`

/** The pages that mails lead to. */
export async function mountAccounts(app: FastifyInstance, services: Services, limiter: Limiter): Promise<void> {
  await mountPages(app, limiter, over, (page) => {
    const { database, clock } = services
    page(
      '/account/verify',
      async ({ query }) => {
        const token = secretIn(query, 'token')
        const { email } = await database.accounts((tx) => registrationOfLink(tx, token, clock()))
        return {
          title: 'Confirm your address',
          body: `<p>One step is left: your account is ready when you have confirmed that <bdi>${escaped(email)}</bdi> is yours.</p>
          <p>If it was not you who registered, do not confirm: the account would have the password of whoever did.</p>
          ${form('/account/verify', hidden('token', token), 'Confirm the address')}`,
        }
      },
      async ({ body }) => {
        const { hasPassword } = await confirm(services, secretIn(body, 'token'), clock())
        return {
          title: 'Your address is confirmed',
          body: hasPassword
            ? '<p>You can sign in now, with it and your password.</p>'
            : `<p>It was registered more than once, and that may have been somebody else. So none of those passwords counts.</p>
          <p>Look into your mail: a link is on its way that sets yours.</p>`,
        }
      },
    )

    /** Sets a password by the link of a mail: the page that asks for it, and the one that says it is set. */
    const passwordPage = (
      path: string,
      ask: { title: string; text: string; label: string; button: string },
      emailOf: (tx: AccountsTx, token: string) => Promise<{ email: string }>,
      set: (services: Services, chosen: { token: string; password: string }, at: Date) => Promise<void>,
      done: Page,
    ) => {
      const show = async (token: string, problem?: string): Promise<Page> => {
        const { email } = await database.accounts((tx) => emailOf(tx, token))
        return {
          title: ask.title,
          ...(problem && { status: 400 }),
          body: `<p>For <bdi>${escaped(email)}</bdi>. ${ask.text}</p>
        ${form(
          path,
          `${hidden('token', token)}
          <input type="text" name="email" autocomplete="username" value="${escaped(email)}" hidden>
          ${field('password', ask.label, {
            input: `type="password" autocomplete="new-password" minlength="${passwordRules.least}"`,
            hint: `At least ${passwordRules.least} characters: a few words, with spaces, are easy to keep in mind.`,
            problem,
          })}`,
          ask.button,
        )}`,
        }
      }
      page(
        path,
        ({ query }) => show(secretIn(query, 'token')),
        async ({ body }) => {
          const token = secretIn(body, 'token')
          try {
            const { password } = read(z.object({ password: NewPassword }), body)
            await set(services, { token, password }, clock())
          } catch (error) {
            return show(token, `This password ${problemWith('password', error)}. Choose another.`)
          }
          return done
        },
      )
    }

    passwordPage(
      '/account/reset',
      {
        title: 'Set a new password',
        text: 'All devices are signed out then.',
        label: 'New password',
        button: 'Set the password',
      },
      (tx, token) => accountOfLink(tx, token, clock()),
      resetPassword,
      { title: 'Your password is set', body: '<p>All devices are signed out. Sign in with it now.</p>' },
    )

    passwordPage(
      '/account/invitation',
      {
        title: 'Choose a password',
        text: 'Your account is ready then.',
        label: 'Password',
        button: 'Make the account',
      },
      (tx, token) => registrationOfLink(tx, token, clock()),
      acceptInvitation,
      { title: 'Your account is ready', body: '<p>Sign in with your address and this password.</p>' },
    )

    const forgotForm = (problem?: string): Page => ({
      title: 'Forgotten your password?',
      ...(problem && { status: 400 }),
      body: `<p>We send a link to your address that sets a new one.</p>
        ${form(
          '/account/forgot',
          field('email', 'E-mail', { input: 'type="email" autocomplete="email" maxlength="254"', problem }),
          'Send the link',
        )}`,
    })
    page(
      '/account/forgot',
      async () => forgotForm(),
      async ({ body }, reply) => {
        try {
          const { email } = read(z.object({ email: Email }), body)
          await countMail({ deps: services, limit: limitFor(limiter, reply) }, email)
          await askForMail(services, 'reset', email, clock())
          return {
            title: 'Look into your mail',
            body: `<p>If <bdi>${escaped(email)}</bdi> has an account, a link is on its way. It is good for 30 minutes.</p>`,
          }
        } catch (error) {
          return forgotForm(`This ${problemWith('email', error)}.`)
        }
      },
    )

    page(
      '/account/sign-in',
      async ({ query }) => ({
        title: 'Sign in',
        body: `<p>You come from a site that knows you. Go on within a minute.</p>
          ${form('/account/sign-in', hidden('code', secretIn(query, 'code')), 'Sign in')}`,
      }),
      async ({ body }, reply) => {
        const { tokens } = await redeemLoginCode(database, secretIn(body, 'code'), clock())
        keep(reply, tokens.accessToken, tokens.expiresIn)
        return '/account'
      },
    )

    const sessionOf = async (request: FastifyRequest) => {
      const kept = cookieIn(request, cookie)
      return kept ? findSession(database, kept, clock()) : undefined
    }
    const keep = (reply: FastifyReply, value: string, seconds: number) =>
      setCookie(reply, services, { name: cookie, value, path: '/account', sameSite: 'Strict', seconds })
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
        const read = async (tx: Tx) => ({
          member: await admitted(tx, await memberOfSession(tx, session)),
          community: await thisCommunity(tx),
        })
        const { member, community } = await database.tenant(session.bound_to, read, { snapshot: true })
        if (!member) return nobody
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
        return '/account'
      },
    )
  })
}

/**
 * What a link ends with.
 * @throws Failure `invalid_token` for what cannot be one.
 */
function secretIn(values: unknown, name: 'token' | 'code'): string {
  const text = (values as Record<string, unknown> | null | undefined)?.[name]
  if (typeof text !== 'string' || !isWellFormed(text)) throw new Failure('invalid_token')
  return text
}

/** @throws Failure as an operation does. */
function read<T>(schema: z.ZodType<T>, values: unknown): T {
  const { data, error } = schema.safeParse(values ?? {})
  if (error) throw fromZod(error, 'form')
  return data!
}

/**
 * What is wrong with a field, in the words of the contract.
 * @throws the error itself when it is about something else.
 */
function problemWith(name: string, error: unknown): string {
  const detail = error instanceof Failure && error.details.find(({ path }) => path === name)
  if (!detail) throw error
  return detail.message
}

/** A field that has to be filled in, with what was wrong with what came. */
function field(
  name: string,
  label: string,
  { input, hint, problem }: { input: string; hint?: string; problem: string | undefined },
): string {
  const about = [hint && 'hint', problem && 'problem'].filter(Boolean).join(' ')
  const state = attributes({ 'aria-describedby': about, 'aria-invalid': problem && 'true' })
  return `<label for="${name}">${label}</label>
          ${problem ? `<p class="problem" role="alert" id="problem">${escaped(problem)}</p>` : ''}
          <input id="${name}" name="${name}" required ${input}${state}>
          ${hint ? `<p class="hint" id="hint">${hint}</p>` : ''}`
}
