import { AwsClient } from 'aws4fetch'
import type { Files } from './files.js'

/** A bucket of Amazon S3, or of what speaks as it does. */
export interface Bucket {
  /** Its address, with the bucket's name as the path. */
  url: string
  accessKeyId: string
  secretAccessKey: string
  region: string
}

const patienceMs = 10_000

/** Files in a bucket that nobody else can read. */
export function inBucket({ url, ...credential }: Bucket): Files {
  const client = new AwsClient({ ...credential, service: 's3', retries: 2 })
  const ask = async (method: string, name: string, body?: Buffer): Promise<Response> => {
    const signal = AbortSignal.timeout(patienceMs)
    return client.fetch(`${url}/${name}`, { method, signal, ...(body && { body: new Uint8Array(body) }) })
  }
  const refused = (what: string, { status }: Response) => new Error(`the bucket answers ${status} to ${what}`)
  return {
    async put(name, content) {
      const answer = await ask('PUT', name, content)
      if (!answer.ok) throw refused('a new file', answer)
    },
    async read(name) {
      const answer = await ask('GET', name)
      if (answer.status === 404) return undefined
      if (!answer.ok) throw refused('a look for a file', answer)
      return Buffer.from(await answer.arrayBuffer())
    },
    async remove(name) {
      const answer = await ask('DELETE', name)
      if (!answer.ok && answer.status !== 404) throw refused('the end of a file', answer)
    },
  }
}
