import { type IncomingMessage, request as send } from 'node:http'
import type { DemoFile } from '../packages/server/src/demo.js'
import type { Answer } from './site.js'

/** How long after its first request a visit with the fault `stale` loses the API. */
const goodFor = 3_000

/**
 * `/faults/<kind>/…`: the API behind a line that breaks. `hang` never answers, `error` is a gateway's 502, `drop` hangs
 * up, `stale-<visit>` works for three seconds and then hangs up.
 */
export function faults({ apiUrl, siteUrl }: DemoFile): Answer {
  const visits = new Map<string, number>()

  const kinds: Record<string, (visit: string) => 'pass' | 'hang' | 'error' | 'drop'> = {
    hang: () => 'hang',
    error: () => 'error',
    drop: () => 'drop',
    stale: (visit) => {
      const since = visits.get(visit) ?? Date.now()
      visits.set(visit, since)
      return Date.now() - since < goodFor ? 'pass' : 'drop'
    },
  }

  return async (request, response) => {
    const [, , name = '', ...rest] = (request.url ?? '').split('/')
    const [kind = '', visit = ''] = name.split('-')
    const fault = kinds[kind]?.(visit)
    if (fault === 'drop') request.socket.destroy()
    if (fault === 'error') response.writeHead(502, { 'Content-Type': 'text/html' }).end('<h1>Bad gateway</h1>')
    if (fault !== 'pass') return
    const passed = send(`${apiUrl}/${rest.join('/')}`, { method: request.method, headers: forwarded(request) })
    passed.on('response', (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    })
    passed.on('error', () => request.socket.destroy())
    response.on('close', () => passed.destroy())
    // A stream that is still open then breaks with everything else.
    setTimeout(() => response.writableFinished || request.socket.destroy(), goodFor).unref()
    request.pipe(passed)
  }

  /** The API checks the page's origin, which browsers leave out on the way to the page's own site. */
  function forwarded({ headers }: IncomingMessage) {
    const { host: _, ...kept } = headers
    return { ...kept, origin: siteUrl }
  }
}
