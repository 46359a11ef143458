import { config, connect, errorOf, leaderboard, serverNow } from '@rai/stores'
import { allTasks } from 'nanostores'
import { describe, expect, test, vi } from 'vitest'
import { faults } from '../helpers/fault-proxy.js'
import { ready, setStage, until } from './stage.js'

const { proxy, asked, listen, page, passes, board } = await setStage()

describe('a store', () => {
  test('is initial until somebody listens, then pending, then ready', async () => {
    const { $config } = config(page())
    expect($config.value).toEqual({ state: 'initial' })
    listen($config)
    expect($config.get()).toEqual({ state: 'pending' })
    await allTasks()
    expect($config.get()).toMatchObject({ state: 'ready', value: { community: { name: 'Test community' } } })
  })

  test('asks once for all who listen', async () => {
    const here = page()
    for (let n = 0; n < 3; n++) listen(config(here).$config)
    await ready(config(here).$config)
    expect(asked('config')).toEqual(['config'])
  })

  test('keeps what it knew when a refresh fails, says so, and is well again by itself', async () => {
    const here = page()
    const { $config, refresh } = config(here)
    listen($config)
    const value = await ready($config)
    proxy.fail(faults.reset)
    await refresh()
    await passes(here, () => expect(errorOf($config.get())).toBeDefined())
    expect($config.get()).toMatchObject({ state: 'ready', value, stale: { code: 'network' } })
    proxy.fail(undefined)
    await passes(here, () => expect(errorOf($config.get())).toBeUndefined())
  })

  test('shows again that it is loading when a person tries again', async () => {
    const here = page({ mayWarn: true })
    proxy.fail(faults.refused403)
    const { $config, refresh } = config(here)
    listen($config)
    await until($config, ({ state }) => state === 'failed')
    proxy.fail(undefined)
    const done = refresh()
    expect($config.get().state).toBe('pending')
    await done
    expect($config.get().state).toBe('ready')
  })

  test('gives up its request when the last listener leaves', async () => {
    const gone = new Promise<void>((done) => proxy.fail((response) => response.on('close', () => done())))
    const leave = listen(config(page()).$config)
    await vi.waitFor(() => expect(asked('config')).toHaveLength(1))
    leave()
    await gone
  })

  test('asks nothing while the page is hidden, and once when it comes back', async () => {
    const here = page()
    const { $config } = config(here)
    listen($config)
    await ready($config)
    here.$visible.set(false)
    here.advance(3_600_000)
    const before = asked('config').length
    here.$visible.set(true)
    await passes(here, () => expect(asked('config')).toHaveLength(before + 1))
  })

  test('asks again when the network is back', async () => {
    const here = page()
    proxy.fail(faults.reset)
    const { $config } = config(here)
    listen($config)
    here.$online.set(false)
    await passes(here, () => expect($config.get().state).toBe('failed'))
    proxy.fail(undefined)
    here.$online.set(true)
    here.advance(1000)
    await until($config, ({ state }) => state === 'ready')
  })
})

describe('a page whose server fails', () => {
  test('sends at most four requests a minute, whatever stands on it', async () => {
    const here = page()
    for (const name of ['a', 'b', 'c', 'd', 'e']) {
      const { $board, $view } = leaderboard(here, { board: name })
      listen($board)
      listen($view)
    }
    const start = here.clock()
    proxy.fail(faults.reset)
    await passes(here, () => expect(here.clock() - start).toBeGreaterThan(60_000), 500)
    const first = asked().length
    await passes(here, () => expect(here.clock() - start).toBeGreaterThan(240_000), 500)
    // What the page asked before it knew is on top.
    expect(first).toBeLessThanOrEqual(10)
    expect(asked().length - first).toBeLessThanOrEqual(12)
  })

  test('sends as few when it was live before', async () => {
    await board('Weekly')
    const here = page()
    const open = proxy.heard('/stream')
    const { $board, $view } = leaderboard(here)
    listen($board)
    listen($view)
    await Promise.all([ready($view), open])
    const start = here.clock()
    const before = asked().length
    proxy.fail(faults.reset)
    proxy.cut()
    for (const minute of [1, 2, 3]) {
      await passes(here, () => expect(here.clock() - start).toBeGreaterThan(minute * 60_000), 500)
      expect(asked().length - before).toBeLessThanOrEqual(minute * 4)
    }
    proxy.fail(undefined)
    await passes(here, () => expect(errorOf($view.get())).toBeUndefined())
  })

  test('has everything back soon after the first answer', async () => {
    await board('Weekly')
    const here = page()
    const { $board, $view } = leaderboard(here)
    proxy.fail(faults.reset)
    listen($board)
    listen($view)
    await passes(here, () => expect($view.get().state).toBe('failed'))
    proxy.fail(undefined)
    await passes(here, () => expect($board.get().state).toBe('ready'))
    await passes(here, () => expect($view.get().state).toBe('ready'))
  })
})

describe('a visitor whose clock is wrong', () => {
  test.each([
    ['by five minutes', 300_000],
    ['by minus five minutes', -300_000],
    ['by a day', 86_400_000],
  ])('%s sees the time of the server', async (_, wrongBy) => {
    const here = page({ wrongBy })
    const { $config } = config(here)
    listen($config)
    await ready($config)
    const state = $config.get()
    expect(Math.abs(serverNow(here) - Date.now())).toBeLessThan(5000)
    expect(state.state === 'ready' && Math.abs(state.at - Date.now())).toBeLessThan(5000)
  })
})

describe('connect', () => {
  const apiUrl = 'https://api.example'

  test('gives elements with the same settings the same environment', () => {
    expect(connect({ apiUrl, key: 'rai_pk_1' })).toBe(connect({ apiUrl: `${apiUrl}/`, key: 'rai_pk_1' }))
    expect(connect({ apiUrl, key: 'rai_pk_1' })).not.toBe(connect({ apiUrl, key: 'rai_pk_2' }))
  })

  test('52 makes ids on pages without crypto.randomUUID', () => {
    vi.stubGlobal('crypto', { getRandomValues: crypto.getRandomValues.bind(crypto) })
    const { randomId } = connect({ apiUrl, key: 'rai_pk_1' })
    expect(randomId()).toMatch(/^[0-9a-f]{32}$/)
    expect(randomId()).not.toBe(randomId())
    vi.unstubAllGlobals()
  })
})
