import { elementsIn, noKey, type Page } from './commands.js'
import type { Settings } from './settings.js'

/** What `rai('diagnose')` answers. Nothing in it is a secret: no token, and of the key its ends. */
export interface Diagnosis {
  /** The loader's, the elements' by tag, and the contract's as the API says it; undefined for what was not reached. */
  versions: { loader: string | undefined; elements: Record<string, string | undefined>; contract: string | undefined }
  key: { hint: string; accepted: boolean; reason: string }
  /** What the page's Content-Security-Policy must allow. */
  policy: string
  /** What was refused or failed, as far as the browser tells. */
  blocked: string[]
  /** Who is signed in: the claims of a fresh token, or why there is none. */
  token: { sub?: unknown; aud?: unknown; exp?: unknown; reason: string }
  /** How far the visitor's clock is behind the server's, in seconds. */
  clockSkew: number | undefined
  stream: string
  elements: { tag: string; name: string; version: string | undefined; state: string }[]
  /** Whether the page may use storage. We need none. */
  storage: string
}

/** How long anything that is asked here may take, in milliseconds. */
const timeLimit = 9000
const states = ['loading', 'empty', 'error', 'stale']

/** Tries what the widgets do, prints on one screen how it went, and answers the same as data. */
export async function diagnose({ rai, settings, src }: Page): Promise<Diagnosis> {
  const { apiUrl = '' } = settings
  const apiKey = settings.apiKey === noKey ? '' : (settings.apiKey ?? '')
  const hint = apiKey && `${apiKey.slice(0, 7)}…${apiKey.slice(-4)}`
  const loader = new URL(src)
  const api = new URL(apiUrl, location.href)
  const refused = new Set<string>()
  const hear = ({ effectiveDirective, blockedURI }: SecurityPolicyViolationEvent) =>
    refused.add(`${effectiveDirective}: ${blockedURI}`)
  document.addEventListener('securitypolicyviolation', hear)

  const base = `${apiUrl}/widget/v1/${apiKey}`
  const [config, stream, token] = await Promise.all([
    ask(`${base}/config`),
    ask(`${base}/stream`, { headers: { Accept: 'text/event-stream' } }),
    tokenOf(settings),
    // Where the code comes from may be refused although the API is not.
    ask(src, { cache: 'no-cache' }),
  ])
  document.removeEventListener('securitypolicyviolation', hear)

  const ours = (name: string) => [loader, api].some(({ origin }) => name.startsWith(`${origin}/`))
  for (const { name, responseStatus } of performance.getEntriesByType('resource') as PerformanceResourceTiming[])
    if (ours(name) && responseStatus >= 400) refused.add(`${responseStatus}: ${name}`)

  const date = Date.parse(config.headers?.get('date') ?? '')
  const found = elementsIn(rai.tags?.roots ?? [document]).map((element) => ({
    tag: element.localName,
    name: element.getAttribute('board') ?? '',
    version: (element.constructor as { version?: string }).version,
    state: stateOf(element),
  }))
  const origins = [...new Set([api.origin, loader.origin])].map((origin) =>
    origin === location.origin ? "'self'" : origin,
  )
  const diagnosis: Diagnosis = {
    versions: {
      loader: rai.version,
      elements: Object.fromEntries(found.map(({ tag, version }) => [tag, version])),
      contract: config.headers?.get('x-rai-version') ?? undefined,
    },
    key: { hint, accepted: config.ok, reason: apiKey ? config.reason : 'no data-key' },
    policy: `script-src ${origins.at(-1)}; connect-src ${origins.join(' ')}; trusted-types rai-html`,
    blocked: [...refused].map((text) => (apiKey ? text.replaceAll(apiKey, hint) : text)),
    token,
    clockSkew: date ? Math.round((date - Date.now()) / 1000) : undefined,
    stream: stream.ok ? 'opens' : stream.reason,
    elements: found,
    storage: storage(),
  }
  console.info(textOf(diagnosis))
  return diagnosis
}

interface Outcome {
  ok: boolean
  /** In words. */
  reason: string
  headers?: Headers
}

/** Asks for something, and leaves a body that is not needed. */
async function ask(url: string, options: RequestInit = {}): Promise<Outcome> {
  const enough = new AbortController()
  const signal = AbortSignal.any([enough.signal, AbortSignal.timeout(timeLimit)])
  try {
    const response = await fetch(url, { credentials: 'omit', ...options, signal })
    const { ok, status, headers } = response
    const { code = '' } = ok ? {} : await response.json().catch(() => ({}))
    return { ok, headers, reason: ok ? 'accepted' : `${status} ${code}` }
  } catch (error) {
    return { ok: false, reason: `not reached: blocked, offline, or not our server (${(error as Error).name})` }
  } finally {
    enough.abort()
  }
}

/** Asks for a token as the widgets do, and reads of it what is no secret. */
async function tokenOf({ getToken, tokenUrl }: Settings): Promise<Diagnosis['token']> {
  if (!getToken && !tokenUrl) return { reason: 'a guest: the page names no source of tokens' }
  try {
    const given: unknown = await Promise.race([
      getToken ? getToken() : fromUrl(tokenUrl!),
      new Promise((_, reject) => setTimeout(reject, timeLimit, new Error('no answer'))),
    ])
    const token = typeof given === 'string' ? given : (given as { embedToken?: string } | null)?.embedToken
    if (!token) return { reason: 'a guest: the source says that nobody is signed in' }
    const claims = atob(token.split('.')[1]!.replaceAll('-', '+').replaceAll('_', '/'))
    const { sub, aud, exp } = JSON.parse(claims)
    return { sub, aud, exp, reason: 'a member' }
  } catch (error) {
    return { reason: `no token: ${(error as Error).message}` }
  }
}

async function fromUrl(url: string): Promise<unknown> {
  const response = await fetch(url, { credentials: 'same-origin', cache: 'no-store' })
  if ([204, 401, 403].includes(response.status)) return null
  if (!response.ok) throw new Error(`the source answers ${response.status}`)
  const answer = await response.json()
  return answer.data ?? answer
}

function stateOf(element: Element): string {
  if (!element.matches(':defined')) return 'has no code'
  return states.find((state) => element.matches(`:state(${state})`)) ?? 'ready'
}

function storage(): string {
  try {
    void localStorage.length
    return 'open (not used)'
  } catch {
    return 'closed (not needed)'
  }
}

/** One line a fact. */
function textOf(diagnosis: Diagnosis): string {
  const { versions, key, policy, blocked, token, clockSkew, stream, elements, storage: kept } = diagnosis
  const lines: [string, string][] = [
    ['loader', `${versions.loader}`],
    ['contract', `${versions.contract}`],
    ['key', `${key.hint}: ${key.reason}`],
    ['policy', policy],
    ...blocked.map((text): [string, string] => ['blocked', text]),
    ['token', [token.reason, token.sub, token.aud, token.exp].filter((part) => part !== undefined).join(', ')],
    ['clock', clockSkew === undefined ? 'unknown' : `${clockSkew} s behind the server`],
    ['stream', stream],
    ...elements.map(({ tag, name, version, state }): [string, string] => [tag, `${name} ${version}: ${state}`]),
    ['storage', kept],
  ]
  return `[rai]\n${lines.map(([name, text]) => `${name.padEnd(16)} ${text}`).join('\n')}`
}
