/**
 * `npm run demo:import -- FILE --map column=meaning`: imports a CSV file through the public bulk endpoint, as a customer's
 * script would, and shows how far it is. Nothing is done twice: the same file again shows the same job.
 */
import { createReadStream, readFileSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { Readable } from 'node:stream'
import { type ParseArgsConfig, parseArgs } from 'node:util'
import { createGunzip } from 'node:zlib'
import type { AnswerOf } from '@rai/contract'
import type { DemoFile } from '../packages/server/src/demo.js'
import { createProgress, whole } from './progress.js'

const usage = `Usage: npm run demo:import -- FILE [options]

  FILE                 CSV in UTF-8 with a header line, or the same as .gz
  --map COLUMN=MEANING What a column with a name of its own means: --map score=xp (repeat it for more)
  --update             Change members that are here already, instead of adding members
  --api URL            Another server than the demo's; needs --key-file
  --key-file FILE      The file that holds the community key for it

Ends with 0 when every row was taken, with 1 otherwise.`

const options = {
  map: { type: 'string', multiple: true, default: [] },
  update: { type: 'boolean', default: false },
  api: { type: 'string' },
  'key-file': { type: 'string' },
  help: { type: 'boolean', default: false },
} as const satisfies ParseArgsConfig['options']

type Job = AnswerOf<'GET /apis/v1/users/bulk-jobs/{jobId}'>

/** What the person at the terminal can put right: shown without a stack. */
class Problem extends Error {}

const pollMs = 400
const shownErrors = 10
const cancelled = new AbortController()
const interrupted = () => cancelled.abort()

try {
  process.exitCode = (await main(process.argv.slice(2))) ? 0 : 1
} catch (error) {
  console.error(error instanceof Problem ? error.message : error)
  process.exitCode = 1
}

/** Answers whether every row was taken. */
async function main(args: string[]): Promise<boolean> {
  const { values, positionals } = readArguments(args)
  const [file] = positionals
  if (values.help || file === undefined) {
    console.log(usage)
    return values.help
  }
  const api = createApi(values.api, values['key-file'])
  const path = `/apis/v1/users/${values.update ? 'bulk-update' : 'bulk-import'}`
  const map = Object.fromEntries(values.map.map(readMapping))

  process.once('SIGINT', interrupted)
  const started = performance.now()
  const jobId = await upload(api, path, file, map)
  const job = await watch(api, jobId, values.update ? 'Update' : 'Import')
  process.off('SIGINT', interrupted)
  return report(api, job, (performance.now() - started) / 1000)
}

function readArguments(args: string[]) {
  try {
    return parseArgs({ args, options, allowPositionals: true })
  } catch (error) {
    throw new Problem(`${(error as Error).message}\n\n${usage}`)
  }
}

function readMapping(text: string): [column: string, meaning: string] {
  const at = text.lastIndexOf('=')
  if (at < 1) throw new Problem(`--map ${text}: write it as COLUMN=MEANING, such as score=xp.`)
  return [text.slice(0, at), text.slice(at + 1)]
}

interface Api {
  url: string
  ask<T>(path: string, init?: RequestInit): Promise<T>
}

/** The demo's server with the demo's key, or another one. Keys come from files: a command line can be read by others. */
function createApi(url: string | undefined, keyFile: string | undefined): Api {
  if ((url === undefined) !== (keyFile === undefined)) throw new Problem('Give --api and --key-file together.')
  const { apiUrl, communityKey } =
    url !== undefined && keyFile !== undefined
      ? { apiUrl: url.replace(/\/+$/, ''), communityKey: readText(keyFile).trim() }
      : readDemo()
  return {
    url: apiUrl,
    async ask<T>(path: string, init: RequestInit = {}): Promise<T> {
      const response = await fetch(apiUrl + path, {
        ...init,
        headers: { ...init.headers, Authorization: `Bearer ${communityKey}` },
      }).catch((error: Error) => {
        if (cancelled.signal.aborted || error.cause instanceof Problem) throw error
        throw new Problem(`${apiUrl} does not answer: ${(error.cause as Error | undefined)?.message ?? error.message}`)
      })
      const answer = (await response.json()) as { message: string; data: T; code?: string; requestId?: string }
      if (response.ok) return answer.data
      throw new Problem(`${answer.message} (${answer.code}, request ${answer.requestId})`)
    },
  }
}

function readDemo(): DemoFile {
  const file = join(process.env.RAI_DATA ?? 'data', 'demo.json')
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as DemoFile
  } catch {
    throw new Problem(`There is no demo in ${file}. Run npm start first, or give --api and --key-file.`)
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new Problem((error as Error).message)
  }
}

/** Sends the file as it is read, so that its size does not matter, and answers the job's id. */
async function upload(api: Api, path: string, file: string, map: Record<string, string>): Promise<string> {
  const size = statSync(file, { throwIfNoEntry: false })?.size
  if (size === undefined) throw new Problem(`There is no file ${file}.`)
  const progress = createProgress('Upload', size)
  let sent = 0
  const onDisk = createReadStream(file).on('data', (chunk) => {
    sent += chunk.length
    progress.show(sent, sent < size ? `${megabytes(sent)} of ${megabytes(size)} MB` : 'The server checks the rows')
  })
  const bytes = file.endsWith('.gz') ? onDisk.pipe(createGunzip()) : onDisk
  const boundary = crypto.randomUUID()
  try {
    const { jobId } = await api.ask<{ jobId: string }>(path, {
      method: 'POST',
      headers: { 'Content-Type': `multipart/form-data; boundary=${boundary}` },
      body: Readable.toWeb(Readable.from(form(boundary, { map: JSON.stringify(map) }, bytes))) as ReadableStream,
      signal: cancelled.signal,
      duplex: 'half',
    } as RequestInit)
    progress.end(size, `${megabytes(size)} MB of ${basename(file)}`)
    return jobId
  } catch (error) {
    progress.stop()
    if (cancelled.signal.aborted) throw new Problem('Stopped. Half a file leaves nothing behind.')
    throw error
  }
}

/** A multipart body: text fields, then the file. */
async function* form(boundary: string, fields: Record<string, string>, file: AsyncIterable<Uint8Array>) {
  for (const [name, text] of Object.entries(fields)) {
    yield Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${text}\r\n`)
  }
  const head = 'Content-Disposition: form-data; name="data"; filename="data.csv"\r\nContent-Type: text/csv\r\n\r\n'
  yield Buffer.from(`--${boundary}\r\n${head}`)
  yield* file
  yield Buffer.from(`\r\n--${boundary}--\r\n`)
}

/** Follows a job to its end. */
async function watch(api: Api, jobId: string, title: string): Promise<Job> {
  let job = await api.ask<Job>(`/apis/v1/users/bulk-jobs/${jobId}`)
  const progress = createProgress(title, job.total)
  while (job.status === 'queued' || job.status === 'running') {
    progress.show(job.processed, counts(job))
    await new Promise((done) => setTimeout(done, pollMs))
    if (cancelled.signal.aborted) {
      progress.stop()
      throw new Problem(`The server goes on with job ${jobId}. Run the same command again to watch it.`)
    }
    job = await api.ask<Job>(`/apis/v1/users/bulk-jobs/${jobId}`)
  }
  progress.end(job.processed, counts(job))
  return job
}

const counts = ({ processed, total, failed }: Job) =>
  `${whole(processed)} of ${whole(total)} rows${failed > 0 ? `, ${whole(failed)} failed` : ''}`

function report(api: Api, job: Job, seconds: number): boolean {
  const skipped = job.skipped > 0 ? `, ${whole(job.skipped)} were there already` : ''
  console.log(`${whole(job.succeeded)} rows taken${skipped}, ${whole(job.failed)} failed; ${seconds.toFixed(1)} s.`)
  if (job.status === 'failed') console.error(`The job failed: ${job.failure}`)
  for (const { line, message } of job.errors.slice(0, shownErrors)) console.error(`  line ${line}: ${message}`)
  if (job.failed > shownErrors) {
    console.error(
      `  and ${whole(job.failed - shownErrors)} more: ${api.url}/apis/v1/users/bulk-jobs/${job._id}/errors.csv`,
    )
  }
  return job.status === 'completed' && job.failed === 0
}

const megabytes = (bytes: number) => (bytes / 1e6).toFixed(1)
