/**
 * `npm run demo:import -- FILE --map score=xp`: sends a CSV file (or .csv.gz) through the public bulk endpoint and
 * shows how far it is. The key comes from the demo's file or from a file of yours, never from the command line, where
 * other users of the machine could read it.
 */
import { createReadStream, readFileSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { Readable } from 'node:stream'
import { parseArgs } from 'node:util'
import { createGunzip } from 'node:zlib'
import type { AnswerOf } from '@rai/contract'

type Job = AnswerOf<'GET /apis/v1/users/bulk-jobs/{jobId}'>

const usage = `Usage: npm run demo:import -- FILE [--map column=xp]… [--update] [--again] [--api URL --key-file FILE]

  FILE         CSV in UTF-8, or the same with .gz
  --map        what a column means: xp, coins, username, email, ignore, …
  --update     change members instead of making them (columns <field>_op: add, subtract, overwrite)
  --again      apply the file although the very same one was sent within a day
  --api        where the server answers, --key-file a file that holds a community key with the permission bulk;
               default: the demo's, from ${join(process.env.RAI_DATA ?? 'data', 'demo.json')}`

const isTerminal = process.stderr.isTTY
const number = new Intl.NumberFormat('en')

/** One line that is written over on a terminal, and now and then a new one elsewhere. */
function progress(label: string, done: number, total: number, more: string): void {
  const share = total > 0 ? Math.min(1, done / total) : 0
  const bar = '█'.repeat(Math.round(share * 30)).padEnd(30, '░')
  const line = `${label} ${bar} ${String(Math.floor(share * 100)).padStart(3)} %  ${more}`
  process.stderr.write(isTerminal ? `\r\x1b[2K${line}` : `${line}\n`)
}

function endProgress(): void {
  if (isTerminal) process.stderr.write('\n')
}

/** Something that whoever runs this can mend. */
class Mendable extends Error {}

interface Target {
  apiUrl: string
  communityKey: string
}

function readTarget(api: string | undefined, keyFile: string | undefined): Target {
  if (api && keyFile) return { apiUrl: api.replace(/\/+$/, ''), communityKey: readFileSync(keyFile, 'utf8').trim() }
  if (api || keyFile) throw new Mendable('--api and --key-file go together.')
  const file = join(process.env.RAI_DATA ?? 'data', 'demo.json')
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Target
  } catch {
    throw new Mendable(`${file} cannot be read. Start the demo first (npm start), or name --api and --key-file.`)
  }
}

async function call<T>(url: string, key: string, init: RequestInit = {}): Promise<T> {
  const answer = await fetch(url, { ...init, headers: { authorization: `Bearer ${key}`, ...init.headers } }).catch(
    (error: Error) => {
      const cause = error.cause instanceof Error ? error.cause.message : error.message
      throw new Mendable(`The server at ${new URL(url).origin} does not answer (${cause}).`)
    },
  )
  const body = (await answer.json()) as { message: string; requestId?: string; data: T }
  if (!answer.ok) throw new Mendable(`${body.message} (request ${body.requestId})`)
  return body.data
}

/** Sends the file as it is read: it is never in memory as a whole. */
async function upload(target: Target, path: string, fields: Record<string, string>, operation: string, again: boolean) {
  const size = statSync(path).size
  let sent = 0
  const file = createReadStream(path)
  file.on('data', (chunk) => {
    sent += chunk.length
    if (isTerminal || sent === size) progress('Sending  ', sent, size, `${number.format(sent)} bytes`)
  })
  file.on('end', () => {
    endProgress()
    console.error('Checking the file…')
  })
  const boundary = `rai-${crypto.randomUUID()}`
  const part = (name: string, more = '') => `--${boundary}\r\nContent-Disposition: form-data; name="${name}"${more}\r\n`
  async function* body() {
    for (const [name, value] of Object.entries(fields)) yield Buffer.from(`${part(name)}\r\n${value}\r\n`)
    const filename = basename(path).replace(/["\r\n]|\.gz$/g, '')
    yield Buffer.from(`${part('data', `; filename="${filename}"`)}Content-Type: text/csv\r\n\r\n`)
    yield* path.endsWith('.gz') ? file.pipe(createGunzip()) : file
    yield Buffer.from(`\r\n--${boundary}--\r\n`)
  }
  const init = {
    method: 'POST',
    headers: {
      'content-type': `multipart/form-data; boundary=${boundary}`,
      ...(again && { 'idempotency-key': crypto.randomUUID() }),
    },
    body: Readable.toWeb(Readable.from(body())),
    duplex: 'half',
  }
  const { jobId } = await call<{ jobId: string }>(
    `${target.apiUrl}/apis/v1/users/${operation}`,
    target.communityKey,
    init as RequestInit,
  )
  return jobId
}

async function follow(target: Target, jobId: string): Promise<Job> {
  const started = performance.now()
  let before: number | undefined
  for (;;) {
    const job = await call<Job>(`${target.apiUrl}/apis/v1/users/bulk-jobs/${jobId}`, target.communityKey)
    before ??= job.processed
    const rate = Math.round((job.processed - before) / ((performance.now() - started) / 1000))
    const speed = rate > 0 ? `, ${number.format(rate)}/s` : ''
    const failed = job.failed > 0 ? `, ${number.format(job.failed)} failed` : ''
    progress('Applying ', job.processed, job.total, `${number.format(job.processed)} rows${speed}${failed}`)
    if (job.status === 'completed' || job.status === 'failed') return job
    await new Promise((later) => setTimeout(later, isTerminal ? 250 : 2000))
  }
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      map: { type: 'string', multiple: true, default: [] },
      update: { type: 'boolean', default: false },
      again: { type: 'boolean', default: false },
      api: { type: 'string' },
      'key-file': { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  const [path] = positionals
  if (values.help || !path || positionals.length > 1) {
    console.error(usage)
    return values.help ? 0 : 2
  }
  const pairs = values.map.map((pair) => pair.split('='))
  if (pairs.some((pair) => pair.length !== 2))
    throw new Mendable('Write --map as column=meaning, such as --map score=xp.')
  if (!statSync(path, { throwIfNoEntry: false })?.isFile()) throw new Mendable(`There is no file ${path}.`)
  const target = readTarget(values.api, values['key-file'])
  const operation = values.update ? 'bulk-update' : 'bulk-import'
  const fields = { map: JSON.stringify(Object.fromEntries(pairs)) }

  // Before the file: a wrong key is found at once, and a job that is here already is known as such.
  const earlier = await call<Job[]>(`${target.apiUrl}/apis/v1/users/bulk-jobs?limit=100`, target.communityKey)
  const jobId = await upload(target, path, fields, operation, values.again)
  if (earlier.some((job) => job._id === jobId))
    console.log('This very file was sent before: this is how far it is. Send it with --again to apply it again.')
  // From here on the server works by itself: Ctrl-C only stops watching.
  process.once('SIGINT', () => {
    console.error(`\nThe server goes on with job ${jobId}.`)
    process.exit(130)
  })
  const job = await follow(target, jobId)
  endProgress()
  const counts = (['succeeded', 'skipped', 'failed'] as const).map((name) => `${number.format(job[name])} ${name}`)
  console.log(`${job.status === 'failed' ? `The job failed: ${job.failure} ` : ''}${counts.join(', ')}.`)
  for (const error of job.errors.slice(0, 10)) console.log(`  line ${error.line}: ${error.message}`)
  if (job.failed > 10) console.log(`  … all of them: GET ${target.apiUrl}/apis/v1/users/bulk-jobs/${jobId}/errors.csv`)
  return job.status === 'failed' || job.failed > 0 ? 1 : 0
}

process.exitCode = await main().catch((error: unknown) => {
  endProgress()
  const isMendable = error instanceof Mendable || (error as NodeJS.ErrnoException).code?.startsWith('ERR_PARSE_ARGS')
  console.error(isMendable ? (error as Error).message : error)
  return 1
})
