import type { Route } from '@rai/contract'
import fc from 'fast-check'
import { z } from 'zod'
import type { Ask, RawRequest } from './api.js'
import { naughtyStrings } from './strings.js'

/** What makes a bad request of a good one. Plain data, so that a failing one can be read, and tried again. */
export type Wildness =
  /** Another body: often what the schema asks for, as far as JSON Schema can say that. */
  | { in: 'body'; body: unknown }
  /** Another value somewhere in it: the nth place. */
  | { in: 'value'; at: number; value: unknown }
  /** A field more somewhere in it. */
  | { in: 'field'; at: number; name: string; value: unknown }
  /** The text of the body: a name twice, an end that is missing, bytes that are no UTF-8. */
  | { in: 'text'; how: 'twice' | 'cut' | 'bytes' | 'more'; at: number }
  /** A form, whether one is wanted or not. A part with a file's name is a file. */
  | { in: 'form'; parts: readonly (readonly [name: string, value: string, file: boolean])[]; cut: boolean }
  /** More pairs in the query, as they are, beside or without those that it has. */
  | { in: 'query'; pairs: readonly (readonly [name: string, value: string])[]; alone: boolean }
  /** Another text for the nth name of the path. */
  | { in: 'path'; at: number; text: string }
  | { in: 'headers'; headers: Record<string, string> }

/** Numbers that JSON has and JavaScript has not: written in the place of these texts. */
const rawNumbers = ['1e400', '-1e400', '123456789012345678901234567890', '1E-400', '-0', '1.0', '9007199254740993']
const rawNumber = (text: string) => `\u{1}${text}\u{1}`

const naughty = fc.oneof(
  fc.constantFrom(...Object.values(naughtyStrings)),
  fc.string({ unit: 'binary', maxLength: 20 }),
)
const names = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  'length',
  '',
  '$where',
  'a.b',
  '_id',
]
const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)])

/** Values that no schema of ours asks for, or that lie at the edge of what one does. */
const odd: fc.Arbitrary<unknown> = fc.oneof(
  naughty,
  fc.constantFrom<unknown>(null, true, 0, -1, 1.5, 2 ** 31, 2 ** 53, 1e308, '', [], {}, [[]], [null]),
  fc.constantFrom<unknown>(
    { $ne: 1 },
    { toString: 'x' },
    { length: 1e9 },
    { constructor: { prototype: { polluted: 1 } } },
  ),
  fc.constantFrom(...rawNumbers).map(rawNumber),
  fc.constantFrom(63, 64, 65, 2000).map(nested),
  fc.constantFrom(51, 101, 201, 256, 2001, 5001, 20_000).map((length) => 'x'.repeat(length)),
  fc.constantFrom(1000, 1001).map((length) => Array(length).fill(0)),
  fc.jsonValue({ maxDepth: 3 }),
)

type Schema = z.core.JSONSchema.BaseSchema

/** Values that often fit a JSON Schema. */
export function fitting(schema: Schema, defs = schema.$defs ?? {}): fc.Arbitrary<unknown> {
  const of = (one: z.core.JSONSchema._JSONSchema) => fitting(one as Schema, defs)
  if (schema.$ref) return of(defs[schema.$ref.split('/').at(-1)!]!)
  if (schema.const !== undefined) return fc.constant(schema.const)
  if (schema.enum) return fc.constantFrom(...(schema.enum as unknown[]))
  const options = schema.anyOf ?? schema.oneOf
  if (options) return fc.oneof(...options.map(of))
  switch (schema.type) {
    case 'string':
      return fc.oneof({ arbitrary: textOf(schema), weight: 4 }, { arbitrary: naughty, weight: 1 })
    case 'integer':
    case 'number': {
      const { minimum: min = -(2 ** 53), maximum: max = 2 ** 53 } = schema
      return fc.oneof(fc.constantFrom(min, max, min - 1, max + 1, 0, 1, 0.5), fc.maxSafeInteger())
    }
    case 'boolean':
      return fc.boolean()
    case 'null':
      return fc.constant(null)
    case 'array':
      return fc.array(of((schema.items as Schema) ?? {}), { maxLength: 4 })
    case 'object': {
      const properties = Object.entries(schema.properties ?? {}).map(([name, one]) => [name, of(one)] as const)
      const requiredKeys = schema.required ?? []
      if (properties.length > 0) return fc.record(Object.fromEntries(properties), { requiredKeys })
      const keys = textOf((schema.propertyNames as Schema) ?? {})
      return fc.dictionary(keys, of((schema.additionalProperties as Schema) || {}), { maxKeys: 4 })
    }
    default:
      return fc.jsonValue({ maxDepth: 2 })
  }
}

/** What texts of a format look like, at their edges. */
const formats: Record<string, readonly string[]> = {
  email: ['a@example.com', 'A@EXAMPLE.COM', `${'a'.repeat(64)}@example.com`],
  date: ['2026-11-27', '1970-01-01', '9998-12-31', '0000-01-01', '2024-02-29'],
  'date-time': [
    '2026-11-27T12:00:00Z',
    '0000-01-01T00:00:00Z',
    '9999-12-31T23:59:59.999999Z',
    '1969-12-31T23:59:59.9Z',
  ],
  uri: ['https://example.com/a.png', 'http://127.0.0.1/', `https://example.com/${'a'.repeat(1900)}`, 'https://[::1]/'],
}

function textOf({ format = '', pattern, minLength = 0, maxLength = 100 }: Schema): fc.Arbitrary<string> {
  const known = formats[format]
  if (known) return fc.constantFrom(...known)
  const sized = fc.constantFrom(
    'x'.repeat(minLength),
    'x'.repeat(maxLength),
    'x'.repeat(maxLength + 1),
    '😀'.repeat(maxLength / 2),
  )
  const free = fc.constantFrom(...Object.values(naughtyStrings)).map((text) => text.slice(0, maxLength))
  if (pattern === undefined) return fc.oneof(free, sized)
  try {
    return fc.oneof(fc.stringMatching(new RegExp(pattern, 'u')), free, sized)
  } catch {
    // Has something that texts cannot be made from, such as a look-ahead.
    return fc.oneof(free, sized)
  }
}

/** Ways to spoil a request for an operation. */
export function wildness(route: Route): fc.Arbitrary<Wildness> {
  const { body, query, params, file, pictures } = route
  const at = fc.nat(1000)
  const known = { body: namesIn(body), query: namesIn(query) }
  const name = (of: string[]) => fc.constantFrom(...names, ...of)
  const inBody: fc.Arbitrary<Wildness>[] = [
    { arbitrary: odd, weight: 1 },
    {
      arbitrary: body ? fitting(z.toJSONSchema(body, { io: 'input', unrepresentable: 'any' }) as Schema) : odd,
      weight: 4,
    },
  ].map(({ arbitrary }) => arbitrary.map((body) => ({ in: 'body', body }) as const))
  const others: fc.Arbitrary<Wildness>[] = [
    fc.record({ in: fc.constant('value'), at, value: odd }),
    fc.record({ in: fc.constant('field'), at, name: name(known.body), value: odd }),
    fc.record({ in: fc.constant('text'), how: fc.constantFrom('twice', 'cut', 'bytes', 'more'), at }),
  ]
  const part = fc.tuple(name([...known.body, file ?? pictures?.[0] ?? 'data']), naughty, fc.boolean())
  const form = fc.record({ in: fc.constant('form'), parts: fc.array(part, { maxLength: 4 }), cut: fc.boolean() })
  const pair = fc.tuple(
    name([...known.query, 'serverId', 'a[]', 'a[b]']),
    fc.oneof(naughty, fc.constantFrom('', '0', '1e9', '-1', '[]')),
  )
  return fc.oneof(
    ...(file ? [] : [...inBody, ...others]),
    ...(body || file ? [form] : []),
    fc.record({ in: fc.constant('query'), pairs: fc.array(pair, { maxLength: 5 }), alone: fc.boolean() }),
    ...(params
      ? [
          fc.record({
            in: fc.constant('path'),
            at,
            text: fc.oneof(naughty, fc.constantFrom(...names, '..', '%zz', '%ff', 'x'.repeat(600))),
          }),
        ]
      : []),
    fc.record({ in: fc.constant('headers'), headers: oddHeaders }),
  ) as fc.Arbitrary<Wildness>
}

const namesIn = (schema: z.ZodType | undefined): string[] => Object.keys((schema as { shape?: object })?.shape ?? {})

const oddHeaders = fc.oneof(
  fc.constantFrom('', 'x', 'x'.repeat(256), 'a\tb', '\u00e9').map((text) => ({ 'idempotency-key': text })),
  fc
    .constantFrom(
      'text/plain',
      'application/json; charset=latin1',
      'application/x-www-form-urlencoded',
      'multipart/form-data',
      '',
    )
    .map((text) => ({ 'content-type': text })),
  fc.constantFrom('gzip', 'x').map((text) => ({ 'content-encoding': text })),
  fc.constantFrom('x'.repeat(65), "'; drop table members; --", '../..').map((text) => ({ 'x-request-id': text })),
  fc
    .constantFrom('Bearer', 'Bearer ', 'Basic eDp5', 'Bearer a b', `Bearer ${'x'.repeat(5000)}`)
    .map((text) => ({ authorization: text })),
  fc.constantFrom('null', '*', 'https://x.example, https://y.example').map((text) => ({ origin: text })),
  fc.constantFrom('-1', '99999999999999999999', 'x').map((text) => ({ 'last-event-id': text })),
)

/** A good request, spoilt. */
export async function spoil(method: string, path: string, good: Ask, wild: Wildness): Promise<RawRequest> {
  const params = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!)
  const replaced = wild.in === 'path' ? params[wild.at % params.length] : undefined
  const target = path.replace(/\{(\w+)\}/g, (_, name) =>
    wild.in === 'path' && name === replaced
      ? escapedUnless(wild.text)
      : encodeURIComponent(good.params?.[name] ?? name),
  )
  const own = Object.entries(good.query ?? {}).map(([name, value]) => [name, String(value)] as const)
  const pairs = wild.in === 'query' ? [...(wild.alone ? [] : own), ...wild.pairs] : own
  const search = pairs.map(([name, value]) => `${escaped(name)}=${escaped(value)}`).join('&')
  const sent = await bodyOf(good, wild)
  return {
    method: good.method ?? method,
    path: search ? `${target}?${search}` : target,
    headers: {
      ...(good.bearer && { authorization: `Bearer ${good.bearer}` }),
      ...(good.origin && { origin: good.origin }),
      ...good.headers,
      ...(sent && { 'content-type': sent.type }),
      ...(wild.in === 'headers' && wild.headers),
    },
    ...(sent && { body: sent.bytes }),
  }
}

/** As UTF-8 in percents. Half characters become replacement characters: no URL could hold them. */
const escaped = (text: string): string =>
  [...Buffer.from(text)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')
/** What is no good escape is left as it is. */
const escapedUnless = (text: string): string => (text.startsWith('%') || text === '..' ? text : escaped(text))

async function bodyOf(good: Ask, wild: Wildness): Promise<{ type: string; bytes: Buffer } | undefined> {
  if (wild.in === 'form') {
    const form = new FormData()
    for (const [name, value, isFile] of wild.parts) form.append(name, isFile ? new Blob([value]) : value)
    return inForm(form, wild.cut)
  }
  if (good.form) return inForm(good.form, false)
  if (good.body === undefined && wild.in !== 'body') return undefined
  return { type: 'application/json', bytes: inJson(good.body, wild) }
}

async function inForm(form: FormData, cut: boolean) {
  const response = new Response(form)
  const bytes = Buffer.from(await response.arrayBuffer())
  return { type: response.headers.get('content-type')!, bytes: cut ? bytes.subarray(0, bytes.length / 2) : bytes }
}

function inJson(body: unknown, wild: Wildness): Buffer {
  const value = wild.in === 'body' ? wild.body : wild.in === 'value' || wild.in === 'field' ? changed(body, wild) : body
  const text = JSON.stringify(value).replace(/"\\u0001(.*?)\\u0001"/g, '$1')
  if (wild.in !== 'text') return Buffer.from(text)
  const bytes = Buffer.from(text)
  const at = wild.at % bytes.length
  switch (wild.how) {
    case 'twice':
      return Buffer.from(text.replace(/^\{("[^"]*")/, '{$1:null,$1'))
    case 'cut':
      return bytes.subarray(0, at)
    case 'bytes':
      return Buffer.concat([bytes.subarray(0, at), Buffer.from([0xff, 0xc3]), bytes.subarray(at)])
    case 'more':
      return Buffer.concat([Buffer.from('\ufeff'), bytes, Buffer.from('{}')])
  }
}

/** A copy in which one place is another. `__proto__` becomes a field as any other. */
function changed(body: unknown, wild: Extract<Wildness, { in: 'value' | 'field' }>): unknown {
  const copy = { root: structuredClone(body) }
  const places: [holder: object, name: string][] = []
  const takesMore = (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value)
  const walk = (holder: object) => {
    for (const [name, value] of Object.entries(holder)) {
      if (wild.in === 'value' || takesMore(value)) places.push([holder, name])
      if (typeof value === 'object' && value !== null) walk(value)
    }
  }
  walk(copy)
  if (places.length === 0) return copy.root
  const [holder, name] = places[wild.at % places.length]!
  const [target, field] = wild.in === 'value' ? [holder, name] : [(holder as Record<string, object>)[name]!, wild.name]
  Object.defineProperty(target, field, { value: wild.value, enumerable: true, configurable: true, writable: true })
  return copy.root
}
