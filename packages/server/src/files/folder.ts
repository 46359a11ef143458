import { randomUUID } from 'node:crypto'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Files } from './files.js'

/** Files in `files/` of the data directory. */
export function inFolder(dataDir: string): Files {
  const placeOf = (name: string) => join(dataDir, 'files', name)
  return {
    async put(name, content) {
      const place = placeOf(name)
      const unfinished = `${place}.${randomUUID()}`
      await mkdir(dirname(place), { recursive: true, mode: 0o700 })
      await writeFile(unfinished, content, { mode: 0o600 })
      await rename(unfinished, place)
    },
    read: (name) =>
      readFile(placeOf(name)).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return undefined
        throw error
      }),
    remove: (name) => rm(placeOf(name), { force: true }),
  }
}
