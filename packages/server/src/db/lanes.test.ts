import { describe, expect, test } from 'vitest'
import { createLanes } from './lanes.js'

/** Whether something has happened by the time that everything ready has run. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false
  promise.then(
    () => (settled = true),
    () => (settled = true),
  )
  await new Promise(setImmediate)
  return settled
}

describe('lanes', () => {
  test('let so many in at once, in order, and keep communities apart', async () => {
    const enter = createLanes(2, 60_000)
    const leave = await enter('a')
    await enter('a')
    const third = enter('a')
    const fourth = enter('a')
    expect([await isSettled(third), await isSettled(enter('b'))]).toEqual([false, true])
    leave()
    expect([await isSettled(third), await isSettled(fourth)]).toEqual([true, false])
    ;(await third)()
    expect(await isSettled(fourth)).toBe(true)
  })

  test('refuse who waits too long, and give their place to nobody', async () => {
    const enter = createLanes(1, 1)
    const leave = await enter('a')
    await expect(enter('a')).rejects.toMatchObject({ code: 'unavailable' })
    leave()
    expect(await isSettled(enter('a'))).toBe(true)
  })

  test('let go who does not want to wait any more, and give their place to the next', async () => {
    const enter = createLanes(1, 60_000)
    const leave = await enter('a')
    const going = new AbortController()
    const second = enter('a', going.signal)
    const third = enter('a')
    going.abort(new Error('gone'))
    await expect(second).rejects.toThrow('gone')
    await expect(enter('b', going.signal)).rejects.toThrow('gone')
    leave()
    expect(await isSettled(third)).toBe(true)
  })
})
