import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { isIP } from 'node:net'
import { type AnswerOf, type SubscribableEvent, subscribableEvents } from '@rai/contract'
import { compactDecrypt } from 'jose'
import { Webhook } from 'standardwebhooks'
import type { Config } from '../packages/server/src/config.js'
import type { DemoFile } from '../packages/server/src/demo.js'
import { sameOrigin } from './back-end.js'
import type { Answer } from './site.js'

/** What came to the site's endpoint, as its page is shown it. */
interface Came {
  at: string
  /** The headers that verify it, and the body, as they came. */
  headers: Record<string, string>
  body: string
  /** What it says, once it is verified and opened. */
  event?: unknown
  /** Why it was refused. */
  refused?: string
}

/** The site's endpoint, and the page that shows what comes there. */
export interface Events {
  paths: Record<string, Answer>
  /** Has the server send everything there, encrypted. */
  connect(url: string): Promise<void>
}

/** So many are kept, and so long may one be. */
const mostKept = 100
const mostBytes = 256 * 1024
const description = 'The demo’s page of events'

/** Where the site listens, as the server calls it: `address:port`. */
export function hookPlace({ host, demoSite }: Pick<Config, 'host' | 'demoSite'>): string {
  const isOne = isIP(host) !== 0 && host !== '0.0.0.0' && host !== '::'
  const address = isOne ? host : '127.0.0.1'
  return `${isIP(address) === 6 ? `[${address}]` : address}:${new URL(demoSite).port || '80'}`
}

/** What a customer writes who wants to know what happens: an endpoint that verifies, opens, and remembers what it had already. */
export function createEvents({ apiUrl, communityKey, systemKey }: DemoFile): Events {
  let webhook: { id: string; url: string; verifier: Webhook; key: Buffer } | undefined
  const came: Came[] = []
  const known = new Set<string>()
  const watching = new Set<ServerResponse>()

  /** `/hook`: what the server sends events to. */
  async function hook(request: IncomingMessage, response: ServerResponse) {
    const body = await bodyOf(request)
    if (body === undefined) return void response.writeHead(413).end()
    const headers = Object.fromEntries(
      Object.entries(request.headers).filter(([name]) => /^(webhook-|x-encrypted|content-type)/.test(name)),
    ) as Record<string, string>
    const one: Came = { at: new Date().toISOString(), headers, body }
    try {
      if (!webhook) throw new Error('The endpoint has no secret yet')
      webhook.verifier.verify(body, headers, { jsonParse: false })
      const text = headers['x-encrypted']
        ? Buffer.from((await compactDecrypt(body, webhook.key)).plaintext).toString()
        : body
      one.event = JSON.parse(text)
    } catch (error) {
      show({ ...one, refused: (error as Error).message })
      return void response.writeHead(401).end()
    }
    // It may come twice, by the same id.
    const id = headers['webhook-id']!
    if (!known.has(id)) show(one)
    known.add(id)
    response.writeHead(204).end()
  }

  function show(one: Came): void {
    came.push(one)
    if (came.length > mostKept) came.shift()
    for (const page of watching) page.write(line(one))
  }

  /** `GET /events`: what came and comes, for the page. `POST`: makes something happen. */
  async function events(request: IncomingMessage, response: ServerResponse) {
    if (request.method === 'POST') return act(request, response)
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' })
    response.write(`retry: 2000\n\n${came.map(line).join('')}event: ready\ndata:\n\n`)
    watching.add(response)
    response.once('close', () => watching.delete(response))
  }

  async function act(request: IncomingMessage, response: ServerResponse) {
    const { what = '' } = JSON.parse((await bodyOf(request)) ?? '{}') as { what?: string }
    const answer = webhook && (await acts[what]?.(webhook))
    response.writeHead(answer?.ok ? 204 : 502).end()
  }

  const acts: Record<string, (to: NonNullable<typeof webhook>) => Promise<Response>> = {
    test: ({ id }) => ask(systemKey, 'POST', `/v1/webhooks/${id}/test`, {}),
    join: () => {
      const username = `walker-${randomUUID().slice(0, 8)}`
      return ask(communityKey, 'POST', '/apis/v1/users', { username, email: `${username}@fernweh.example` })
    },
    say: async () => {
      const { data } = (await (await ask(communityKey, 'GET', '/apis/v1/channels')).json()) as {
        data: AnswerOf<'GET /apis/v1/channels'>
      }
      const channel = data.find(({ channelType }) => channelType === 'open')
      const message = sayings[came.length % sayings.length]
      return ask(communityKey, 'POST', '/apis/v1/messages/send', { channelId: channel?._id, message, sender: 'amara' })
    },
    // As a stranger would who found the address.
    forge: ({ url }) => {
      const headers = {
        'Content-Type': 'application/json',
        'webhook-id': randomUUID(),
        'webhook-timestamp': String(Math.floor(Date.now() / 1000)),
        'webhook-signature': `v1,${Buffer.alloc(32).toString('base64')}`,
      }
      return fetch(url, { method: 'POST', headers, body: '{"type":"store.item_purchased"}' }).then(
        // That it is refused is what was to be shown.
        ({ status }) => new Response(null, { status: status === 401 ? 204 : 500 }),
      )
    },
  }

  const ask = (key: string, method: string, path: string, body?: object): Promise<Response> =>
    fetch(apiUrl + path, {
      method,
      headers: { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    })

  async function connect(url: string): Promise<void> {
    const manage = async <T>(method: string, path = '', body?: object): Promise<T> => {
      const answer = await ask(systemKey, method, `/v1/webhooks${path}`, body)
      if (!answer.ok) throw new Error(`${method} /v1/webhooks: ${await answer.text()}`)
      return ((await answer.json()) as { data: T }).data
    }
    const before = (await manage<AnswerOf<'GET /v1/webhooks'>>('GET')).find((one) => one.description === description)
    const wanted = { url, description, events: Object.keys(subscribableEvents) as SubscribableEvent[] }
    type Made = AnswerOf<'POST /v1/webhooks'>
    if (!before) {
      const made = await manage<Made>('POST', '', { ...wanted, encryption: 'jwe' })
      webhook = endpoint(made, made)
      return
    }
    // Secrets are shown once and kept nowhere here: each start makes others. What waits is signed and encrypted by those.
    const path = `/${before._id}`
    await manage('PATCH', path, { ...wanted, encryption: 'none' })
    const made = await manage<Made>('PATCH', path, { encryption: 'jwe', isEnabled: true })
    webhook = endpoint(await manage<Made>('POST', `${path}/rotate`, {}), made)
  }

  const endpoint = ({ _id, url, key }: AnswerOf<'POST /v1/webhooks'>, made: AnswerOf<'POST /v1/webhooks'>) => ({
    ...{ id: _id, url, verifier: new Webhook(key!) },
    key: Buffer.from(made.encryptionKey!, 'base64url'),
  })

  return { paths: { '/hook': hook, '/events': sameOrigin(events) }, connect }
}

const sayings = [
  'The ridge is clear, and the hut has soup.',
  'Who walks to the lake on Sunday?',
  'Snow above 1,800 m 🏔️',
]

const line = (one: Came): string => `data: ${JSON.stringify(one)}\n\n`

/** Undefined for one that is too long. */
async function bodyOf(request: IncomingMessage): Promise<string | undefined> {
  const parts: Buffer[] = []
  let bytes = 0
  for await (const part of request) {
    bytes += (part as Buffer).length
    if (bytes > mostBytes) return undefined
    parts.push(part as Buffer)
  }
  return Buffer.concat(parts).toString()
}
