import { randomBytes } from 'node:crypto'
import { type ConnectableNetwork, socialNetworks } from '@rai/contract'
import type { FastifyInstance } from 'fastify'
import { authorizeUrl, scopesOf } from '../calls/networks.js'
import { thisCommunity } from '../domain/communities.js'
import { Failure } from '../domain/failure.js'
import { activeMember } from '../domain/members/members.js'
import { comeBack, communityOf, leaveWith, type Outcome, readTicket } from '../domain/socials/connecting.js'
import type { Services } from '../http/context.js'
import type { Limiter } from '../http/limits.js'
import { cookieIn, form, hidden, hostCookie, mountPages, type Page, setCookie } from './forms.js'
import { attributes, escaped } from './html.js'

const path = '/connect'
const seconds = 600

/** Where somebody with a ticket begins to connect an account. */
export const connectUrl = (publicUrl: string, ticket: string): string => `${publicUrl}${path}?ticket=${ticket}`

/** Where networks send people back to. It is registered there, letter for letter. */
export const redirectUrl = (publicUrl: string): string => `${publicUrl}${path}/callback`

/** The way to a network and back, in a window of its own or not: it works without scripts, and tells its opener nothing. */
export async function mountConnect(app: FastifyInstance, services: Services, limiter: Limiter): Promise<void> {
  const { config, database, rootKey, clock } = services
  // Binds tickets to the browser that goes with them, and says that our page was open in it before its form was sent.
  const cookie = hostCookie(services, 'rai_connect')
  await mountPages(app, limiter, 'Begin again where you came from.</p>', (page) => {
    page(
      path,
      async (request, reply) => {
        const ticket = textIn(request.query, 'ticket')
        const { network, member, community } = await database.tenant(
          communityOf(ticket),
          async (tx) => {
            const { network, member_id } = await readTicket(tx, ticket, clock())
            return { network, member: await activeMember(tx, member_id), community: await thisCommunity(tx) }
          },
          { snapshot: true },
        )
        if (!member) throw new Failure('invalid_token')
        // One for all that this browser begins: it may go to several networks at once.
        const value = cookieIn(request, cookie) ?? randomBytes(32).toString('base64url')
        // Lax: the network sends the browser back.
        setCookie(reply, services, { name: cookie, value, path: '/', sameSite: 'Lax', seconds })
        const name = nameOf(network)
        return {
          title: `Connect your ${name} account`,
          body: `<p>With <bdi>${escaped(member.display_name)}</bdi> (<bdi>${escaped(member.username)}</bdi>) in <bdi>${escaped(community.name)}</bdi>. If that is not you, close this page: the account would be theirs.</p>
          <p>${name} asks you next whether we may read this: ${escaped(scopesOf(network).join(', '))}. Nothing is ever written there. You can disconnect it at any time.</p>
          ${form(path, hidden('ticket', ticket), `Go to ${name}`)}`,
        }
      },
      async (request) => {
        const ticket = textIn(request.body, 'ticket')
        const browser = cookieIn(request, cookie)
        if (browser === undefined) throw new Failure('forbidden', 'Open this page itself, with cookies, and try again.')
        const { network, ...going } = await database.tenant(communityOf(ticket), (tx) =>
          leaveWith(tx, rootKey, ticket, browser, clock()),
        )
        const redirectUri = redirectUrl(config.publicUrl)
        const leadsTo = authorizeUrl(network, { ...going, redirectUri, state: ticket })
        const name = nameOf(network)
        return {
          title: `On to ${name}`,
          leadsTo,
          body: `<p><a${attributes({ href: leadsTo })}>Go to ${name}</a>, if you are not there in a moment.</p>`,
        }
      },
    )

    page(`${path}/callback`, async (request) => {
      const ticket = textIn(request.query, 'state')
      const { code } = request.query as Record<string, unknown>
      const browser = cookieIn(request, cookie)
      if (browser === undefined) throw new Failure('invalid_token')
      const back = { ticket, browser, code: typeof code === 'string' ? code : null }
      return resultPage(await comeBack(services, { ...back, redirectUri: redirectUrl(config.publicUrl) }, clock()))
    })
  })
}

/** @throws Failure `invalid_token` where it is not there, or there twice. */
function textIn(values: unknown, name: string): string {
  const text = (values as Record<string, unknown> | null | undefined)?.[name]
  if (typeof text !== 'string') throw new Failure('invalid_token')
  return text
}

const results: Record<Outcome['is'], (name: string) => { title: string; text: string; status?: number }> = {
  connected: (name) => ({ title: 'Connected', text: `Your ${name} account is connected. You can close this page.` }),
  declined: (name) => ({ title: 'Not connected', text: `${name} gave us no permission, and nothing is stored.` }),
  taken: (name) => ({
    title: 'Not connected',
    text: `This ${name} account is or was connected by another member here, and can be one member’s only. Nothing more of it is stored.`,
    status: 409,
  }),
  unreachable: (name) => ({
    title: 'Not connected',
    text: `${name} does not answer as it should. Nothing is stored: try again in a while.`,
    status: 503,
  }),
}

function resultPage({ network, is, returnTo }: Outcome): Page {
  const { title, text, status = 200 } = results[is](nameOf(network))
  const back = returnTo === null ? '' : `<p><a${attributes({ href: returnTo })}>Go back</a></p>`
  return { title, status, body: `<p>${text}</p>${back}` }
}

const nameOf = (network: ConnectableNetwork): string => socialNetworks[network].name
