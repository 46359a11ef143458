import { Readable } from 'node:stream'
import type { AnswerOf } from '@rai/contract'
import { expect, vi } from 'vitest'

export type Job = AnswerOf<'GET /apis/v1/users/bulk-jobs/{jobId}'>

interface UploadAnswer {
  status: number
  headers: Headers
  body: {
    status: string
    code?: string
    message: string
    details?: object[]
    data?: { message: string; jobId: string }
  }
}

interface UploadOptions {
  fields?: Record<string, string>
  idempotencyKey?: string
  signal?: AbortSignal
}

/** Sends a CSV file to a bulk endpoint as a stream, whatever its size. */
export async function uploadCsv(
  url: string,
  key: string,
  type: 'import' | 'update',
  csv: string | Uint8Array | AsyncIterable<Uint8Array>,
  { fields = {}, idempotencyKey, signal }: UploadOptions = {},
): Promise<UploadAnswer> {
  const boundary = 'rai-test-boundary'
  const parts = Object.entries(fields).map(
    ([name, value]) => `--${boundary}\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
  )
  async function* body() {
    yield Buffer.from(
      `${parts.join('')}--${boundary}\r\ncontent-disposition: form-data; name="data"; filename="data.csv"\r\ncontent-type: text/csv\r\n\r\n`,
    )
    if (typeof csv === 'string' || csv instanceof Uint8Array) yield Buffer.from(csv)
    else yield* csv
    yield Buffer.from(`\r\n--${boundary}--\r\n`)
  }
  const answer = await fetch(`${url}/apis/v1/users/bulk-${type}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${key}`,
      'content-type': `multipart/form-data; boundary=${boundary}`,
      ...(idempotencyKey ? { 'idempotency-key': idempotencyKey } : {}),
    },
    body: Readable.toWeb(Readable.from(body())) as ReadableStream,
    duplex: 'half',
    signal,
  } as RequestInit)
  return { status: answer.status, headers: answer.headers, body: (await answer.json()) as UploadAnswer['body'] }
}

/** Sends a file, which must be taken, and waits until its job is over. Answers what became of it. */
export async function runCsv(...[url, key, ...file]: Parameters<typeof uploadCsv>): Promise<Job> {
  const { status, body } = await uploadCsv(url, key, ...file)
  expect([status, body.status], body.message).toEqual([202, 'success'])
  return expectJob(url, key, body.data!.jobId)
}

export async function readJob(url: string, key: string, jobId: string): Promise<Job> {
  const answer = await fetch(`${url}/apis/v1/users/bulk-jobs/${jobId}`, { headers: { authorization: `Bearer ${key}` } })
  return ((await answer.json()) as { data: Job }).data
}

/** Waits until a job is over, and answers what became of it. */
export async function expectJob(url: string, key: string, jobId: string, withinMs = 20_000): Promise<Job> {
  return vi.waitFor(
    async () => {
      const job = await readJob(url, key, jobId)
      expect(['completed', 'failed']).toContain(job.status)
      return job
    },
    { timeout: withinMs, interval: 100 },
  )
}
