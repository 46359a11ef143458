import { type Manifest, ManifestError, parseManifest } from '../manifest.js'
import { type Result, result } from './report.js'

/** In milliseconds. */
const patience = 10_000

/** What a page's answer says of itself: whether it may be framed, and what a browser should not guess. */
export async function checkHeaders(url: URL, host: string | undefined): Promise<Result[]> {
  const answered = await get(url)
  if (!answered) return [result('the page answers', false, `${url} gave no answer in ${patience / 1000} s`)]
  const { headers, status } = answered
  const type = headers.get('content-type') ?? ''
  const policies = (headers.get('content-security-policy') ?? '').split(/[;,]/).map((part) => part.trim().split(/\s+/))
  const ancestors = policies
    .filter(([name]) => name?.toLowerCase() === 'frame-ancestors')
    .map(([, ...sources]) => sources)
  const frameOptions = headers.get('x-frame-options')
  return [
    result('the page answers', answered.ok && type.startsWith('text/html'), `it answered ${status} ${type}`),
    result(
      'browsers let it be framed (X-Frame-Options)',
      // Where both are there, browsers obey the policy.
      frameOptions === null || ancestors.length > 0,
      `take X-Frame-Options: ${frameOptions} away and say who may frame it by frame-ancestors`,
    ),
    result(
      'it says who may frame it (frame-ancestors)',
      ancestors.length > 0 && ancestors.every((sources) => mayFrame(sources, host)),
      ancestors.length > 0
        ? `frame-ancestors ${ancestors.map((sources) => sources.join(' ')).join(', ')} leaves ${host ?? 'every host'} out`
        : `send Content-Security-Policy: frame-ancestors ${host ?? 'https://the-community.example'}`,
    ),
    result(
      'browsers do not guess types (X-Content-Type-Options)',
      headers.get('x-content-type-options')?.toLowerCase() === 'nosniff',
      'send X-Content-Type-Options: nosniff',
    ),
    result(
      'addresses stay private (Referrer-Policy)',
      headers.has('referrer-policy'),
      'send Referrer-Policy: strict-origin',
    ),
    url.protocol === 'https:'
      ? result(
          'browsers stay on https (Strict-Transport-Security)',
          headers.has('strict-transport-security'),
          'send Strict-Transport-Security: max-age=31536000',
        )
      : result('browsers stay on https (Strict-Transport-Security)', undefined, 'the page was asked for by http'),
  ]
}

/** The manifest at the page's origin, and what is wrong with it. */
export async function checkManifest(url: URL): Promise<{ results: Result[]; manifest?: Manifest }> {
  const what = 'the manifest is right (/.well-known/rai-channel.json)'
  const answered = await get(new URL('/.well-known/rai-channel.json', url))
  if (!answered?.ok)
    return { results: [result(what, false, answered ? `it answered ${answered.status}` : 'it gave no answer')] }
  try {
    return { results: [result(what, true)], manifest: parseManifest(await answered.json(), url.origin) }
  } catch (error) {
    const hint = error instanceof ManifestError ? error.problems.join('; ') : 'it is no JSON'
    return { results: [result(what, false, hint)] }
  }
}

const get = (url: URL) =>
  fetch(url, { signal: AbortSignal.timeout(patience), headers: { accept: 'text/html, application/json' } }).catch(
    () => undefined,
  )

/** Whether a list of `frame-ancestors` has a host, or any at all. */
function mayFrame(sources: string[], host: string | undefined): boolean {
  if (host === undefined) return sources.some((source) => source !== "'none'" && source !== "'self'")
  const { origin, hostname, protocol, port } = new URL(host)
  return sources.some((source) => {
    if (source === '*' || source === origin || source === protocol) return true
    const [, scheme, name, itsPort] = /^(?:(https?:)\/\/)?([^:/]+)(?::(\d+|\*))?\/?$/.exec(source) ?? []
    if (name === undefined || (scheme ?? 'https:') !== protocol || (itsPort !== '*' && (itsPort ?? '') !== port))
      return false
    return name === hostname || (name.startsWith('*.') && hostname.endsWith(name.slice(1)))
  })
}
