import { identify, linkedAccounts, referral, socials } from '@rai/stores'
import { describe, expect, test } from 'vitest'
import { faults } from '../helpers/fault-proxy.js'
import { ready, setStage } from './stage.js'

const { proxy, asked, listen, passes, quest, page, member, token } = await setStage()

/** A page of a member, and the one quest that there is. */
async function signedIn(more: Parameters<typeof quest>[0] = {}) {
  const id = await quest(more)
  await member('ada')
  const here = page()
  identify(here, { getToken: () => token('ada') })
  const it = socials(here)
  listen(it.$socials)
  await ready(it.$socials)
  const progress = async () => (await ready(it.$socials)).items[0]?.progress
  return { here, it, id, progress }
}

describe('a claim', () => {
  test('looks checked at once, and is done when it is answered', async () => {
    const { it, id, progress } = await signedIn()
    const claiming = it.claim(id)
    expect(await progress()).toMatchObject({ state: 'checking' })
    expect(await claiming).toMatchObject({ progress: { state: 'done', given: { currency: 5 } } })
    expect(await progress()).toMatchObject({ state: 'done', times: 1 })
  })

  test('is one request however often it is asked for', async () => {
    const { it, id } = await signedIn()
    const claiming = it.claim(id)
    expect(it.claim(id)).toBe(claiming)
    await claiming
    expect(asked('/claim')).toHaveLength(1)
  })

  test('whose answer is lost looks as before, and may be made again', async () => {
    const { it, id, progress } = await signedIn()
    proxy.fail(faults.reset, '/claim')
    await expect(it.claim(id)).rejects.toMatchObject({ code: 'network' })
    expect(await progress()).toMatchObject({ state: 'idle' })
    proxy.fail(undefined)
    expect(await it.claim(id)).toMatchObject({ progress: { state: 'done' } })
  })

  test('says what is wrong with a code, and waits for the next try by the server’s clock', async () => {
    const code = { action: 'code', proof: 'code' } as const
    const { here, it, id, progress } = await signedIn({ ...code, codes: ['Edelweiss'], cooldownSeconds: 3 })
    expect(await it.claim(id, { code: 'Enzian' })).toMatchObject({
      progress: { state: 'cooling_down', reason: 'wrong_code', attemptsLeft: 4 },
    })
    await passes(here, async () => expect(await progress()).toMatchObject({ state: 'failed', until: null }))
    expect(await it.claim(id, { code: 'edelweiss' })).toMatchObject({ progress: { state: 'done' } })
  })

  test('carries a picture beside the rest', async () => {
    const { it, id } = await signedIn({
      network: 'instagram',
      action: 'post',
      proof: 'review',
      asks: ['note', 'picture'],
    })
    // The smallest there is.
    const bytes = Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64')
    const picture = new Blob([bytes], { type: 'image/gif' })
    await expect(it.claim(id, { note: 'The summit', picture })).resolves.toMatchObject({
      progress: { state: 'in_review' },
    })
  })
})

test('a quest is opened once it is left for, and a guest is told of it without progress', async () => {
  const { it, id, progress } = await signedIn({ waitSeconds: 3600 })
  await it.start(id)
  expect(await progress()).toMatchObject({ state: 'waiting', reason: 'too_soon' })
  const guest = socials(page())
  listen(guest.$socials)
  expect((await ready(guest.$socials)).items[0]).toMatchObject({ id, progress: null, link: null })
})

test('what another page of the member does is heard', async () => {
  const { here, id, progress } = await signedIn()
  const other = page()
  identify(other, { getToken: () => token('ada') })
  await socials(other).claim(id)
  await passes(here, async () => expect(await progress()).toMatchObject({ state: 'done' }))
})

test('accounts and referral are a member’s: guests have none', async () => {
  const { here } = await signedIn()
  const [accounts, brought] = [linkedAccounts(here).$accounts, referral(here).$referral]
  listen(accounts)
  listen(brought)
  expect(await ready(accounts)).toEqual([])
  expect(await ready(brought)).toMatchObject({ link: null, count: 0 })
  const guest = page()
  const [none, nobody] = [linkedAccounts(guest).$accounts, referral(guest).$referral]
  listen(none)
  listen(nobody)
  expect([await ready(none), await ready(nobody)]).toEqual([null, null])
})
