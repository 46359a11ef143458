import type { Environment } from './environment.js'
import { ApiError, type FailureCode } from './failures.js'
import { serverNow } from './server-clock.js'

/** How long a whole exchange may take, retries and body included: a person sees its end within ten seconds. */
const timeLimit = 9000
/** In characters. Our largest answer is a hundredth of it. */
const sizeLimit = 2_000_000

/** Ends a piece of work after the time limit, and turns whatever it throws into an ApiError. */
export async function limited<T>(
  environment: Environment,
  outer: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const inner = new AbortController()
  const signal = outer ? AbortSignal.any([outer, inner.signal]) : inner.signal
  const cancel = environment.after(timeLimit, () => inner.abort(unreachable('no answer in time')))
  try {
    return await Promise.race([
      work(signal),
      new Promise<never>((_, stop) => signal.addEventListener('abort', () => stop(signal.reason))),
    ])
  } catch (error) {
    throw asApiError(error)
  } finally {
    cancel()
  }
}

/** Whatever fetch or a body's reader throws is the network's fault. */
export const asApiError = (error: unknown): ApiError => (error instanceof ApiError ? error : unreachable(String(error)))

const unreachable = (message: string): ApiError => new ApiError({ code: 'network', message })

/** The JSON of an answer. Reading stops when it is larger than any answer of ours. */
export async function readJson(response: Response): Promise<unknown> {
  const bad = (message: string) => new ApiError({ code: 'bad_answer', message, status: response.status })
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  for (let part = await reader?.read(); part && !part.done; part = await reader!.read()) {
    text += part.value
    if (text.length > sizeLimit) {
      void reader!.cancel().catch(() => {})
      throw bad('the answer is too large')
    }
  }
  try {
    return JSON.parse(text)
  } catch {
    throw bad('the answer is not JSON')
  }
}

/** The error that an answer with a failing status stands for. */
export async function refusal(environment: Environment, response: Response): Promise<ApiError> {
  const body = await readJson(response).catch(() => null)
  const { code, detail, title, requestId } = (body ?? {}) as Record<string, unknown>
  const { status } = response
  return new ApiError({
    code: (typeof code === 'string' ? code : status === 429 ? 'rate_limited' : 'bad_answer') as FailureCode,
    message: `${detail ?? title ?? response.statusText}`,
    status,
    requestId: typeof requestId === 'string' ? requestId : (response.headers.get('x-request-id') ?? undefined),
    retryAfter: retryAfter(environment, response.headers.get('retry-after')),
  })
}

/** Retry-After is seconds or a date. A date is by the server's clock. */
function retryAfter(environment: Environment, header: string | null): number | undefined {
  if (!header) return undefined
  const ms = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - serverNow(environment)
  return Number.isNaN(ms) ? undefined : Math.max(0, ms)
}

/**
 * Whether an answer has what the sample has, of the same types. No schema, but enough that no page draws the body of
 * somebody else's server. Things in a list are like the sample's first.
 */
export function isLike(value: unknown, sample: unknown): boolean {
  if (Array.isArray(sample)) return Array.isArray(value) && value.every((item) => isLike(item, sample[0]))
  if (typeof sample !== 'object' || sample === null) return typeof value === typeof sample
  if (typeof value !== 'object' || value === null) return false
  return Object.entries(sample).every(([name, part]) => isLike((value as Record<string, unknown>)[name], part))
}
