import { describe, expect, it } from 'vitest'
import { callsIn } from './calls.js'

describe('the check of outgoing calls', () => {
  it.each([
    "import { request } from 'node:https'",
    "import {\n  type IncomingMessage,\n  request,\n} from 'node:https'",
    "import { createServer, request } from 'node:http'",
    "import * as tls from 'tls'",
    'import net from "node:net"',
    "const { request } = await import('node:https')",
    "const https = require('https')",
    "export { request } from 'node:https'",
    'await fetch(url)',
    'await globalThis.fetch(url)',
    "await globalThis['fetch'](url)",
    'const get = fetch',
    "/* Not a call. */ fetch('https://x/*')",
  ])('finds %j', (source) => {
    const last = source.split('\n').length
    expect(callsIn(`const a = 1\n${source}\nconst b = 2`)).toEqual([last + 1])
  })

  it.each([
    "import type { IncomingMessage } from 'node:http'",
    "import type {\n  IncomingMessage,\n  ServerResponse,\n} from 'node:http'",
    "import { createServer } from 'node:net'",
    "import { isIP } from 'node:net'",
    "import { createGuardedFetch } from './calls/fetch.js'",
    '// What Node’s fetch sends.',
    '/**\n * Pictures to fetch.\n */',
    "const site = headers['sec-fetch-site']",
    "const accept = 'image/*'",
    "const scheme = { type: 'http', scheme: 'bearer' }",
    'await fetchGuarded(url)',
  ])('lets pass %j', (source) => expect(callsIn(source)).toEqual([]))
})
