// Prevents the server from calling addresses that others chose: whatever it fetches goes through one guarded fetch.
import { type Check, files, lineAt, read } from './check.js'

/** The guarded fetch, and what calls whom the operator names. */
const guarded = ['packages/server/src/calls/fetch.ts', 'packages/server/src/files/bucket.ts']

export const calls: Check = {
  title: 'outgoing calls of the server',
  async run() {
    const sources = await files(/^packages\/server\/src\/.*(?<!\.test)\.ts$/)
    return sources
      .filter((path) => !guarded.includes(path))
      .flatMap((path) => callsIn(read(path)).map((line) => ({ path, line, message: 'use the guarded fetch' })))
  },
}

/** Who only listens, or looks whether a text is an address, calls nobody. Nor does a comment. */
const harmless =
  /^import type\b[^'";]*'[^']*'|^import \{\s*(createServer|isIP(v6)?),?\s*\} from '[^']*'|(?<=^|\s)\/\*.*?\*\/|(?<=^|\s)\/\/[^\n]*/gms

/** Node's fetch by any of its names, and the modules that connect, however they are loaded. */
const caller =
  /(?<![-/\w])fetch(?![-\w])|(?<=\b(from|import|require|getBuiltinModule)[\s(]*)(['"`])(node:)?(https?|http2|net|tls|dgram|undici)\2/g

/** The lines of a source that call, or take what calls. */
export function callsIn(source: string): number[] {
  const rest = source.replace(harmless, (text) => text.replace(/[^\n]/g, ' '))
  return [...rest.matchAll(caller)].map(({ index }) => lineAt(rest, index))
}
