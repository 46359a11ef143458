import { randomBytes, randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import type { AnswerOf, BodyOf, HookCall, HookKind } from '@rai/contract'
import { Webhook } from 'standardwebhooks'
import type { DemoFile } from '../packages/server/src/demo.js'
import { sameOrigin } from './back-end.js'
import { call, json } from './command.js'
import type { Answer } from './site.js'

/** A call of a hook, as the site's page is shown it. */
interface Called {
  at: string
  kind: HookKind
  headers: Record<string, string>
  body: string
  status: number
  answer: unknown
}

/** Another system that has something done in the community, and the page that shows what its calls do. */
export interface Hooks {
  paths: Record<string, Answer>
  /** Makes a hook of each kind. */
  connect(): Promise<void>
}

const description = 'The demo’s page of hooks'
/** Whose hook it is, or whom it is about. */
const member = 'amara'
const field = 'hut'

type Asked = { kind?: HookKind; how?: 'sign' | 'repeat' | 'forge' }

/** What another system writes that has something done: a call that is signed as Standard Webhooks are. */
export function createHooks({ apiUrl, systemKey, serverId }: DemoFile): Hooks {
  const hooks = new Map<HookKind, { url: string; signer: Webhook }>()
  /** The last call of each kind that was let in: sent again it has no second effect. */
  const last = new Map<HookKind, { id: string; body: string }>()
  let count = 0

  /** `POST /calls`: has a hook called. */
  async function calls(request: IncomingMessage, response: ServerResponse) {
    const { kind = 'message', how = 'sign' } = JSON.parse(await text(request)) as Asked
    const hook = hooks.get(kind)
    if (!hook) return void response.writeHead(502).end()
    const fresh = { id: randomUUID(), body: JSON.stringify(bodies[kind](count++)) }
    const { id, body } = (how === 'repeat' && last.get(kind)) || fresh
    // A stranger who found the address has another secret.
    const signer = how === 'forge' ? new Webhook(randomBytes(32).toString('base64')) : hook.signer
    const now = new Date()
    const headers = {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
      'webhook-signature': signer.sign(id, now, body),
    }
    const answered = await fetch(hook.url, { method: 'POST', headers, body })
    if (answered.ok) last.set(kind, { id, body })
    const called: Called = {
      ...{ at: now.toISOString(), kind, headers, body },
      ...{ status: answered.status, answer: await answered.json() },
    }
    response.writeHead(200, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' })
    response.end(JSON.stringify(called))
  }

  const ask = <T>(method: string, path: string, body?: object): Promise<T> =>
    call<T>(apiUrl + path, systemKey, json(method, body))

  async function connect(): Promise<void> {
    // Secrets are shown once and kept nowhere here: each start makes others.
    const before = await ask<AnswerOf<'GET /v1/hooks'>>('GET', '/v1/hooks')
    for (const { _id } of before.filter((one) => one.description === description))
      await ask('DELETE', `/v1/hooks/${_id}`)
    const about = `/apis/v1/communities/${serverId}`
    const fields = await ask<AnswerOf<'GET /apis/v1/communities/{communityId}/user-fields'>>(
      'GET',
      `${about}/user-fields`,
    )
    if (!fields.some((one) => one.field === field))
      await ask('POST', `${about}/user-fields`, { field, name: 'Favourite hut', type: 'single-line-text' })
    const members = await ask<AnswerOf<'GET /apis/v1/communities/{communityId}/users'>>(
      'GET',
      `${about}/users?search=${member}`,
    )
    const channels = await ask<AnswerOf<'GET /apis/v1/channels'>>('GET', '/apis/v1/channels')
    const channelId = channels.find(({ channelType }) => channelType === 'open')!._id
    const userId = members.find(({ username }) => username === member)!._id
    const actions: BodyOf<'POST /v1/hooks'>['action'][] = [
      { kind: 'message', channelId, userId },
      { kind: 'fields', fields: [field] },
      { kind: 'currency' },
    ]
    for (const action of actions) {
      const wanted = { name: `Demo: ${action.kind}`, description, action, signature: 'standard' }
      const { url, signingSecret } = await ask<AnswerOf<'POST /v1/hooks'>>('POST', '/v1/hooks', wanted)
      // The server's public address may be out of reach from here.
      hooks.set(action.kind, { url: apiUrl + new URL(url!).pathname, signer: new Webhook(signingSecret!) })
    }
  }

  return { paths: { '/calls': sameOrigin(calls) }, connect }
}

const sayings = ['The weather station says: 4 °C, no wind.', 'Snow is falling at the pass.', 'The hut is open again 🏔️']
const huts = ['Lake hut', 'Eagle’s nest', 'Larch hut']

/** What is asked for, another one each time. */
const bodies: { [K in HookKind]: (n: number) => HookCall<K> } = {
  message: (n) => ({ message: sayings[n % sayings.length]! }),
  fields: (n) => ({ user: member, customFields: [{ fieldIdorName: field, value: huts[n % huts.length]! }] }),
  currency: () => ({ user: member, operation: 'add', amount: 25 }),
}
