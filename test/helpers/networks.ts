import { createHash, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ConnectableNetwork } from '@rai/contract'
import { afterAll } from 'vitest'

/** An account of a network. */
export interface TestAccount {
  network: ConnectableNetwork
  id: string
  name: string
  createdAt: Date
  /** What it follows, has joined or subscribed to. */
  has: Set<string>
}

interface Asked {
  method: string
  /** `host/path` */
  place: string
  query: URLSearchParams
  form: URLSearchParams
  authorization: string
  clientId: string | undefined
}

type Answer = { status: number; body?: unknown; headers?: Record<string, string> }
const ok = (body: unknown): Answer => ({ status: 200, body })
const missing: Answer = { status: 404, body: {} }

const client = { clientId: 'our application', clientSecret: 'our secret' }

const authorizePages: Record<ConnectableNetwork, string> = {
  discord: 'discord.com/oauth2/authorize',
  twitch: 'id.twitch.tv/oauth2/authorize',
  youtube: 'accounts.google.com/o/oauth2/v2/auth',
  reddit: 'www.reddit.com/api/v1/authorize',
  github: 'github.com/login/oauth/authorize',
}
const tokenPages: Record<string, ConnectableNetwork> = {
  'discord.com/api/oauth2/token': 'discord',
  'id.twitch.tv/oauth2/token': 'twitch',
  'oauth2.googleapis.com/token': 'youtube',
  'www.reddit.com/api/v1/access_token': 'reddit',
  'github.com/login/oauth/access_token': 'github',
}
const revokePages = [
  'discord.com/api/oauth2/token/revoke',
  'id.twitch.tv/oauth2/revoke',
  'oauth2.googleapis.com/revoke',
  'www.reddit.com/api/v1/revoke_token',
  `api.github.com/applications/${encodeURIComponent(client.clientId)}/grant`,
]

/** What each network's API says to somebody's token. */
const apis: Record<ConnectableNetwork, (asked: Asked, account: TestAccount) => Answer | undefined> = {
  discord({ place }, { id, name, has }) {
    if (place === 'discord.com/api/v10/users/@me') return ok({ id, username: name })
    const guild = /^discord\.com\/api\/v10\/users\/@me\/guilds\/(\w+)\/member$/.exec(place)?.[1]
    if (guild) return has.has(guild) ? ok({ user: { id } }) : missing
  },
  twitch({ place, query, clientId }, { id, name, createdAt, has }) {
    if (clientId !== client.clientId) return { status: 401 }
    if (place === 'api.twitch.tv/helix/users')
      return ok({ data: [{ id, display_name: name, created_at: createdAt.toISOString() }] })
    if (query.get('user_id') !== id) return { status: 401 }
    const there = has.has(query.get('broadcaster_id')!)
    if (place === 'api.twitch.tv/helix/channels/followed') return ok({ data: there ? [{}] : [] })
    if (place === 'api.twitch.tv/helix/subscriptions/user') return there ? ok({ data: [{}] }) : missing
  },
  youtube({ place, query }, { id, name, createdAt, has }) {
    if (place === 'www.googleapis.com/youtube/v3/channels')
      return ok({ items: [{ id, snippet: { title: name, publishedAt: createdAt.toISOString() } }] })
    if (place === 'www.googleapis.com/youtube/v3/subscriptions')
      return ok({ items: has.has(query.get('forChannelId')!) ? [{ id: 'x' }] : [] })
  },
  reddit({ place }, { id, name, createdAt, has }) {
    if (place === 'oauth.reddit.com/api/v1/me') return ok({ id, name, created_utc: createdAt.getTime() / 1000 })
    const community = /^oauth\.reddit\.com\/r\/(\w+)\/about$/.exec(place)?.[1]
    return community ? ok({ data: { user_is_subscriber: has.has(community) } }) : undefined
  },
  github({ place }, { id, name, createdAt, has }) {
    if (place === 'api.github.com/user') return ok({ id: Number(id), login: name, created_at: createdAt.toISOString() })
    const followed = /^api\.github\.com\/user\/following\/(\w+)$/.exec(place)?.[1]
    if (followed) return has.has(followed) ? { status: 204 } : missing
  },
}

/** Where each is asked. */
const hosts =
  /^https:\/\/(discord\.com|id\.twitch\.tv|api\.twitch\.tv|accounts\.google\.com|oauth2\.googleapis\.com|www\.googleapis\.com|www\.reddit\.com|oauth\.reddit\.com|github\.com|api\.github\.com)\//

/**
 * The networks on which accounts can be connected, as far as we ask them: strict about applications, codes, PKCE and tokens. As
 * long as the file's tests.
 */
export async function startNetworks() {
  const codes = new Map<string, { account: TestAccount; redirectUri: string; challenge: string }>()
  const tokens = new Map<string, TestAccount>()
  const refreshTokens = new Map<string, TestAccount>()
  const log: string[] = []
  const networks = {
    client,
    /** Every question, as `METHOD host/path`. */
    log,
    /** Tokens that are good now. */
    tokens,
    /** In how many seconds new tokens end; none say it by default. */
    expiresIn: undefined as number | undefined,
    /** What the API says instead. */
    instead: undefined as Answer | undefined,
    /** The address at which the server reaches a network. */
    reach: (url: string) => url,
    /** `address:port` to be allowed. */
    address: '',
    newAccount: (network: ConnectableNetwork, has: readonly string[] = [], createdAt = new Date(0)): TestAccount => {
      const id = String(accounts++)
      return { network, id, name: `${network} ${id}`, createdAt, has: new Set(has) }
    },
    /** Somebody agrees to what they were sent to. Answers where they are sent back to. */
    agree(address: string, account: TestAccount): URL {
      const { host, pathname, searchParams: asked } = new URL(address)
      if (`${host}${pathname}` !== authorizePages[account.network])
        throw new Error(`not the page of ${account.network}`)
      if (asked.get('client_id') !== client.clientId || asked.get('code_challenge_method') !== 'S256')
        throw new Error('not what the network asks for')
      const code = randomUUID()
      const redirectUri = asked.get('redirect_uri')!
      codes.set(code, { account, redirectUri, challenge: asked.get('code_challenge')! })
      const back = new URL(redirectUri)
      back.search = new URLSearchParams({ code, state: asked.get('state')! }).toString()
      return back
    },
    /** Forgets every token, as somebody does who takes a permission back there. */
    forget: () => tokens.clear(),
  }

  const isOurs = ({ form, authorization }: Asked, network: ConnectableNetwork) =>
    network === 'reddit'
      ? authorization === `Basic ${Buffer.from(`${client.clientId}:${client.clientSecret}`).toString('base64')}`
      : form.get('client_id') === client.clientId && form.get('client_secret') === client.clientSecret

  function newTokens(asked: Asked, network: ConnectableNetwork): Answer {
    // GitHub says so with 200.
    const refused = { status: network === 'github' ? 200 : 400, body: { error: 'invalid_grant' } }
    if (!isOurs(asked, network)) return refused
    const { form } = asked
    let account: TestAccount | undefined
    if (form.get('grant_type') === 'refresh_token') {
      account = refreshTokens.get(form.get('refresh_token')!)
      refreshTokens.delete(form.get('refresh_token')!)
    } else {
      const known = codes.get(form.get('code')!)
      // A code works once, also where it is shown in the wrong way.
      codes.delete(form.get('code')!)
      const challenge = createHash('sha256')
        .update(form.get('code_verifier') ?? '')
        .digest('base64url')
      if (known?.redirectUri === form.get('redirect_uri') && known.challenge === challenge) account = known.account
    }
    if (account?.network !== network) return refused
    const [access, refresh] = [randomUUID(), randomUUID()]
    tokens.set(access, account)
    refreshTokens.set(refresh, account)
    const ends = networks.expiresIn === undefined ? {} : { expires_in: networks.expiresIn }
    // Twitch lists scopes.
    const scope = network === 'twitch' ? ['x'] : 'x'
    return ok({ access_token: access, refresh_token: refresh, token_type: 'bearer', scope, ...ends })
  }

  function revoke(body: string, { form }: Asked): Answer {
    const token = form.get('token') ?? (JSON.parse(body) as { access_token: string }).access_token
    const account = refreshTokens.get(token) ?? tokens.get(token)
    for (const [access, owner] of tokens) if (owner === account) tokens.delete(access)
    return { status: account ? 200 : 400 }
  }

  function answerTo(asked: Asked, body: string): Answer {
    const network = tokenPages[asked.place]
    if (network) return newTokens(asked, network)
    if (revokePages.includes(asked.place)) return revoke(body, asked)
    if (networks.instead) return networks.instead
    const account = tokens.get(asked.authorization.replace('Bearer ', ''))
    if (!account) return { status: 401, body: {} }
    return apis[account.network](asked, account) ?? missing
  }

  const server = createServer(async (request, response) => {
    const body = await bodyOf(request)
    const { pathname, searchParams } = new URL(request.url!, 'http://x')
    const asked: Asked = {
      method: request.method!,
      place: pathname.slice(1),
      query: searchParams,
      form: new URLSearchParams(body),
      authorization: request.headers.authorization ?? '',
      clientId: request.headers['client-id'] as string | undefined,
    }
    log.push(`${asked.method} ${asked.place}`)
    const { status, body: said, headers } = answerTo(asked, body)
    response.writeHead(status, { 'content-type': 'application/json', ...headers })
    response.end(said === undefined ? undefined : JSON.stringify(said))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  afterAll(() => server.close())
  networks.address = `127.0.0.1:${(server.address() as AddressInfo).port}`
  networks.reach = (url) => url.replace(hosts, `http://${networks.address}/$1/`)
  return networks
}

let accounts = 1000

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part as Buffer)
  return Buffer.concat(parts).toString()
}
