import { createHash, randomUUID } from 'node:crypto'
import { type FileHandle, open, unlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A file that has arrived whole. It waits on disk under no name: whatever happens to this process, nothing is left of it. */
export interface SpooledFile {
  /** SHA-256. */
  hash: Buffer
  /** Reads it from the beginning, as often as asked. */
  read(): AsyncIterable<Uint8Array>
  close(): Promise<void>
}

const readBytes = 64 * 1024

/** Takes a stream in. An error of the stream passes through, and leaves nothing behind. */
export async function spool(stream: AsyncIterable<Uint8Array>): Promise<SpooledFile> {
  const path = join(tmpdir(), `rai-upload-${randomUUID()}`)
  const file = await open(path, 'wx+', 0o600)
  try {
    await unlink(path)
    const hash = createHash('sha256')
    for await (const chunk of stream) {
      hash.update(chunk)
      await file.appendFile(chunk)
    }
    return { hash: hash.digest(), read: () => contentOf(file), close: () => file.close() }
  } catch (error) {
    await file.close()
    throw error
  }
}

async function* contentOf(file: FileHandle): AsyncGenerator<Uint8Array> {
  for (let at = 0; ; ) {
    const { bytesRead, buffer } = await file.read({ buffer: Buffer.allocUnsafe(readBytes), position: at })
    if (bytesRead === 0) return
    yield buffer.subarray(0, bytesRead)
    at += bytesRead
  }
}
