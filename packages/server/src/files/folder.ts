import { randomUUID } from 'node:crypto'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Files } from './files.js'

/** Writes a file that only this user may read, and its folder. It is never there half written. */
export async function writePrivately(file: string, content: string | Buffer): Promise<void> {
  const unfinished = `${file}.${randomUUID()}`
  await mkdir(dirname(file), { recursive: true, mode: 0o700 })
  await writeFile(unfinished, content, { mode: 0o600 })
  await rename(unfinished, file)
}

/** Files in `files/` of the data directory. */
export function inFolder(dataDir: string): Files {
  const placeOf = (name: string) => join(dataDir, 'files', name)
  return {
    put: (name, content) => writePrivately(placeOf(name), content),
    read: (name) =>
      readFile(placeOf(name)).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return undefined
        throw error
      }),
    remove: (name) => rm(placeOf(name), { force: true }),
  }
}
