import { lookup } from 'node:dns/promises'
import { Agent, type IncomingHttpHeaders, type IncomingMessage, request as requestHttp } from 'node:http'
import { request as requestHttps, Agent as SecureAgent } from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import ipaddr from 'ipaddr.js'

/*
 * The one way to addresses that others chose: pictures, linked pages, networks, operators' endpoints. Whoever names an
 * address must not reach by it what only this machine can reach. So the name is resolved first, every address that it has
 * must be a public one, and the connection goes to just those: a name that means something else a moment later changes
 * nothing. Redirects are not followed.
 */

/** The address cannot be called, or did not answer as it should. The message is for logs; it says nothing of what was found. */
export class CallFailure extends Error {
  override readonly name = 'CallFailure'
}

/** What came back, in full. */
export interface CallAnswer {
  status: number
  headers: IncomingHttpHeaders
  body: Buffer
}

export interface CallOptions {
  /** What is asked for: the header `Accept`. */
  accept: string
  /** Default: GET. */
  method?: 'GET' | 'POST' | 'DELETE'
  /** What is sent besides. */
  headers?: Readonly<Record<string, string>>
  body?: string
  /** An answer with a longer body fails, or is read so far and no further (`cut`). */
  maxBytes: number
  cut?: boolean
  /** By http at its own port too: where nothing is said that is not for everybody. */
  orPlain?: boolean
  /** From the look for the name to the last byte. */
  timeoutMs: number
  /** To the connection, its encryption included. Default: as long as everything. */
  connectMs?: number
  /** Ends the call early. */
  signal?: AbortSignal
}

export type GuardedFetch = (url: string, options: CallOptions) => Promise<CallAnswer>

/** Every address of a name. */
export type Resolve = (name: string) => Promise<string[]>

const resolveByDns: Resolve = async (name) => (await lookup(name, { all: true })).map(({ address }) => address)

/**
 * Makes the fetch for calling whom others named: by https at its own port, unless the call says more, at public addresses only.
 * @param allowed `address:port` pairs that an operator lets be called as well, by http too: `10.0.0.5:8080`, `[fd00::5]:8080`.
 */
export function createGuardedFetch(allowed: readonly string[], resolve: Resolve = resolveByDns): GuardedFetch {
  const lines: Lines = { 'http:': byAddress(new Agent(kept)), 'https:': byAddress(new SecureAgent(kept)) }
  return async (text, { maxBytes, cut = false, orPlain = false, timeoutMs, signal, ...asked }) => {
    const url = callable(text)
    if (!url) throw new CallFailure('not an address that is called')
    const timeout = AbortSignal.timeout(timeoutMs)
    const ended = signal ? AbortSignal.any([timeout, signal]) : timeout
    const host = hostOf(url)
    try {
      const addresses = isIP(host) ? [host] : await orEnded(resolve(host), ended)
      if (addresses.length === 0 || !addresses.every((address) => mayCall(allowed, address, url, orPlain)))
        throw new CallFailure('not a public address')
      const answer = await send(lines, url, addresses, asked, ended)
      return { status: answer.statusCode!, headers: answer.headers, body: await bodyOf(answer, maxBytes, cut) }
    } catch (error) {
      throw error instanceof CallFailure ? error : new CallFailure((error as Error).message, { cause: error })
    }
  }
}

/**
 * Whether an address could ever be called. Which addresses its name has is looked up only then.
 * @param allowed As for `createGuardedFetch`.
 */
export function couldCall(allowed: readonly string[], text: string): boolean {
  const url = callable(text)
  if (!url) return false
  const host = hostOf(url)
  if (isIP(host)) return mayCall(allowed, host, url)
  return (isUsual(url) && !isLocalName(host)) || allowed.some((place) => place.endsWith(`:${portOf(url)}`))
}

function callable(text: string): URL | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined
  return url && /^https?:$/.test(url.protocol) && !url.username && !url.password ? url : undefined
}

/** A name that never means another machine, or means one only in a network of its own. */
const isLocalName = (name: string): boolean => /(^|\.)localhost\.?$|^[^.]+\.?$/.test(name)
const hostOf = ({ hostname }: URL): string => hostname.replace(/^\[|\]$/g, '')
const portOf = ({ protocol, port }: URL): string => port || (protocol === 'https:' ? '443' : '80')
const isUsual = ({ protocol, port }: URL, orPlain = false): boolean =>
  (protocol === 'https:' || (orPlain && protocol === 'http:')) && port === ''

function mayCall(allowed: readonly string[], address: string, url: URL, orPlain = false): boolean {
  const place = isIP(address) === 6 ? `[${address}]` : address
  return allowed.includes(`${place}:${portOf(url)}`) || (isUsual(url, orPlain) && isPublic(address))
}

/** Whether an address is one of the internet's, for one receiver, and hides no other address in it. */
export function isPublic(address: string): boolean {
  if (!ipaddr.isValid(address)) return false
  const parsed = ipaddr.parse(address)
  // Only this part of IPv6 is given out. The library takes the rest for public where it knows no name for it.
  const isGivenOut = parsed.kind() === 'ipv4' || parsed.match(ipaddr.parseCIDR('2000::/3'))
  return parsed.range() === 'unicast' && isGivenOut
}

/** How long a connection stays open for the next call, in milliseconds, if the other side says no less. */
const kept = { keepAlive: true, timeout: 4000 } as const
type Lines = Record<string, Agent>

/** Connections that are used again for the same addresses only: a name that means something else by then gets a new one. */
function byAddress(agent: Agent): Agent {
  const nameOf = agent.getName.bind(agent)
  agent.getName = (options) => `${nameOf(options)} ${(options as { addresses?: string }).addresses}`
  return agent
}

/** Connects to one of the addresses under the URL's own name, and waits for the head of the answer. */
async function send(
  lines: Lines,
  url: URL,
  addresses: readonly string[],
  asked: Pick<CallOptions, 'accept' | 'method' | 'headers' | 'body' | 'connectMs'>,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const { accept, method = 'GET', headers: more, body, connectMs } = asked
  const found = addresses.map((address) => ({ address, family: isIP(address) }))
  const pinned: LookupFunction = (_, { all }, callback) =>
    all ? callback(null, found) : callback(null, found[0]!.address, found[0]!.family)
  const isSecure = url.protocol === 'https:'
  const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }
  const headers = { 'user-agent': 'rai', ...more, ...length, accept }
  const options = { agent: lines[url.protocol]!, addresses: addresses.join(), method, lookup: pinned, signal, headers }
  const sent = (isSecure ? requestHttps : requestHttp)(url, options)
  try {
    return await new Promise((resolve, reject) => {
      sent.on('response', resolve).on('error', reject).end(body)
      // What ends without an answer and without an error: one that changes to another protocol, which nobody asked for.
      sent.once('close', () => reject(new CallFailure('no answer')))
      if (connectMs === undefined) return
      const late = setTimeout(() => sent.destroy(new CallFailure('no connection in time')), connectMs)
      const inTime = () => clearTimeout(late)
      sent.once('socket', (socket) =>
        sent.reusedSocket ? inTime() : socket.once(isSecure ? 'secureConnect' : 'connect', inTime),
      )
      sent.once('close', inTime)
    })
  } catch (error) {
    // The other side has closed what was kept: most likely before it had read this. Whoever is called bears a copy.
    if (sent.reusedSocket && (error as NodeJS.ErrnoException).code === 'ECONNRESET')
      return send(lines, url, addresses, asked, signal)
    throw error
  }
}

/** The body as it came: what is packed stays packed. */
async function bodyOf(answer: IncomingMessage, maxBytes: number, cut: boolean): Promise<Buffer> {
  const parts: Buffer[] = []
  let size = 0
  // Leaving the loop early destroys the answer, and its connection with it.
  for await (const part of answer) {
    size += (part as Buffer).length
    parts.push(part as Buffer)
    if (size > maxBytes && cut) break
    if (size > maxBytes) throw new CallFailure('too long an answer')
  }
  return Buffer.concat(parts).subarray(0, maxBytes)
}

/** A name is looked up as long as the system likes. */
function orEnded<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
    work.then(resolve, reject)
  })
}
