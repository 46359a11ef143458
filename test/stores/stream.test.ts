import { config, identify, leaderboard, viewer } from '@rai/stores'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { streamOf } from '../../packages/stores/src/shared/stream.js'
import { type Fault, faults } from '../helpers/fault-proxy.js'
import type { TestEnvironment } from '../helpers/test-environment.js'
import { ready, setStage } from './stage.js'

const { proxy, asked, listen, page, passes, board, member, award, token } = await setStage()

const leaving: (() => void)[] = []
afterEach(() => {
  while (leaving.length > 0) leaving.pop()!()
})

/** What listeners of a page's stream are told. */
function tellings(here: TestEnvironment): string[] {
  const told: string[] = []
  leaving.push(streamOf(here).subscribe((type, id) => told.push(id ? `${type} ${id}` : type)))
  return told
}

/** Puts something on a page and waits for its stream. */
async function goLive(here: TestEnvironment): Promise<string[]> {
  const told = tellings(here)
  const open = proxy.heard('/stream')
  listen(config(here).$config)
  await ready(config(here).$config)
  await open
  return told
}

const lastStream = () => proxy.seen.filter(({ path }) => path.endsWith('/stream')).at(-1)!

/** A stream that says what it is told to, in pieces. */
const saying =
  (...pieces: string[]): Fault =>
  (response) => {
    response.writeHead(200, { 'Content-Type': 'text/event-stream' })
    for (const piece of pieces) response.write(piece)
  }

describe('the stream', () => {
  test('is opened once for everything on a page, without a header that would need a preflight', async () => {
    await board('Weekly')
    const here = page()
    const { $board, $view } = leaderboard(here)
    for (const $store of [$board, $view]) listen($store)
    await goLive(here)
    expect(asked('stream')).toHaveLength(1)
    expect(lastStream().headers['last-event-id']).toBeUndefined()
  })

  test('waits until the server has answered something', async () => {
    proxy.fail(faults.refused403, '/config')
    const here = page({ mayWarn: true })
    listen(config(here).$config)
    await passes(here, () => expect(config(here).$config.get().state).toBe('failed'))
    here.advance(60_000)
    expect(asked('stream')).toEqual([])
  })

  test('makes a change visible', async () => {
    const weekly = await board('Weekly')
    const ada = await member('ada', 10)
    const here = page()
    const told = await goLive(here)
    const { $view } = leaderboard(here)
    listen($view)
    await ready($view)
    await award(ada, 5)
    await vi.waitFor(() => expect(told).toContain(`leaderboard.changed ${weekly.id}`), 10_000)
    await passes(here, async () => expect((await ready($view))?.row(1)?.score).toBe(15))
  })

  test('goes on after a cut where it was: nothing is missing, nothing comes twice', async () => {
    const boards = [await board('A'), await board('B'), await board('C')].map(({ id }) => `leaderboard.changed ${id}`)
    const ada = await member('ada')
    const here = page()
    const told = await goLive(here)
    await award(ada, 1)
    await vi.waitFor(() => expect(told).toEqual(expect.arrayContaining(boards)), 10_000)
    proxy.fail(faults.reset, '/stream')
    proxy.cut()
    await award(ada, 1)
    await passes(here, () => expect(asked('stream')).toHaveLength(2))
    const before = told.filter((what) => what !== 'poll')
    proxy.fail(undefined, '/stream')
    await passes(here, () => expect(told.filter((what) => what !== 'poll').length).toBeGreaterThan(before.length))
    expect(lastStream().headers['last-event-id']).toMatch(/^\d+$/)
    await award(ada, 1)
    const count = () => boards.map((what) => told.filter((other) => other === what).length)
    await vi.waitFor(() => expect(count()).toEqual([3, 3, 3]), 10_000)
  })

  test('is closed while nobody can see the page; back again, it resumes and everything is asked for', async () => {
    const here = page()
    const closed = new Promise<void>((done) => {
      proxy.fail((response, pass) => {
        response.on('close', () => done())
        pass()
      }, '/stream')
    })
    await goLive(here)
    here.$visible.set(false)
    await closed
    here.advance(3_600_000)
    expect(asked('stream')).toHaveLength(1)
    here.$visible.set(true)
    await passes(here, () => expect(asked('stream')).toHaveLength(2))
    await passes(here, () => expect(asked('config').length).toBeGreaterThan(1))
  })

  test('is closed when the last listener leaves', async () => {
    const here = page()
    const closed = new Promise<void>((done) => {
      proxy.fail((response, pass) => {
        response.on('close', () => done())
        pass()
      }, '/stream')
    })
    const open = proxy.heard('/stream')
    const leave = listen(config(here).$config)
    await open
    leave()
    await closed
  })

  test('that falls silent is opened again', async () => {
    const here = page()
    await goLive(here)
    await passes(here, () => expect(asked('stream')).toHaveLength(2), 1000)
  })

  test.each<[string, Fault]>([
    ['refused', faults.refused404],
    ['reset', faults.reset],
    [
      'held back by a proxy',
      (response) => response.writeHead(200, { 'Content-Type': 'text/event-stream' }).flushHeaders(),
    ],
    ['answered by something else', faults.portal],
  ])('that is %s makes stores poll, until it works', async (_, fault) => {
    proxy.fail(fault, '/stream')
    const here = page()
    const told = tellings(here)
    listen(config(here).$config)
    await passes(here, () => expect(told.filter((what) => what === 'poll').length).toBeGreaterThan(2), 500)
    expect(asked('config').length).toBeGreaterThan(1)
    proxy.fail(undefined)
    const open = proxy.heard('/stream')
    let isOpen = false
    void open.then(() => {
      isOpen = true
    })
    await passes(here, () => expect(isOpen).toBe(true), 1000)
    const before = told.length
    const now = here.clock()
    await passes(here, () => expect(here.clock() - now).toBeGreaterThan(40_000), 1000)
    expect(told.length - before).toBeLessThanOrEqual(1)
  })

  test('that was away for too long tells stores to ask for everything', async () => {
    proxy.fail(saying('id: 9\n\n', 'event: reset\ndata: {"seq":9,"type":"reset","id":null}\n\n'), '/stream')
    const here = page()
    const told = tellings(here)
    listen(config(here).$config)
    await vi.waitFor(() => expect(told).toContain('reset'))
    await passes(here, () => expect(asked('config')).toHaveLength(2))
  })

  test('is read however it is cut into pieces, and a comment is none of it', async () => {
    const text =
      'retry: 3000\r\nid: 1\r\n\r\n: ping\r\n\r\nid: 2\r\ndata: {"seq":2,"type":"config.changed","id":null}\r\n\r\n'
    const here = page()
    const told = tellings(here)
    proxy.fail((response) => {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' })
      const letters = [...text]
      const next = () => {
        if (letters.length > 0) response.write(letters.shift(), next)
      }
      next()
    }, '/stream')
    listen(config(here).$config)
    await vi.waitFor(() => expect(told).toEqual(['config.changed']))
  })

  test('that says what is no hint is opened again', async () => {
    proxy.fail(saying('id: 1\ndata: <html>\n\n'), '/stream')
    const here = page()
    listen(config(here).$config)
    await passes(here, () => expect(asked('stream').length).toBeGreaterThan(1))
  })

  test('tells the viewer what is theirs', async () => {
    const ada = await member('ada', 10)
    const bob = await member('bob', 10)
    const here = page()
    identify(here, { getToken: () => token('ada') })
    const { $viewer } = viewer(here)
    const told = await goLive(here)
    listen($viewer)
    await ready($viewer)
    await award(bob, 5)
    await award(ada, 5)
    await vi.waitFor(() => expect(told).toContain(`balance.changed ${ada}`), 10_000)
    await passes(here, async () => expect((await ready($viewer))?.balances.xp).toBe(15))
    expect(told).not.toContain(`balance.changed ${bob}`)
  })
})
