import { identify, type Milestone, milestones } from '@rai/stores'
import { describe, expect, test } from 'vitest'
import { faults } from '../helpers/fault-proxy.js'
import { ready, setStage, until } from './stage.js'

const { proxy, asked, listen, milestone, page, member, token } = await setStage()

/** A page of a member who has done what the one milestone asks. */
async function signedIn() {
  const id = await milestone('First steps', 10)
  await member('ada', 30)
  const here = page()
  identify(here, { getToken: () => token('ada') })
  const it = milestones(here)
  listen(it.$milestones)
  expect((await ready(it.$milestones)).items[0]).toMatchObject({ state: 'claimable' })
  const stateNow = async () => (await ready(it.$milestones)).items[0]?.stages[0]?.state
  const isIn = (state: Milestone['state']) => (loadable: ReturnType<typeof it.$milestones.get>) =>
    loadable.state === 'ready' && loadable.value.items[0]?.stages[0]?.state === state
  return { it, id, stateNow, isIn }
}

describe('a claim', () => {
  test('looks claimed at once, and is once it is answered', async () => {
    const { it, id, stateNow } = await signedIn()
    const claiming = it.claim(id, 1)
    expect(await stateNow()).toBe('claimed')
    expect(await claiming).toMatchObject({ given: { currency: 10 } })
    expect(await stateNow()).toBe('claimed')
  })

  test('is one request however often it is asked for', async () => {
    const { it, id } = await signedIn()
    const claiming = it.claim(id, 1)
    expect(it.claim(id, 1)).toBe(claiming)
    await claiming
    expect(asked('/claim')).toHaveLength(1)
  })

  test('that is refused looks as before and says why, and may be tried again', async () => {
    const { it, id, stateNow, isIn } = await signedIn()
    proxy.fail(faults.refused403, '/claim')
    const claiming = it.claim(id, 1)
    expect(await stateNow()).toBe('claimed')
    await expect(claiming).rejects.toMatchObject({ code: 'origin_not_allowed' })
    await until(it.$milestones, isIn('claimable'))
    proxy.fail(undefined)
    expect(await it.claim(id, 1)).toMatchObject({ given: { currency: 10 } })
  })
})
