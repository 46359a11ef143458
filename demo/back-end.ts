import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import type { DemoFile } from '../packages/server/src/demo.js'
import type { Answer } from './site.js'

/** Who can sign in here: nobody else's token is ever asked for. */
const members = ['amara', 'yuki', 'leila', 'mateo', 'priya', 'ingrid', 'tomasz', 'zoe', 'finn', 'nia']

/**
 * What a customer writes on their server: sign-in, the endpoint that turns a session into an embed token, and awards. The
 * secret keys stay in here.
 */
export function backEnd({ apiUrl, siteUrl, communityKey, widgetAccess }: DemoFile): Record<string, Answer> {
  /**
   * `data-token-url` of the member's page. An empty answer says that nobody is signed in. The page of all states asks for
   * a member by name; a real site would let nobody.
   */
  async function token(request: IncomingMessage, response: ServerResponse) {
    const as = new URL(request.url ?? '/', siteUrl).searchParams.get('as')
    const member = members.find((name) => name === as) ?? signedIn(request)
    if (!member) return void response.writeHead(204).end()
    const answer = await fetch(`${apiUrl}/v2/api/widget-access-keys/token`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ ...widgetAccess, userIdentifiers: { 'data-username': member }, origin: siteUrl }),
    })
    response.writeHead(answer.status, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' })
    response.end(await answer.text())
  }

  /** Signs in as one of the members, or out. A real site would ask for a password here. */
  async function session(request: IncomingMessage, response: ServerResponse) {
    const { member = '' } = JSON.parse(await text(request))
    const known = members.includes(member)
    const cookie = `member=${known ? member : ''}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${known ? 86_400 : 0}`
    response.writeHead(204, { 'Set-Cookie': cookie }).end()
  }

  /** Gives the signed-in member, or all the others, some XP: a bulk update of a few lines, as a nightly job would send. */
  async function award(request: IncomingMessage, response: ServerResponse) {
    const member = signedIn(request)
    if (!member) return void response.writeHead(401).end()
    const { to = 'me', xp = 0 } = JSON.parse(await text(request))
    const lucky = to === 'me' ? [member] : members.filter((name) => name !== member)
    const amount = () => (to === 'me' ? Number(xp) : Math.ceil(Number(xp) * Math.random()))
    const lines = lucky.map((name) => `${name},add,${amount()}`)
    const body = new FormData()
    body.set('data', new Blob([['Username,xp_op,xp', ...lines].join('\n')], { type: 'text/csv' }), 'award.csv')
    const answer = await fetch(`${apiUrl}/apis/v1/users/bulk-update`, {
      method: 'POST',
      // Two awards of the same size are the same file: a key of its own says that this one is meant as well.
      headers: { Authorization: `Bearer ${communityKey}`, 'Idempotency-Key': randomUUID() },
      body,
    })
    response.writeHead(answer.status, { 'Content-Type': 'application/json' }).end(await answer.text())
  }

  return { '/token': sameOrigin(token), '/session': sameOrigin(session), '/award': sameOrigin(award) }
}

/** The member of the session cookie. */
export function signedIn({ headers }: IncomingMessage): string | undefined {
  const name = /(?:^|; )member=(\w+)/.exec(headers.cookie ?? '')?.[1]
  return members.find((member) => member === name)
}

/** Only pages of this site may ask: browsers say so themselves. */
export const sameOrigin =
  (answer: Answer): Answer =>
  async (request, response) => {
    if (request.headers['sec-fetch-site'] === 'same-origin') return answer(request, response)
    response.writeHead(403).end('Only pages of this site may ask.')
  }
