import { found, identify, pins } from '@rai/stores'
import { describe, expect, test } from 'vitest'
import { faults } from '../helpers/fault-proxy.js'
import { ready, setStage, until } from './stage.js'

const { proxy, asked, listen, page, channel, token } = await setStage()

/** A member's search for a word that was said so many times, and once something else. */
async function search(times: number) {
  const id = await channel('ada', ['Snow', ...Array.from({ length: times }, (_, n) => `Hut ${n}`)])
  const here = page({ mayWarn: true })
  identify(here, { getToken: () => token('ada') })
  const it = found(here, id, 'hut')
  listen(it.$list)
  const texts = async () => (await ready(it.$list)).items.map(({ text }) => text)
  return { here, id, it, texts }
}

describe('a search of a channel', () => {
  test('finds the newest first, and goes on where it is asked to', async () => {
    const { it, texts } = await search(31)
    expect((await texts()).length).toBe(30)
    expect((await texts())[0]).toBe('Hut 30')
    it.more()
    const all = await until(it.$list, (state) => state.state === 'ready' && state.value.items.length > 30)
    expect(all).toMatchObject({ state: 'ready', value: { nextCursor: null } })
    expect((await texts()).at(-1)).toBe('Hut 0')
  })

  test('is asked for no more than once at a time, and again after it was refused', async () => {
    const { it } = await search(31)
    await ready(it.$list)
    const before = asked('/search').length
    proxy.fail(faults.refused403, '/search')
    it.more()
    it.more()
    await until(it.$list, (state) => state.state === 'ready' && state.stale !== undefined)
    expect(asked('/search').length).toBe(before + 1)
    proxy.fail(undefined)
    it.more()
    await until(it.$list, (state) => state.state === 'ready' && state.value.items.length === 31)
  })
})

test('a channel without pins has a list of none', async () => {
  const { here, id } = await search(0)
  const { $list } = pins(here, id)
  listen($list)
  expect(await ready($list)).toEqual({ items: [], nextCursor: null })
})
