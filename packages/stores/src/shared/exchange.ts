import type { Environment } from './environment.js'
import { ApiError, type FailureCode } from './failures.js'
import { serverNow } from './server-clock.js'

/** How long a whole exchange may take, its body included: a person sees how it ended within ten seconds. */
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
  const { signal } = inner
  const giveUp = () => inner.abort()
  outer?.addEventListener('abort', giveUp)
  const cancel = environment.after(timeLimit, () => inner.abort(new ApiError('network')))
  try {
    outer?.throwIfAborted()
    // Work that does not look at the signal (a page's own function) ends here all the same.
    const aborted = new Promise<never>((_, stop) => signal.addEventListener('abort', () => stop(signal.reason)))
    return await Promise.race([work(signal), aborted])
  } catch (error) {
    throw asApiError(error)
  } finally {
    cancel()
    outer?.removeEventListener('abort', giveUp)
  }
}

/** What fetch and the readers of bodies throw is the network's fault. Anything else is a fault of ours, and is told. */
export function asApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error
  const lost = error instanceof TypeError || error instanceof DOMException
  return new ApiError(lost ? 'network' : 'bad_answer', 0, String(error))
}

/** Reads a body as text, piece by piece. */
export async function eachText({ body }: Response, take: (text: string) => void): Promise<void> {
  const reader = body!.pipeThrough(new TextDecoderStream()).getReader()
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) take(part.value)
  } catch (error) {
    // What is still to come is not worth its bytes.
    reader.cancel().catch(() => {})
    throw error
  }
}

/** The JSON of an answer. Reading stops when it is larger than any answer of ours. */
export async function readJson(response: Response): Promise<unknown> {
  const bad = new ApiError('bad_answer', response.status)
  let text = ''
  await eachText(response, (part) => {
    text += part
    if (text.length > sizeLimit) throw bad
  })
  try {
    return JSON.parse(text)
  } catch {
    throw bad
  }
}

/** The error that an answer with a failing status stands for. */
export async function refusal(environment: Environment, response: Response): Promise<ApiError> {
  const { status, headers } = response
  const problem = (await readJson(response).catch(() => null)) as Partial<Record<string, string>> | null
  const code = problem?.code ?? (status === 429 ? 'rate_limited' : 'bad_answer')
  const wait = headers.get('retry-after')
  // Seconds, or a date by the server's clock.
  const ms = wait ? Number(wait) * 1000 || Date.parse(wait) - serverNow(environment) : Number.NaN
  return new ApiError(code as FailureCode, status, problem?.detail, problem?.requestId, ms > 0 ? ms : undefined)
}

/**
 * Whether an answer has what the sample has, of the same types. No schema, but enough that no page draws the body of
 * somebody else's server. Things in a list are like the sample's first.
 */
export function isLike(value: unknown, sample: unknown): boolean {
  if (Array.isArray(sample)) return Array.isArray(value) && value.every((item) => isLike(item, sample[0]))
  if (typeof value !== typeof sample) return false
  // A text's entries are texts again, without end.
  const parts = typeof sample === 'object' ? Object.entries(sample ?? {}) : []
  return parts.every(([name, part]) => isLike((value as Record<string, unknown>)?.[name], part))
}
