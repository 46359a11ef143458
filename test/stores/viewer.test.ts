import {
  config,
  connect,
  errorOf,
  failureOf,
  identify,
  isGuest,
  leaderboard,
  logout,
  type TokenSource,
  viewer,
} from '@rai/stores'
import { describe, expect, test } from 'vitest'
import { faults } from '../helpers/fault-proxy.js'
import type { TestEnvironment } from '../helpers/test-environment.js'
import { ready, setStage, until } from './stage.js'

const { proxy, asked, listen, page, passes, board, member, token } = await setStage()

/** Signs a member in, and counts how often the site is asked for a token. */
function signIn(here: TestEnvironment, username: string, change: (token: string) => string = (same) => same) {
  const asking = { times: 0 }
  const getToken = async () => {
    asking.times++
    const { embedToken, expiresIn } = await token(username)
    return { embedToken: change(embedToken), expiresIn }
  }
  identify(here, { getToken })
  return asking
}

/** Makes the server refuse the next request for the viewer, as it does once a token's key is gone. */
function refuseOnce() {
  let times = 0
  proxy.fail((response, pass) => (times++ === 0 ? faults.refused401(response, pass) : pass()), '/me')
}

const me = (here: TestEnvironment) => {
  const { $viewer } = viewer(here)
  listen($viewer)
  return $viewer
}

describe('a viewer', () => {
  test('is a guest where nobody signed in, and nothing is asked', async () => {
    const here = page()
    expect(isGuest(here)).toBe(true)
    expect(await ready(me(here))).toBeNull()
    expect(asked()).toEqual([])
  })

  test('is a guest where the site says that nobody is signed in', async () => {
    const here = page()
    identify(here, { getToken: () => null })
    expect(await ready(me(here))).toBeNull()
  })

  test('is the member that the token names', async () => {
    await member('ada', 30)
    const here = page()
    signIn(here, 'ada')
    expect(isGuest(here)).toBe(false)
    expect(await ready(me(here))).toMatchObject({ member: { name: 'ada', visibility: 'public' }, balances: { xp: 30 } })
  })

  test('hides and shows themself', async () => {
    await member('ada')
    const here = page()
    signIn(here, 'ada')
    const $viewer = me(here)
    await ready($viewer)
    await viewer(here).setVisibility('hidden')
    expect((await ready($viewer))?.member.visibility).toBe('hidden')
  })

  test('is not what an answer says that came after another person', async () => {
    await member('ada')
    await member('bob')
    const here = page()
    signIn(here, 'ada')
    const $viewer = me(here)
    await ready($viewer)
    let release: (() => void) | undefined
    proxy.fail((_, pass) => {
      if (release) pass()
      else release = pass
    }, '/me')
    const hiding = viewer(here).setVisibility('hidden')
    await expect.poll(() => release).toBeDefined()
    signIn(here, 'bob')
    expect((await ready($viewer))?.member.name).toBe('bob')
    release!()
    await hiding
    expect((await ready($viewer))?.member).toMatchObject({ name: 'bob', visibility: 'public' })
  })

  test('is told when hiding failed', async () => {
    const here = page()
    await expect(viewer(here).setVisibility('hidden')).rejects.toMatchObject({ code: 'unauthorized' })
  })

  test('changes with the person: nothing of the former one stays', async () => {
    await member('ada')
    await member('bob')
    const here = page()
    signIn(here, 'ada')
    const $viewer = me(here)
    expect((await ready($viewer))?.member.name).toBe('ada')
    signIn(here, 'bob')
    expect($viewer.get().state).toBe('pending')
    expect((await ready($viewer))?.member.name).toBe('bob')
    logout(here)
    expect(await ready($viewer)).toBeNull()
  })
})

describe('a token', () => {
  test('is asked for once, however many want it, and never stands in a URL', async () => {
    await member('ada')
    await board('Weekly')
    const here = page()
    const asking = signIn(here, 'ada')
    const { $mine, $view } = leaderboard(here)
    const $viewer = me(here)
    for (const $store of [$mine, $view]) listen($store)
    await Promise.all([ready($viewer), ready($mine), ready($view)])
    expect(asking.times).toBe(1)
    expect(asked().join()).not.toContain('eyJ')
  })

  test('is renewed a minute before its end, however wrong the clock is', async () => {
    await member('ada')
    for (const wrongBy of [0, 300_000, -300_000, 86_400_000]) {
      const here = page({ wrongBy })
      const asking = signIn(here, 'ada')
      const $viewer = me(here)
      await ready($viewer)
      await viewer(here).refresh()
      here.advance(13 * 60_000)
      await viewer(here).refresh()
      expect(asking.times).toBe(1)
      here.advance(61_000)
      await viewer(here).refresh()
      expect(asking.times).toBe(2)
      expect(errorOf($viewer.get())).toBeUndefined()
    }
  })

  test('is renewed once when the server refuses it, and the request is made again', async () => {
    await member('ada')
    const here = page()
    const asking = signIn(here, 'ada')
    refuseOnce()
    expect((await ready(me(here)))?.member.name).toBe('ada')
    expect(asking.times).toBe(2)
    expect(asked('me')).toHaveLength(2)
  })

  test('that the server refuses again and again fails the viewer, not the page', async () => {
    await member('ada')
    await board('Weekly')
    const here = page({ mayWarn: true })
    signIn(here, 'ada', (good) => `${good}x`)
    const $viewer = me(here)
    const { $view } = leaderboard(here, { board: 'weekly' })
    listen($view)
    const state = await until($viewer, ({ state }) => state === 'failed')
    expect(failureOf(errorOf(state)!)).toMatchObject({ kind: 'refused', code: 'unauthorized' })
    expect(asked('me')).toHaveLength(2)
    expect((await ready($view))?.total).toBe(0)
  })

  test('that cannot be had fails the viewer, not the page, and is asked for again later', async () => {
    await member('ada')
    await board('Weekly')
    const here = page({ mayWarn: true })
    let working = false
    identify(here, { getToken: () => (working ? token('ada') : Promise.reject(new Error('down'))) })
    const $viewer = me(here)
    const { $view } = leaderboard(here)
    listen($view)
    await passes(here, () => expect($viewer.get().state).toBe('failed'))
    expect(failureOf(errorOf($viewer.get())!)).toMatchObject({ kind: 'broken', code: 'no_token' })
    expect((await ready($view))?.total).toBe(0)
    working = true
    await passes(here, () => expect($viewer.get().state).toBe('ready'))
  })

  test.each([
    ['lost', faults.reset],
    ['cut', faults.cutInBody],
    ['a page of a proxy', faults.page502],
  ])('that the site fails to give once (%s) is asked for again before anything is shown', async (_, fault) => {
    await board('Secret', { viewingMembers: [await member('ada')] })
    const given = await token('ada')
    let times = 0
    proxy.fail((response) => {
      if (times++ === 0) fault(response)
      else response.writeHead(200).end(JSON.stringify(given))
    }, '/site/token')
    const here = page()
    identify(here, { tokenUrl: `${proxy.url}/site/token` })
    const $viewer = me(here)
    const states: string[] = []
    $viewer.listen(({ state }) => states.push(state))
    const { $config } = config(here)
    listen($config)
    await passes(here, () => expect([$viewer.get().state, $config.get().state]).toEqual(['ready', 'ready']))
    expect(states).toEqual(['ready'])
    expect((await ready($config)).leaderboards).toMatchObject([{ name: 'Secret' }])
    expect(times).toBe(2)
  })

  test('that never comes ends the wait', async () => {
    const here = page({ mayWarn: true })
    identify(here, { getToken: () => new Promise(() => {}) })
    const $viewer = me(here)
    await passes(here, () => expect($viewer.get().state).toBe('failed'))
    expect(errorOf($viewer.get())).toMatchObject({ code: 'no_token' })
  })

  test.each<[string, (response: { embedToken: string; expiresIn: number }) => unknown]>([
    ['bare', (given) => given],
    ['as the token endpoint wraps it', (data) => ({ status: 'success', data })],
  ])('comes from the site’s address, %s', async (_, wrap) => {
    await member('ada')
    const given = await token('ada')
    proxy.fail((response) => response.writeHead(200).end(JSON.stringify(wrap(given))), '/site/token')
    const here = page()
    identify(here, { tokenUrl: `${proxy.url}/site/token` })
    expect((await ready(me(here)))?.member.name).toBe('ada')
  })

  test.each([401, 403, 204])('that the site’s address refuses by %s is nobody’s', async (status) => {
    proxy.fail((response) => response.writeHead(status).end(), '/site/token')
    const here = page()
    identify(here, { tokenUrl: `${proxy.url}/site/token` })
    expect(await ready(me(here))).toBeNull()
  })

  test('source that a page names again is the same person; another address is another', async () => {
    const settings = { apiUrl: 'https://api.example', key: 'rai_pk_again' }
    const sources: TokenSource[] = [{ tokenUrl: '/a' }, { tokenUrl: '/a' }, {}, { getToken: () => null }]
    const here = connect(settings)
    expect(isGuest(here)).toBe(true)
    for (const source of sources) expect(isGuest(connect({ ...settings, ...source }))).toBe(false)
  })
})

describe('what everybody may read', () => {
  test('is asked for as a guest by a page with a viewer: no header that would need a preflight', async () => {
    await member('ada')
    await board('Weekly')
    const here = page()
    signIn(here, 'ada')
    const { $view } = leaderboard(here, { board: 'weekly' })
    listen($view)
    await ready($view)
    const { headers } = proxy.seen.find(({ path }) => path.includes('/rows'))!
    expect(headers.authorization).toBeUndefined()
    expect(Object.keys(headers).filter((name) => /^x-|content-type|idempotency/.test(name))).toEqual([])
  })

  test('and what only some members may is asked for as the viewer', async () => {
    const id = await member('ada')
    await board('Secret', { viewingMembers: [id] })
    const here = page({ mayWarn: true })
    const { $view } = leaderboard(here, { board: 'secret' })
    listen($view)
    await until($view, ({ state }) => state === 'failed')
    signIn(here, 'ada')
    await until($view, ({ state }) => state === 'ready')
    logout(here)
    await until($view, ({ state }) => state === 'failed')
  })

  test('is listed for the viewer where lists differ', async () => {
    const id = await member('ada')
    await board('Secret', { viewingMembers: [id] })
    const here = page()
    const { $config } = config(here)
    listen($config)
    expect((await ready($config)).leaderboards).toEqual([])
    signIn(here, 'ada')
    await until($config, (state) => state.state === 'ready' && state.value.leaderboards.length === 1)
  })
})
