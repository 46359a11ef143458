/**
 * `npm run demo:import -- FILE --map score=xp`: sends a CSV file (or .csv.gz) through the public bulk endpoint and
 * shows how far it is. The key comes from the demo's file or from a file of yours, never from the command line, where
 * other users of the machine could read it.
 */
import { createReadStream, readFileSync, statSync } from 'node:fs'
import { basename } from 'node:path'
import { Readable } from 'node:stream'
import { parseArgs } from 'node:util'
import { createGunzip } from 'node:zlib'
import {
  call,
  endProgress,
  followJob,
  isTerminal,
  type Job,
  keysFile,
  Mendable,
  number,
  progress,
  readDemoFile,
  run,
} from './command.js'

const usage = `Usage: npm run demo:import -- FILE [--map column=xp]… [--update] [--again] [--api URL --key-file FILE]

  FILE         CSV in UTF-8, or the same with .gz
  --map        what a column means: xp, coins, username, email, ignore, …
  --update     change members instead of making them (columns <field>_op: add, subtract, overwrite)
  --again      apply the file although the very same one was sent within a day
  --api        where the server answers, --key-file a file that holds a community key with the permission bulk;
               default: the demo's, from ${keysFile}`

interface Target {
  apiUrl: string
  communityKey: string
}

function readTarget(api: string | undefined, keyFile: string | undefined): Target {
  if (api && keyFile) return { apiUrl: api.replace(/\/+$/, ''), communityKey: readFileSync(keyFile, 'utf8').trim() }
  if (api || keyFile) throw new Mendable('--api and --key-file go together.')
  return readDemoFile()
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

function follow(target: Target, jobId: string): Promise<Job> {
  const started = performance.now()
  let before: number | undefined
  const onLook = ({ processed, total, failed }: Job) => {
    before ??= processed
    const rate = Math.round((processed - before) / ((performance.now() - started) / 1000))
    const speed = rate > 0 ? `, ${number.format(rate)}/s` : ''
    const wrong = failed > 0 ? `, ${number.format(failed)} failed` : ''
    progress('Applying ', processed, total, `${number.format(processed)} rows${speed}${wrong}`)
  }
  return followJob(target, jobId, onLook, isTerminal ? 250 : 2000)
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

await run(main)
