/** What the commands that fill the demo have in common: whom they ask, how they show how far they are, and how they fail. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { AnswerOf } from '@rai/contract'
import type { DemoFile } from '../packages/server/src/demo.js'

/** Where the demo's keys are. */
export const keysFile: string = join(process.env.RAI_DATA ?? 'data', 'demo.json')

/** Something that whoever runs this can mend. */
export class Mendable extends Error {}

/** A terminal's last line can be written over. */
export const isTerminal: boolean = process.stderr.isTTY

/** Formats a number for people. */
export const number: Intl.NumberFormat = new Intl.NumberFormat('en')

/** One line that is written over on a terminal, and now and then a new one elsewhere. */
export function progress(label: string, done: number, total: number, more: string): void {
  const share = total > 0 ? Math.min(1, done / total) : 0
  const bar = '█'.repeat(Math.round(share * 30)).padEnd(30, '░')
  const line = `${label} ${bar} ${String(Math.floor(share * 100)).padStart(3)} %  ${more}`
  process.stderr.write(isTerminal ? `\r\x1b[2K${line}` : `${line}\n`)
}

export function endProgress(): void {
  if (isTerminal) process.stderr.write('\n')
}

/** Reads what `npm start` wrote down. */
export function readDemoFile(): DemoFile {
  try {
    return JSON.parse(readFileSync(keysFile, 'utf8')) as DemoFile
  } catch {
    throw new Mendable(`${keysFile} cannot be read. Start the demo first (npm start), or name --api and --key-file.`)
  }
}

/** The server would not do it. */
export class Refused extends Mendable {}

interface Envelope {
  data?: unknown
  body?: unknown
  message?: string
  detail?: string
  requestId?: string
}

/**
 * Asks the server and reads the answer out of its family's envelope. Who asks too often waits as long as the server says;
 * what it refuses is told in its own words.
 * @param key A key or token; undefined where the body says who asks.
 */
export async function call<T>(url: string, key: string | undefined, init: RequestInit = {}): Promise<T> {
  const headers = { ...(key && { authorization: `Bearer ${key}` }), ...init.headers }
  for (;;) {
    const answer = await fetch(url, { ...init, headers }).catch((error: Error) => {
      const cause = error.cause instanceof Error ? error.cause.message : error.message
      throw new Mendable(`The server at ${new URL(url).origin} does not answer (${cause}).`)
    })
    const body = (await answer.json()) as Envelope
    if (answer.ok) return ('data' in body ? body.data : 'body' in body ? body.body : body) as T
    const wait = Number(answer.headers.get('retry-after'))
    // A body that is read as it is sent cannot be sent again.
    if (answer.status !== 429 || init.body instanceof ReadableStream)
      throw new Refused(`${body.message ?? body.detail} (request ${body.requestId})`)
    await new Promise((later) => setTimeout(later, Math.max(1, wait) * 1000))
  }
}

/** What is sent as JSON. */
export const json = (method: string, body?: object, headers: Record<string, string> = {}): RequestInit => ({
  method,
  headers: { ...headers, ...(body && { 'Content-Type': 'application/json' }) },
  ...(body && { body: JSON.stringify(body) }),
})

/** A member's embed token, as their site's back-end gets it. */
export async function tokenOf({ apiUrl, siteUrl, widgetAccess }: DemoFile, username: string): Promise<string> {
  const asked = { ...widgetAccess, userIdentifiers: { 'data-username': username }, origin: siteUrl }
  const url = `${apiUrl}/v2/api/widget-access-keys/token`
  return (await call<{ embedToken: string }>(url, undefined, json('POST', asked))).embedToken
}

/** How far a file is that the server applies. */
export type Job = AnswerOf<'GET /apis/v1/users/bulk-jobs/{jobId}'>

/**
 * Asks how far a job is until it has ended, well or not.
 * @param onLook Hears what each look has found.
 * @param pause Milliseconds between looks.
 */
export async function followJob(
  { apiUrl, communityKey }: Pick<DemoFile, 'apiUrl' | 'communityKey'>,
  jobId: string,
  onLook: (job: Job) => void = () => {},
  pause = 250,
): Promise<Job> {
  for (;;) {
    const job = await call<Job>(`${apiUrl}/apis/v1/users/bulk-jobs/${jobId}`, communityKey)
    onLook(job)
    if (job.status === 'completed' || job.status === 'failed') return job
    await new Promise((later) => setTimeout(later, pause))
  }
}

/** Runs a command: what can be mended is said in a line, anything else with where it happened. */
export async function run(command: () => Promise<number>): Promise<void> {
  process.exitCode = await command().catch((error: unknown) => {
    endProgress()
    const isMendable = error instanceof Mendable || (error as NodeJS.ErrnoException).code?.startsWith('ERR_PARSE_ARGS')
    console.error(isMendable ? (error as Error).message : error)
    return 1
  })
}
