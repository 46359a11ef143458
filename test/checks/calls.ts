// Prevents the server from calling addresses that others chose: whatever it fetches goes through one guarded fetch.
import { type Check, files, search } from './check.js'

const guarded = ['packages/server/src/calls/fetch.ts']

export const calls: Check = {
  title: 'outgoing calls of the server',
  async run() {
    const sources = await files(/^packages\/server\/src\/.*(?<!\.test)\.ts$/)
    return search(
      sources.filter((path) => !guarded.includes(path)),
      [
        [/(?<![\w.])fetch\(/, 'use the guarded fetch'],
        // Who only listens, or looks whether a text is an address, calls nobody.
        [
          /^import (?!type|\{ (createServer|isIP(v6)?) \}).*'(node:)?(https?|http2|net|tls|dgram|undici)'/,
          'use the guarded fetch',
        ],
      ],
    )
  },
}
