import type { Page } from 'playwright-core'
import { afterAll, describe, expect, test } from 'vitest'
import { createMember, findMemberByAny } from '../../packages/server/src/domain/members/members.js'
import { createQuest } from '../../packages/server/src/domain/socials/quests.js'
import { embedToken } from '../helpers/api.js'
import { faults, startFaultProxy } from '../helpers/fault-proxy.js'
import { openMilestone } from '../helpers/milestones.js'
import { startBrowser } from './browser.js'
import { pageOf } from './site.js'
import { startWorld } from './world.js'

const { server, site, community, line } = await startWorld()
const proxy = await startFaultProxy(server.url)
afterAll(proxy.stop)
const browser = await startBrowser()

interface Claimable {
  tag: string
  attributes: string
  /** What it says where it is claimed. */
  done: string
  /** Until it can be claimed. */
  ready(page: Page): Promise<unknown>
}

const part = (page: Page, name: string) => page.locator(`[part~=${name}]`)

const claimables: Claimable[] = [
  {
    tag: 'rai-milestone',
    attributes: 'celebrate="off"',
    done: '[part~=milestone]:has-text("Claimed")',
    ready: (page) =>
      part(page, 'claim-button')
        .filter({ hasText: /^\s*Claim \W?1/ })
        .waitFor(),
  },
  {
    tag: 'rai-socials',
    attributes: 'without-accounts',
    done: '[part~=state]:has-text("Done")',
    async ready(page) {
      await part(page, 'quest-button').click()
      await part(page, 'claim-button').waitFor()
    },
  },
]

/** A milestone and a quest that everybody can claim, each once. */
const now = new Date()
await community.tenant(async (tx) => {
  for (const { tag } of claimables)
    for (const name of ['ada', 'ben', 'cleo']) await createMember(tx, { username: `${tag}-${name}` }, now)
  const visit = { title: 'Visit the hut', network: 'web', action: 'visit', proof: 'self' } as const
  await createQuest(tx, { ...visit, reward: { xp: 1, currency: 0 } }, now)
  await openMilestone(tx, now)
})

describe.each(claimables)('58 <$tag> claims once', ({ tag, attributes, done, ready }) => {
  /** A browser in which a member is signed in: its pages share what is kept, as tabs do. */
  async function signedIn(name: string) {
    const username = `${tag}-${name}`
    proxy.fail(undefined)
    const embed = { embedToken: await embedToken(server, community, username) }
    const tokenUrl = site.put(`/token-${username}`, JSON.stringify(embed), { 'Content-Type': 'application/json' })
    const head = line.replace('data-key', `data-api="${proxy.url}" data-token-url="${tokenUrl}" data-key`)
    const address = site.put(`/${username}`, pageOf(`<${tag} ${attributes}></${tag}>`, head))
    const context = await browser.newContext({ locale: 'en-GB' })
    return {
      async open(): Promise<Page> {
        const page = await context.newPage()
        await page.goto(address, { waitUntil: 'commit' })
        return page
      },
      /** What the ledger has given them for it. */
      given: () =>
        community.tenant(async (tx) => {
          const { id } = (await findMemberByAny(tx, username))!
          const entries = await tx.db
            .selectFrom('entries')
            .where('community_id', '=', tx.communityId)
            .where('member_id', '=', id)
            .select('amount')
            .execute()
          return entries.map(({ amount }) => Number(amount))
        }),
    }
  }

  const isDone = (page: Page) => page.locator(done).waitFor()
  const problems = (page: Page) => part(page, 'problem').locator('visible=true').count()

  test('by a double click, with Enter held in another tab: both show it', async () => {
    const { open, given } = await signedIn('ada')
    const [one, two] = [await open(), await open()]
    await ready(one)
    await ready(two)
    await part(two, 'claim-button').focus()
    await part(one, 'claim-button').dblclick()
    await two.bringToFront()
    for (let held = 0; held < 5; held++) await two.keyboard.down('Enter')
    await two.keyboard.up('Enter')
    await isDone(one)
    await isDone(two)
    await expect.poll(given).toEqual([1])
    expect([await problems(one), await problems(two)]).toEqual([0, 0])
  })

  test('when the answer is lost: it shows by itself, in another tab and after a reload too', async () => {
    const { open, given } = await signedIn('ben')
    const [one, two] = [await open(), await open()]
    await ready(one)
    await ready(two)
    proxy.fail(faults.lost, '/claim')
    await part(one, 'claim-button').click()
    await isDone(one)
    await isDone(two)
    await expect.poll(() => problems(one)).toBe(0)
    await one.reload({ waitUntil: 'commit' })
    await isDone(one)
    expect(await given()).toEqual([1])
  })

  test('when the network breaks before and the page is left before the answer: what is shown is true', async () => {
    const { open, given } = await signedIn('cleo')
    const page = await open()
    await ready(page)
    proxy.fail(faults.reset, '/claim')
    await part(page, 'claim-button').click()
    await part(page, 'problem').getByText('No answer came.').waitFor()
    expect([await page.locator(done).count(), await given()]).toEqual([0, []])
    proxy.fail(undefined)
    // The server hears of it, and the page is gone before it answers.
    await Promise.all([
      new Promise<void>((heard) => {
        void page.route('**/claim', async (route) => {
          await route.fetch()
          heard()
        })
      }),
      part(page, 'claim-button').click(),
    ])
    await page.reload({ waitUntil: 'commit' })
    await isDone(page)
    expect(await given()).toEqual([1])
  })
})
