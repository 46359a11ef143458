import { config, errorOf, failureOf } from '@rai/stores'
import { describe, expect, test } from 'vitest'
import { type Fault, faults, limitedFor } from '../helpers/fault-proxy.js'
import { ready, setStage, until } from './stage.js'

const { proxy, asked, listen, page, passes } = await setStage()

interface Case {
  fault: Fault
  kind: 'network' | 'refused' | 'broken'
  code: string
}

const passing: Record<string, Case> = {
  'no answer at all': { fault: faults.hang, kind: 'network', code: 'network' },
  'a connection that is reset': { fault: faults.reset, kind: 'network', code: 'network' },
  'a connection that is cut in the body': { fault: faults.cutInBody, kind: 'network', code: 'network' },
  'an error of the server': { fault: faults.error500, kind: 'broken', code: 'internal' },
  'the error page of a proxy': { fault: faults.page502, kind: 'broken', code: 'bad_answer' },
  'the page of a captive portal': { fault: faults.portal, kind: 'broken', code: 'bad_answer' },
  'an empty answer': { fault: faults.empty, kind: 'broken', code: 'bad_answer' },
  'half an answer': { fault: faults.truncated, kind: 'broken', code: 'bad_answer' },
  'other types than ours': { fault: faults.wrongTypes, kind: 'broken', code: 'bad_answer' },
  'an endless answer': { fault: faults.huge, kind: 'broken', code: 'bad_answer' },
  'too many requests': { fault: faults.limited, kind: 'refused', code: 'rate_limited' },
}

const lasting: Record<string, Case> = {
  'no valid key': { fault: faults.refused401, kind: 'refused', code: 'unauthorized' },
  'a page that is not allowed': { fault: faults.refused403, kind: 'refused', code: 'origin_not_allowed' },
  'nothing there': { fault: faults.refused404, kind: 'refused', code: 'not_found' },
}

describe('a failure is told within ten seconds, after at most four requests a minute:', () => {
  test.each(Object.entries({ ...passing, ...lasting }))('%s', async (_, { fault, kind, code }) => {
    proxy.fail(fault)
    const here = page({ mayWarn: true })
    const start = here.clock()
    const { $config } = config(here)
    listen($config)
    await passes(here, () => expect($config.get().state).toBe('failed'))
    expect(failureOf(errorOf($config.get())!)).toMatchObject({ kind, code })
    expect(here.clock() - start).toBeLessThanOrEqual(10_000)
    await passes(here, () => expect(here.clock() - start).toBeGreaterThan(60_000), 1000)
    expect(asked().length).toBeLessThanOrEqual(4)
  })
})

describe('without anybody doing anything', () => {
  test.each(Object.entries(passing))('it goes on after %s', async (_, { fault }) => {
    proxy.fail(fault)
    const here = page({ mayWarn: true })
    const { $config } = config(here)
    listen($config)
    await passes(here, () => expect($config.get().state).toBe('failed'))
    proxy.fail(undefined)
    await passes(here, () => expect($config.get().state).toBe('ready'))
  })

  test.each(Object.entries(lasting))(
    'nothing is asked again after %s, before the page comes back',
    async (_, { fault }) => {
      proxy.fail(fault)
      const here = page({ mayWarn: true })
      const { $config } = config(here)
      listen($config)
      await until($config, ({ state }) => state === 'failed')
      here.advance(3_600_000)
      expect(asked()).toHaveLength(1)
      proxy.fail(undefined)
      here.$visible.set(false)
      here.$visible.set(true)
      here.advance(1000)
      await until($config, ({ state }) => state === 'ready')
    },
  )

  test.each([
    ['at once', 0],
    ['late', 1900],
  ])('a hiccup is not shown that comes %s', async (_, after) => {
    let answers = 0
    proxy.fail((response, pass) => (answers++ === 0 ? faults.hang(response) : pass()))
    const here = page()
    const { $config } = config(here)
    const states: string[] = []
    $config.listen(({ state }) => states.push(state))
    listen($config)
    await expect.poll(() => proxy.hanging).toBe(1)
    here.advance(after)
    proxy.cut()
    await expect.poll(() => proxy.hanging).toBe(0)
    await passes(here, () => expect($config.get().state).toBe('ready'))
    expect(states).toEqual(['ready'])
  })
})

describe('Retry-After', () => {
  test.each([
    ['in seconds', () => 30],
    ['as a date of a server whose clock differs', () => new Date(Date.now() + 30_000)],
  ])('%s is kept to', async (_, wait) => {
    const here = page({ mayWarn: true, wrongBy: 86_400_000 })
    const { $config } = config(here)
    listen($config)
    await ready($config)
    proxy.fail(limitedFor(wait()))
    here.$visible.set(false)
    here.$visible.set(true)
    here.advance(1000)
    await until($config, (state) => errorOf(state) !== undefined)
    const before = asked('config').length
    const { retryAfter } = failureOf(errorOf($config.get())!)
    expect(retryAfter).toBeGreaterThan(28_000)
    expect(retryAfter).toBeLessThanOrEqual(31_000)
    proxy.fail(undefined)
    here.advance(27_000)
    expect(asked('config')).toHaveLength(before)
    here.advance(6000)
    await until($config, (state) => errorOf(state) === undefined)
  })
})

test('an endless answer is not read to its end', async () => {
  const closed = new Promise<boolean>((done) => {
    proxy.fail((response) => {
      response.on('close', () => done(response.writableFinished))
      faults.huge(response)
    })
  })
  const { $config } = config(page({ mayWarn: true }))
  listen($config)
  expect(await closed).toBe(false)
})

test('the developer is told a failure once, with what support asks for, and never a hiccup of the network', async () => {
  const here = page({ mayWarn: true })
  proxy.fail(faults.refused403)
  const { $config } = config(here)
  listen($config)
  await until($config, ({ state }) => state === 'failed')
  expect(here.warnings).toEqual(['[rai] origin_not_allowed 403: because of origin_not_allowed request-1'])
})
