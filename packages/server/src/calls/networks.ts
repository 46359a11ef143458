import { createHash } from 'node:crypto'
import type { ConnectableNetwork, SocialAction } from '@rai/contract'
import { z } from 'zod'
import { CallFailure, type GuardedFetch } from './fetch.js'
import { retryAfter } from './retry-after.js'

/*
 * What we ask networks, always as an account whose owner let us: who it is, and whether it follows, has joined or subscribed
 * to something. One entry says for each network where that is asked; the rest is OAuth 2 (RFC 6749, with RFC 7636, 7009).
 */

/** An application's credentials at a network. */
export interface Client {
  clientId: string
  clientSecret: string
}

/** What lets us ask as an account. */
export const Tokens = z.object({
  access: z.string(),
  /** Gets another one. */
  refresh: z.string().nullable(),
  /** When it ends, in milliseconds; null for never. */
  endsAt: z.number().nullable(),
})
export type Tokens = z.infer<typeof Tokens>

/** An account, as its network calls it. */
export interface NetworkAccount {
  id: string
  name: string
  /** Null where the network does not tell it. */
  createdAt: Date | null
}

/** The network did not say what was asked. */
export class NetworkFailure extends Error {
  override readonly name = 'NetworkFailure'
  /** It takes our permission no more. */
  readonly isRefused: boolean
  /** When it may be asked again, where it says so. */
  readonly retryAt: Date | undefined

  constructor(
    message: string,
    { isRefused = false, retryAt }: { isRefused?: boolean; retryAt?: Date | undefined } = {},
  ) {
    super(message)
    this.isRefused = isRefused
    this.retryAt = retryAt
  }
}

/** Asks for something of the network's API. Undefined for what is not there (404). */
type Get = (url: string, query?: Record<string, string>) => Promise<unknown>
type Check = (get: Get, target: string, accountId: string) => Promise<boolean>

interface Network {
  authorize: string
  /** What else stands in that address. */
  parameters?: Record<string, string>
  token: string
  /**
   * By which method our permission is given back. `endsGrant`: it ends with that whatever else the account has let the
   * application do, and not one token's.
   */
  revoke: { url: string; by: 'token' | 'client' | 'grant'; endsGrant?: true }
  /** What we ask to be allowed. */
  scopes: readonly string[]
  /** The credentials come in a header (RFC 6749, 2.3.1), and not in the form. */
  basic?: true
  /** The client's id comes with every question. */
  namesClient?: true
  whoIs(get: Get): Promise<NetworkAccount>
  checks: Partial<Record<SocialAction, Check>>
}

const Id = z.union([z.string().min(1), z.int().transform(String)])
const isThere = (answer: unknown): boolean => answer !== undefined
const Listed = z.object({ data: z.array(z.unknown()) })

/** The moment in the id of an account (Discord's ids begin with the milliseconds since 2015). */
const momentOfSnowflake = (id: string): Date | null =>
  /^\d{1,20}$/.test(id) ? new Date(Number((BigInt(id) >> 22n) + 1_420_070_400_000n)) : null

const networks: Record<ConnectableNetwork, Network> = {
  discord: {
    authorize: 'https://discord.com/oauth2/authorize',
    token: 'https://discord.com/api/oauth2/token',
    revoke: { url: 'https://discord.com/api/oauth2/token/revoke', by: 'token', endsGrant: true },
    scopes: ['identify', 'guilds.members.read'],
    async whoIs(get) {
      const User = z.object({ id: Id, username: z.string() })
      const { id, username } = User.parse(await get('https://discord.com/api/v10/users/@me'))
      return { id, name: username, createdAt: momentOfSnowflake(id) }
    },
    checks: {
      join: async (get, guild) =>
        isThere(await get(`https://discord.com/api/v10/users/@me/guilds/${encodeURIComponent(guild)}/member`)),
    },
  },
  twitch: {
    authorize: 'https://id.twitch.tv/oauth2/authorize',
    token: 'https://id.twitch.tv/oauth2/token',
    revoke: { url: 'https://id.twitch.tv/oauth2/revoke', by: 'client' },
    scopes: ['user:read:follows', 'user:read:subscriptions'],
    namesClient: true,
    async whoIs(get) {
      const Users = z.object({
        data: z.tuple([z.object({ id: Id, display_name: z.string(), created_at: z.coerce.date() })]),
      })
      const { data } = Users.parse(await get('https://api.twitch.tv/helix/users'))
      const [{ id, display_name, created_at }] = data
      return { id, name: display_name, createdAt: created_at }
    },
    checks: {
      follow: async (get, broadcaster_id, user_id) =>
        hasSome(Listed, await get('https://api.twitch.tv/helix/channels/followed', { user_id, broadcaster_id })),
      subscribe: async (get, broadcaster_id, user_id) =>
        hasSome(Listed, await get('https://api.twitch.tv/helix/subscriptions/user', { broadcaster_id, user_id })),
    },
  },
  youtube: {
    authorize: 'https://accounts.google.com/o/oauth2/v2/auth',
    parameters: { access_type: 'offline', prompt: 'consent' },
    token: 'https://oauth2.googleapis.com/token',
    revoke: { url: 'https://oauth2.googleapis.com/revoke', by: 'token', endsGrant: true },
    scopes: ['https://www.googleapis.com/auth/youtube.readonly'],
    async whoIs(get) {
      const Channels = z.object({
        items: z.tuple([z.object({ id: Id, snippet: z.object({ title: z.string(), publishedAt: z.coerce.date() }) })]),
      })
      const asked = { part: 'snippet', mine: 'true' }
      const { items } = Channels.parse(await get('https://www.googleapis.com/youtube/v3/channels', asked))
      const [{ id, snippet }] = items
      return { id, name: snippet.title, createdAt: snippet.publishedAt }
    },
    checks: {
      subscribe: async (get, forChannelId) => {
        const asked = { part: 'id', mine: 'true', forChannelId }
        const Items = z.object({ items: z.array(z.unknown()) }).transform(({ items }) => ({ data: items }))
        return hasSome(Items, await get('https://www.googleapis.com/youtube/v3/subscriptions', asked))
      },
    },
  },
  reddit: {
    authorize: 'https://www.reddit.com/api/v1/authorize',
    parameters: { duration: 'permanent' },
    token: 'https://www.reddit.com/api/v1/access_token',
    revoke: { url: 'https://www.reddit.com/api/v1/revoke_token', by: 'token' },
    scopes: ['identity', 'read'],
    basic: true,
    async whoIs(get) {
      const Me = z.object({ id: Id, name: z.string(), created_utc: z.number() })
      const { id, name, created_utc } = Me.parse(await get('https://oauth.reddit.com/api/v1/me'))
      return { id, name, createdAt: new Date(created_utc * 1000) }
    },
    checks: {
      join: async (get, community) => {
        const About = z.object({ data: z.object({ user_is_subscriber: z.boolean().nullable() }) })
        const about = await get(`https://oauth.reddit.com/r/${encodeURIComponent(community)}/about`)
        return isThere(about) && About.parse(about).data.user_is_subscriber === true
      },
    },
  },
  github: {
    authorize: 'https://github.com/login/oauth/authorize',
    token: 'https://github.com/login/oauth/access_token',
    revoke: { url: 'https://api.github.com/applications/{clientId}/grant', by: 'grant', endsGrant: true },
    scopes: ['read:user'],
    async whoIs(get) {
      const User = z.object({ id: Id, login: z.string(), created_at: z.coerce.date() })
      const { id, login, created_at } = User.parse(await get('https://api.github.com/user'))
      return { id, name: login, createdAt: created_at }
    },
    checks: {
      follow: async (get, name) =>
        isThere(await get(`https://api.github.com/user/following/${encodeURIComponent(name)}`)),
    },
  },
}

const hasSome = (list: z.ZodType<{ data: unknown[] }>, answer: unknown): boolean =>
  isThere(answer) && list.parse(answer).data.length > 0

/** What we ask a network to be allowed, in its own words. */
export const scopesOf = (network: ConnectableNetwork): readonly string[] => networks[network].scopes

/** Whether giving one permission of an account's back ends every other one that it gave the application. */
export const endsGrant = (network: ConnectableNetwork): boolean => networks[network].revoke.endsGrant ?? false

export interface Going {
  clientId: string
  redirectUri: string
  state: string
  /** What we show at the end; its hash goes along (RFC 7636). */
  verifier: string
}

/** The address that a member is sent to. */
export function authorizeUrl(network: ConnectableNetwork, { clientId, redirectUri, state, verifier }: Going): string {
  const { authorize, parameters, scopes } = networks[network]
  const url = new URL(authorize)
  url.search = new URLSearchParams({
    ...parameters,
    response_type: 'code',
    client_id: clientId,
    redirect_uri: redirectUri,
    scope: scopes.join(' '),
    state,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  }).toString()
  return url.href
}

const TokenAnswer = z.object({
  access_token: z.string().min(1).max(4096),
  refresh_token: z.string().min(1).max(4096).optional(),
  expires_in: z.number().positive().optional(),
})
const limits = { accept: 'application/json', maxBytes: 256 * 1024, timeoutMs: 5_000 } as const
const formType = { 'content-type': 'application/x-www-form-urlencoded' }

/** Everything that is asked of networks. All of it fails with a NetworkFailure. */
export function createNetworks(fetchGuarded: GuardedFetch, clock: () => Date) {
  async function call(url: string, options: Partial<Parameters<GuardedFetch>[1]>) {
    try {
      return await fetchGuarded(url, { ...limits, ...options })
    } catch (error) {
      if (error instanceof CallFailure) throw new NetworkFailure(error.message)
      throw error
    }
  }

  const basicOf = ({ clientId, clientSecret }: Client) => ({
    authorization: `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}`,
  })

  async function tokensFor(
    network: ConnectableNetwork,
    client: Client,
    grant: Record<string, string>,
    before: string | null,
  ): Promise<Tokens> {
    const { token, basic } = networks[network]
    const body = new URLSearchParams({
      ...grant,
      ...(!basic && { client_id: client.clientId, client_secret: client.clientSecret }),
    })
    const headers = { ...formType, ...(basic && basicOf(client)) }
    const answer = await call(token, { method: 'POST', headers, body: body.toString() })
    const data = answer.status === 200 ? TokenAnswer.safeParse(json(answer.body)).data : undefined
    // Some say 200 to what they refuse.
    const isRefused = [200, 400, 401].includes(answer.status)
    if (!data) throw new NetworkFailure('no token', { isRefused, retryAt: retryAfter(answer.headers, clock()) })
    return {
      access: data.access_token,
      refresh: data.refresh_token ?? before,
      endsAt: data.expires_in === undefined ? null : clock().getTime() + data.expires_in * 1000,
    }
  }

  const getAs =
    (network: ConnectableNetwork, { clientId }: Pick<Client, 'clientId'>, { access }: Tokens): Get =>
    async (url, query = {}) => {
      const headers = {
        authorization: `Bearer ${access}`,
        ...(networks[network].namesClient && { 'client-id': clientId }),
      }
      const asked = new URLSearchParams(query).toString()
      const { status, headers: told, body } = await call(asked ? `${url}?${asked}` : url, { headers })
      if (status === 404) return undefined
      if (status === 204) return null
      if (status === 200) return json(body)
      throw new NetworkFailure(`answered ${status}`, { isRefused: status === 401, retryAt: retryAfter(told, clock()) })
    }

  /** What is not as the network documents it is no answer. */
  async function understood<T>(work: Promise<T>): Promise<T> {
    try {
      return await work
    } catch (error) {
      throw error instanceof z.ZodError ? new NetworkFailure('answered something else') : error
    }
  }

  return {
    /** Who came back, by the code that they brought. */
    exchange: (
      network: ConnectableNetwork,
      client: Client,
      { code, redirectUri, verifier }: { code: string; redirectUri: string; verifier: string },
    ): Promise<Tokens> => {
      const grant = { grant_type: 'authorization_code', code, redirect_uri: redirectUri, code_verifier: verifier }
      return tokensFor(network, client, grant, null)
    },

    whoIs: (network: ConnectableNetwork, client: Client, tokens: Tokens): Promise<NetworkAccount> =>
      understood(networks[network].whoIs(getAs(network, client, tokens))),

    /** Tokens that are good for a while, and whether they are others. */
    fresh: async (network: ConnectableNetwork, client: Client, tokens: Tokens): Promise<Tokens> => {
      if (tokens.endsAt === null || tokens.endsAt > clock().getTime() + 60_000) return tokens
      if (tokens.refresh === null) throw new NetworkFailure('has ended', { isRefused: true })
      const grant = { grant_type: 'refresh_token', refresh_token: tokens.refresh }
      return tokensFor(network, client, grant, tokens.refresh)
    },

    /** Whether an account has done something. */
    has: (
      network: ConnectableNetwork,
      client: Client,
      tokens: Tokens,
      { action, target, accountId }: { action: SocialAction; target: string; accountId: string },
    ): Promise<boolean> => {
      const check = networks[network].checks[action]
      if (!check) throw new NetworkFailure('does not tell that')
      return understood(check(getAs(network, client, tokens), target, accountId))
    },

    /** Gives our permission back. */
    revoke: async (network: ConnectableNetwork, client: Client, tokens: Tokens): Promise<void> => {
      const { revoke, basic } = networks[network]
      const url = revoke.url.replace('{clientId}', encodeURIComponent(client.clientId))
      if (revoke.by === 'grant') {
        const body = JSON.stringify({ access_token: tokens.access })
        const headers = { ...basicOf(client), 'content-type': 'application/json' }
        await call(url, { method: 'DELETE', headers, body })
        return
      }
      const secret = revoke.by === 'token' ? { client_secret: client.clientSecret } : {}
      const own = basic ? {} : { client_id: client.clientId, ...secret }
      const token = revoke.by === 'token' ? (tokens.refresh ?? tokens.access) : tokens.access
      const body = new URLSearchParams({ token, ...own }).toString()
      await call(url, { method: 'POST', headers: { ...formType, ...(basic && basicOf(client)) }, body })
    },
  }
}
export type Networks = ReturnType<typeof createNetworks>

function json(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString())
  } catch {
    throw new NetworkFailure('answered no JSON')
  }
}
