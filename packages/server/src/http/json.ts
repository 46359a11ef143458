import { bodyLimits } from '@rai/contract'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Failure } from '../domain/failure.js'

const depthLimit = 64
/** The longest list that the contract takes. Schemas look at every entry, also when the first one is wrong. */
const entriesLimit = 1000

/** Makes bodies of JSON the only ones that routes take. An empty body reads as none. */
export function takeOnlyJson(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  const options = { parseAs: 'buffer', bodyLimit: bodyLimits.usual } as const
  app.addContentTypeParser('application/json', options, async ({ headers }: FastifyRequest, bytes: Buffer) => {
    const charset = /;\s*charset="?([^\s;"]+)/i.exec(headers['content-type'] ?? '')?.[1] ?? 'utf-8'
    if (!/^utf-?8$/i.test(charset) || headers['content-encoding'] !== undefined)
      throw new Failure('unsupported_media_type', 'Send JSON in UTF-8, not compressed.')
    return bytes.length === 0 ? undefined : parseJson(bytes)
  })
}

const decoder = new TextDecoder('utf-8', { fatal: true })

/**
 * Reads a body more strictly than JSON.parse: no name twice in an object (two readers would pick different ones), no name
 * that reaches a prototype, no text that the database could not give back as it came, and no more depth and breadth than
 * can be walked.
 * @throws Failure `invalid_json`
 */
export function parseJson(bytes: Buffer): unknown {
  let text: string
  let value: unknown
  try {
    text = decoder.decode(bytes)
    value = JSON.parse(text)
  } catch {
    throw new Failure('invalid_json')
  }
  refuseTraps(text)
  return value
}

/**
 * A string with its quotes, or a character that structures. Everything between them is numbers, words and white space. (The
 * second quote is always there; a pattern that asked for it would be looked for anew from every first one.)
 */
const tokens = /"[^"\\]*(?:\\.[^"\\]*)*"?|[{}[\]:,]/g

/** Walks a text that is known to be JSON. */
function refuseTraps(text: string): void {
  /** For each open object the names seen in it; for each open array null. */
  const open: (Set<string> | null)[] = []
  /** The names that lead to the open objects and arrays. */
  const path: string[] = []
  /** How many entries they have so far. */
  const entries: number[] = []
  let name = ''
  let expectsName = false
  for (const [token] of text.matchAll(tokens)) {
    switch (token) {
      case '{':
      case '[':
        if (open.length === depthLimit) throw new Failure('invalid_json', `Nest at most ${depthLimit} deep.`)
        open.push(token === '{' ? new Set() : null)
        path.push(name)
        entries.push(1)
        expectsName = token === '{'
        break
      case '}':
      case ']':
        open.pop()
        path.pop()
        entries.pop()
        expectsName = false
        break
      case ',':
        if (entries[entries.length - 1]!++ === entriesLimit)
          throw new Failure('invalid_json', `Put at most ${entriesLimit} entries into one object or list.`)
        expectsName = open.at(-1) !== null
        break
      case ':':
        expectsName = false
        break
      default: {
        const string = JSON.parse(token) as string
        if (isUnstorable(string)) throw new Failure('invalid_json', 'Text must not hold null or half characters.')
        if (!expectsName) break
        name = string
        const names = open.at(-1)!
        if (names.has(name))
          throw new Failure('invalid_json', `The name ${JSON.stringify(name.slice(0, 100))} stands twice.`)
        names.add(name)
        if (name === '__proto__' || (name === 'prototype' && path.at(-1) === 'constructor'))
          throw new Failure('invalid_json', `The name ${JSON.stringify(name)} is not allowed.`)
      }
    }
  }
}

/** A null character or half of a surrogate pair: PostgreSQL has no place for either. */
export const isUnstorable = (text: string): boolean => /[\0\p{Surrogate}]/u.test(text)
