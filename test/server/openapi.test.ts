import { type Route, type RouteKey, routes } from '@rai/contract'
import { beforeAll, describe, expect, it } from 'vitest'
import { bodyExamples, bodyExamplesByKind } from '../../packages/server/src/pages/examples.js'
import { ask } from '../helpers/api.js'
import { startTestServer } from '../helpers/server.js'

const server = await startTestServer()
interface Operation {
  operationId: string
  summary: string
  description: string
  security: Record<string, unknown>[]
  parameters?: { name: string; in: string }[]
  requestBody?: { content: Record<string, { schema: Schema; example?: unknown; examples?: object }> }
  responses: Record<string, { content?: Record<string, { schema: object; example?: unknown }> }>
}
let document: {
  openapi: string
  servers: { url: string }[]
  paths: Record<string, Record<string, Operation>>
  components: Record<string, Record<string, unknown>>
}
const operations = Object.entries<Route>(routes) as [RouteKey, Route][]
const operationOf = (key: RouteKey) => {
  const [method, path] = key.split(' ') as [string, string]
  return document.paths[path]![method.toLowerCase()]!
}

interface Schema {
  $ref?: string
  description?: string
  properties?: Record<string, Schema>
  items?: Schema
  anyOf?: Schema[]
  oneOf?: Schema[]
  allOf?: Schema[]
}

/** The paths of all properties under a schema that nothing is said of, neither there nor in what they refer to. */
function undescribed({ $ref, properties = {}, items, ...schema }: Schema, path: string): string[] {
  const inside = [...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.allOf ?? [])]
  return [
    ...($ref ? undescribed(referred($ref), path) : []),
    ...inside.flatMap((one) => undescribed(one, path)),
    ...(items ? undescribed(items, path) : []),
    ...Object.entries(properties).flatMap(([name, property]) => {
      const own = `${path}.${name}`
      const isDescribed = property.description ?? (property.$ref && referred(property.$ref).description)
      return [...(isDescribed ? [] : [own]), ...undescribed(property, own)]
    }),
  ]
}
const referred = ($ref: string) => document.components.schemas![$ref.split('/').at(-1)!] as Schema

beforeAll(async () => {
  document = JSON.parse((await ask(server, 'GET /openapi.json')).text)
})

describe('the OpenAPI document', () => {
  it('is of version 3.1 and names this server', () => {
    expect(document.openapi).toBe('3.1.0')
    expect(document.servers).toEqual([{ url: server.url, 'x-internal': false }])
  })

  it('holds every operation of the contract and no other, each under a name of its own', () => {
    const keys = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    )
    expect(keys.sort()).toEqual(Object.keys(routes).sort())
    const ids = operations.map(([key]) => operationOf(key).operationId)
    expect(new Set(ids).size).toBe(operations.length)
  })

  it('refers to nothing that is not in it', () => {
    const refs = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/(\w+)\/([^"]+)"/g)]
    expect(refs.length).toBeGreaterThan(20)
    for (const [, kind, name] of refs) expect(document.components[kind!], name).toHaveProperty([name!])
  })

  it.each(operations)('says of %s what it takes and how it refuses', (key, route) => {
    const operation = operationOf(key)
    const statuses = Object.keys(operation.responses)
    expect(statuses).toEqual(expect.arrayContaining([String(route.status ?? 200), '429', '500', '503']))
    const isOpen = route.access.principals.includes('anyone')
    expect(statuses.includes('401')).toBe(!isOpen || Boolean(route.refuses?.includes('unauthorized')))
    const isKnown = !/^(anyone|login|widgetAccessKey)$/.test(route.access.principals[0]!)
    const isRepeatable = !key.startsWith('GET') && route.writes !== false && route.replayed !== false
    expect(statuses.includes('422')).toBe(isRepeatable && isKnown)
    const media = Object.keys(operation.requestBody?.content ?? {})
    expect(media).toEqual([
      ...(route.body && !route.file ? ['application/json'] : []),
      ...(route.file || route.pictures ? ['multipart/form-data'] : []),
    ])
    for (const name of Object.keys(route.query?.shape ?? {}))
      expect(operation.parameters).toContainEqual(expect.objectContaining({ name, in: 'query' }))
  })

  it('gives examples that its own operations take', () => {
    const byKind = Object.entries(bodyExamplesByKind).flatMap(([key, kinds]) =>
      Object.values(kinds).map((example) => [key, example] as const),
    )
    for (const [key, example] of [...Object.entries(bodyExamples), ...byKind]) {
      const route: Route = routes[key as RouteKey]
      expect(route.body!.safeParse(example).error, key).toBeUndefined()
    }
    const withBody = operations.filter(([, route]) => route.body && !route.file).map(([key]) => key)
    expect(Object.keys({ ...bodyExamples, ...bodyExamplesByKind }).sort()).toEqual(withBody.sort())
    const shown = operationOf('POST /v1/keys').requestBody!.content['application/json']!.examples
    expect(Object.keys(shown!)).toEqual(['publishable', 'community', 'widgetAccess'])
  })

  it.each(operations.filter(([, route]) => route.body))('describes all that the body of %s may hold', (key) => {
    const contents = Object.values(operationOf(key).requestBody!.content)
    expect(contents.flatMap(({ schema }) => undescribed(schema, ''))).toEqual([])
  })

  it.each(operations.filter(([, route]) => route.answer))('gives an example of what %s answers', (key, route) => {
    const { example } = operationOf(key).responses[route.status ?? 200]!.content!['application/json']!
    const wrapped = example as { data?: unknown; body?: unknown; error?: false }
    const answer = key.includes('/api/secureAuth')
      ? (({ error: _, ...rest }) => rest)(wrapped)
      : (wrapped.data ?? wrapped.body ?? example)
    expect(route.answer!.safeParse(answer).error).toBeUndefined()
  })

  it.each(operations)('says who may call %s and how', (key, { access }) => {
    const { description, summary, security } = operationOf(key)
    expect(description).toMatch(/^\*\*Who may call:\*\* /)
    if (access.permission) expect(description).toContain(`permission \`${access.permission}\``)
    if (access.may) expect(description).toContain(`roles allow \`${access.may}\``)
    expect(description.includes('Authorization: Bearer')).toBe(
      security.some((scheme) => Object.keys(scheme).length > 0),
    )
    expect(summary).not.toContain('`')
  })
})

describe('the API reference', () => {
  it('is where the address of the server leads', async () => {
    expect((await fetch(server.url)).url).toBe(`${server.url}/reference`)
  })

  it('is made of our own files, with no script or style in its page', async () => {
    const response = await fetch(`${server.url}/reference`)
    const html = await response.text()
    expect(response.headers.get('content-type')).toContain('text/html')
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'; script-src 'self';")
    expect(html).not.toMatch(/https?:|<style|<script>|\son\w+=/)
    for (const [, path] of html.matchAll(/(?:src|href)="([^"]+)"/g)) {
      const file = await fetch(server.url + path)
      expect([path, file.status]).toEqual([path, 200])
      expect((await file.arrayBuffer()).byteLength).toBeGreaterThan(100)
    }
  })
})
