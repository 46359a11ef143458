import { errorOf, identify, leaderboard, search, viewer } from '@rai/stores'
import { describe, expect, test, vi } from 'vitest'
import { faults } from '../helpers/fault-proxy.js'
import type { TestEnvironment } from '../helpers/test-environment.js'
import { ready, setStage, until } from './stage.js'

const { proxy, asked, listen, page, passes, board, member, members, award, token } = await setStage()

const element = {}
/** The first positions of the pages of rows that were asked for. */
const pagesAsked = () => asked('rows?').map((path) => Number(new URLSearchParams(path.split('?')[1]).get('from')))

/** A page whose stream is open, with a leaderboard on it. */
async function live(here: TestEnvironment = page()) {
  const open = proxy.heard('/stream')
  const it = leaderboard(here)
  for (const $store of [it.$board, it.$view, it.$mine]) listen($store)
  await Promise.all([ready(it.$board), ready(it.$view), ready(it.$mine), open])
  return { here, it }
}

describe('a leaderboard', () => {
  test('is the first of the community where none is named', async () => {
    await board('Weekly')
    await board('Monthly')
    const { it } = await live()
    expect((await ready(it.$board))?.name).toBe('Weekly')
    expect((await ready(it.$view))?.run.period).toBe('all')
  })

  test('is null where the community has none, and appears once it has one', async () => {
    const { here, it } = await live()
    expect(await ready(it.$board)).toBeNull()
    expect(await ready(it.$view)).toBeNull()
    await board('Weekly')
    await vi.waitFor(() => expect(asked('stream')).toHaveLength(1))
    await passes(here, async () => expect((await ready(it.$board))?.name).toBe('Weekly'))
    await passes(here, async () => expect((await ready(it.$view))?.total).toBe(0))
  })

  test('is shown for the period that is chosen', async () => {
    await board('Weekly')
    const { $view } = leaderboard(page(), { board: 'weekly', period: 'week' })
    listen($view)
    expect((await ready($view))?.run).toMatchObject({ period: 'week', state: 'open' })
  })

  test('is one store for equal choices, while somebody listens', async () => {
    await board('Weekly')
    const here = page()
    const choice = { board: 'weekly', period: 'day' } as const
    const it = leaderboard(here, choice)
    const leave = listen(it.$view)
    await ready(it.$view)
    expect(leaderboard(here, { ...choice })).toBe(it)
    expect(leaderboard(here, { ...choice, period: 'week' })).not.toBe(it)
    leave()
    await vi.waitFor(() => expect(leaderboard(here, choice)).not.toBe(it), 5000)
  })

  test('asks again when its run ends', async () => {
    await board('Weekly')
    const here = page()
    const { $view } = leaderboard(here, { board: 'weekly', period: 'day' })
    listen($view)
    await ready($view)
    here.advance(86_400_000)
    await vi.waitFor(() => expect(pagesAsked()).toEqual([1, 1]))
  })

  test('asks again when its run ends by the server’s clock, whatever the visitor’s says', async () => {
    await board('Weekly', { endsAt: new Date(Date.now() + 600_000) })
    const here = page({ wrongBy: 3_600_000 })
    const { $view } = leaderboard(here, { board: 'weekly' })
    listen($view)
    await ready($view)
    here.advance(590_000)
    expect(pagesAsked()).toEqual([1])
    here.advance(20_000)
    await vi.waitFor(() => expect(pagesAsked()).toEqual([1, 1]))
  })

  test('keeps its rows when the server fails', async () => {
    await board('Weekly')
    await member('ada', 10)
    const { here, it } = await live()
    proxy.fail(faults.reset)
    await it.refresh()
    await passes(here, () => expect(errorOf(it.$view.get())).toBeDefined())
    expect((await ready(it.$view))?.row(1)?.member.name).toBe('ada')
  })
})

describe('rows', () => {
  test('are loaded where they are shown, in pages, once', async () => {
    await board('Weekly')
    await members(350)
    const { here, it } = await live()
    it.show(1, 40, element)
    here.advance(1000)
    expect(pagesAsked()).toEqual([1])
    it.show(195, 235, element)
    here.advance(1000)
    await passes(here, async () => expect((await ready(it.$view))?.row(235)).toBeDefined())
    expect(pagesAsked()).toEqual([1, 151, 201])
    const view = await ready(it.$view)
    expect(view?.row(195)).toMatchObject({ position: 195, rank: 195 })
    expect(view?.row(301)).toBeUndefined()
    it.show(155, 195, element)
    here.advance(1000)
    expect(pagesAsked()).toHaveLength(3)
  })

  test('that are flung past are not asked for', async () => {
    await board('Weekly')
    await members(350)
    const { here, it } = await live()
    for (let first = 1; first <= 301; first += 10) {
      it.show(first, first + 40, element)
      here.advance(1)
    }
    here.advance(1000)
    await passes(here, async () => expect((await ready(it.$view))?.row(341)).toBeDefined())
    expect(pagesAsked()).toEqual([1, 301])
  })

  test('are not asked for while a list is flung, and at once when it slows down', async () => {
    await board('Weekly')
    await members(350)
    const { here, it } = await live()
    it.show(110, 150, element)
    here.advance(10)
    for (let n = 0; n < 10; n++) {
      const first = n % 2 === 0 ? 310 : 110
      it.show(first, first + 40, element)
      here.advance(50)
    }
    expect(pagesAsked()).toEqual([1])
    here.advance(100)
    await passes(here, async () => expect((await ready(it.$view))?.row(150)).toBeDefined())
    expect(pagesAsked()).toEqual([1, 101])
  })

  test('that nobody shows any more are given up', async () => {
    await board('Weekly')
    await members(350)
    const { here, it } = await live()
    const gone = new Promise<void>((done) => proxy.fail((response) => response.on('close', () => done()), 'from=101'))
    it.show(110, 150, element)
    here.advance(100)
    await vi.waitFor(() => expect(pagesAsked()).toEqual([1, 101]))
    it.show(310, 350, element)
    here.advance(100)
    await gone
    await until(it.$view, (state) => state.state === 'ready' && state.value?.row(310) !== undefined)
  })

  test('of a hinted board are asked for again where they are shown, by whoever shows them', async () => {
    await board('Weekly')
    const [first] = await members(350)
    const { here, it } = await live()
    it.show(110, 150, element)
    here.advance(1000)
    await passes(here, async () => expect((await ready(it.$view))?.row(150)).toBeDefined())
    it.show(310, 350, {})
    here.advance(1000)
    await passes(here, async () => expect((await ready(it.$view))?.row(350)).toBeDefined())
    const before = pagesAsked().length
    await award(first!, 1000)
    await passes(here, () => expect(pagesAsked().length).toBe(before + 2))
    expect(pagesAsked().slice(before).sort()).toEqual([101, 301])
  })

  test('that did not change stay the same objects', async () => {
    await board('Weekly')
    const ids = await members(3)
    const { here, it } = await live()
    const before = await ready(it.$view)
    await award(ids[2]!, 1000)
    await passes(here, async () => expect((await ready(it.$view))?.row(1)?.member.id).toBe(ids[2]))
    await award(ids[2]!, 1000)
    const between = await ready(it.$view)
    await passes(here, async () => expect((await ready(it.$view))?.row(1)?.score).toBe(2001))
    const after = await ready(it.$view)
    expect(after).not.toBe(before)
    expect(after?.row(2)).toBe(between?.row(2))
  })

  test('burst or not, are asked for at most twice a second', async () => {
    await board('Weekly')
    const [first] = await members(3)
    const { here, it } = await live()
    const start = here.clock()
    const before = pagesAsked().length
    for (let n = 0; n < 20; n++) await award(first!, 1)
    await passes(here, async () => expect((await ready(it.$view))?.row(1)?.score).toBe(23), 50)
    expect(pagesAsked().length - before).toBeLessThanOrEqual(1 + (here.clock() - start) / 500)
  })
})

describe('the viewer’s own place', () => {
  test('is null for a guest', async () => {
    await board('Weekly')
    const { it } = await live()
    expect(await ready(it.$mine)).toBeNull()
  })

  test('comes with its neighbours, and its row is marked in the list', async () => {
    await board('Weekly')
    await members(9)
    await member('ada', 5)
    const here = page()
    identify(here, { getToken: () => token('ada') })
    const { it } = await live(here)
    const mine = await ready(it.$mine)
    const own = mine?.items.findIndex(({ me }) => me)
    expect(mine).toMatchObject({ state: 'ranked', total: 10 })
    expect(mine?.items).toHaveLength(7)
    expect(own).toBe(3)
    const { position } = mine!.items[own!]!
    const view = await ready(it.$view)
    expect(view?.row(position)).toMatchObject({ me: true, member: { name: 'ada' } })
    expect(view?.row(position - 1)?.me).toBe(false)
  })

  test('follows an award', async () => {
    await board('Weekly')
    await members(3)
    const ada = await member('ada', 1)
    const here = page()
    identify(here, { getToken: () => token('ada') })
    const { it } = await live(here)
    expect((await ready(it.$mine))?.items[0]?.me).toBe(false)
    await award(ada, 1000)
    await passes(here, async () => {
      expect((await ready(it.$mine))?.items[0]).toMatchObject({ rank: 1, me: true })
    })
  })

  test('is hidden when the viewer hides', async () => {
    await board('Weekly')
    await member('ada', 1)
    const here = page()
    identify(here, { getToken: () => token('ada') })
    const { it } = await live(here)
    await viewer(here).setVisibility('hidden')
    await passes(here, async () => expect((await ready(it.$mine))?.state).toBe('hidden'))
    await passes(here, async () => expect((await ready(it.$view))?.total).toBe(0))
  })
})

describe('a search', () => {
  test('finds members whose name begins with a text, without regard to case', async () => {
    await board('Weekly')
    for (const name of ['Ada', 'adam', 'bob']) await member(name, 1)
    const { $found } = search(page(), {}, 'AD')
    listen($found)
    expect((await ready($found)).map((row) => row.member.name)).toEqual(['Ada', 'adam'])
  })

  test('finds nothing where there is nothing', async () => {
    const { $found } = search(page(), {}, 'ad')
    listen($found)
    expect(await ready($found)).toEqual([])
  })

  test('takes a text as it is, whatever signs are in it', async () => {
    await board('Weekly')
    await member('100% & more?', 1)
    const { $found } = search(page(), {}, '100% & more?')
    listen($found)
    expect(await ready($found)).toHaveLength(1)
  })
})
