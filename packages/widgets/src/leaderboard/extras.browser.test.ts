import { expect } from '@open-wc/testing'
import { sendKeys } from '@web/test-runner-commands'
import {
  find,
  freshApi,
  leaderboard,
  loaded,
  namesOf,
  part,
  rowsOf,
  shiftsDuring,
  site,
  textOf,
  until,
} from '../../../../test/helpers/browser.js'
import type { RaiErrorEvent } from '../index.js'

const attributes = { board: 'season' }
const partsOf = (element: Element, name: string) => [
  ...element.shadowRoot!.querySelectorAll<HTMLElement>(`[part~="${name}"]`),
]

/** A member of a season that is over, once they are told what they have won. */
async function winner(member: string, api?: Awaited<ReturnType<typeof freshApi>>) {
  const element = await leaderboard({ attributes, member, ...(api && { api }) })
  await until(() => part(element, 'prize'), 'prize')
  const said: string[] = []
  const status = find(element, '[role=status]')!
  new MutationObserver(() => said.push(textOf(status))).observe(status, {
    subtree: true,
    childList: true,
    characterData: true,
  })
  return { element, said, button: () => part(element, 'claim-button')! }
}

describe('<rai-leaderboard> with prizes', () => {
  it('lists them for every place or range when one opens the line, with where they and their terms are told', async () => {
    const element = await loaded({ attributes })
    const head = part(element, 'prizes-head')!
    expect(textOf(head)).to.equal('PrizesBoots')
    expect(part(element, 'prize-item')!.checkVisibility()).to.equal(false)
    head.focus()
    await sendKeys({ press: 'Enter' })
    await until(() => part(element, 'prize-item')!.checkVisibility(), 'list')
    expect(partsOf(element, 'prize-item').map(textOf)).to.deep.equal([
      '1Rank 1 Boots 1,500 coins',
      '2–3Ranks 2 to 3 Socks Two pairs',
      '4–10Ranks 4 to 10 A cap',
    ])
    expect(part<HTMLAnchorElement>(element, 'prize-link')!.href).to.equal('https://prizes.example/socks')
    expect(part<HTMLAnchorElement>(element, 'prize-terms')!.href).to.equal('https://prizes.example/terms')
    expect(find(element, '.scroller')!.offsetHeight).to.be.above(100)
    await expect(element).to.be.accessible()
  })

  it('leaves the list some rows where the element is low, and lets one scroll to the rest', async () => {
    const element = await loaded({ attributes, width: 400 })
    element.style.setProperty('--rai-leaderboard-height', '20rem')
    const rowHeight = rowsOf(element)[0]!.offsetHeight
    const rows = () => find(element, '.scroller')!.clientHeight / rowHeight
    expect(rows()).to.be.above(4)
    part(element, 'prizes-head')!.click()
    await until(() => part(element, 'prize-item')!.checkVisibility(), 'list')
    expect(part(element, 'prizes')!.clientHeight).to.be.above(100)
    expect(rows()).to.be.above(2)
    const base = part(element, 'base')!
    base.scrollTop = base.scrollHeight
    const bottom = (inner: Element) => Math.round(inner.getBoundingClientRect().bottom)
    expect(bottom(part(element, 'footer')!)).to.be.at.most(bottom(element))
    await expect(element).to.be.accessible()
  })

  it('says nothing of prizes where a board has none', async () => {
    const element = await loaded()
    expect(part(element, 'prizes') === null).to.equal(true)
  })

  it('moves nothing when they are there', async () => {
    const shifts = await shiftsDuring(async () => {
      const element = await loaded({ attributes })
      await until(() => part(element, 'prizes'), 'prizes')
    })
    expect(shifts).to.deep.equal([])
  })

  it('lets the winner claim once however often they press, says so once, and knows it at the next visit', async () => {
    const api = await freshApi()
    const { element, said, button } = await winner('member-482', api)
    expect(textOf(part(element, 'prize'))).to.equal('Rank 2: you won “Socks” Claim')
    await expect(element).to.be.accessible()
    const refuse = (event: Event) => event.preventDefault()
    element.addEventListener('rai-claim-request', refuse)
    button().click()
    expect(await api.count('/prizes/claim')).to.equal(0)
    element.removeEventListener('rai-claim-request', refuse)
    button().focus()
    await sendKeys({ press: 'Enter' })
    await sendKeys({ press: 'Enter' })
    await until(() => textOf(button()) === 'Claimed', 'claimed')
    await until(() => said.length > 0, 'announcement')
    expect(said).to.deep.equal(['Claimed'])
    expect(element.shadowRoot!.activeElement === button()).to.equal(true)
    expect(await api.count('/prizes/claim')).to.equal(1)
    await expect(element).to.be.accessible()
    const next = await winner('member-482')
    expect(textOf(next.button())).to.equal('Claimed')
    expect(next.button().getAttribute('aria-disabled')).to.equal('true')
  })

  it('shows a prize as claimed at once, and as still to be claimed where that fails', async () => {
    const api = await freshApi()
    const { element, said, button } = await winner('member-483', api)
    const codes: string[] = []
    element.addEventListener('rai-error', (event) => codes.push((event as RaiErrorEvent).code))
    await api.fail('reset', '/prizes/claim')
    button().click()
    await element.updateComplete
    expect(textOf(button())).to.equal('Claimed')
    await until(() => textOf(button()) === 'Claim', 'way back')
    expect(textOf(part(element, 'prize'))).to.contain('The prize is still yours')
    await until(() => said.length > 0, 'announcement')
    expect([said, codes]).to.deep.equal([['That did not work'], ['network']])
    await expect(element).to.be.accessible()
    await api.mend('/prizes/claim')
    button().click()
    await until(() => textOf(button()) === 'Claimed', 'claimed')
    expect(textOf(part(element, 'prize'))).not.to.contain('still yours')
  })

  it('says nothing to members who have won nothing, and to guests', async () => {
    const element = await loaded({ attributes, member: 'member-515' })
    await until(() => find(element, '.me') ?? part(element, 'me-row'), 'own row')
    expect(part(element, 'prize') === null).to.equal(true)
  })
})

describe('<rai-leaderboard> with segments', () => {
  const groups = { board: 'groups' }
  const tabsOf = (element: Element) => [...part(element, 'segments')!.querySelectorAll<HTMLElement>('[role=tab]')]
  const selected = (element: Element) => textOf(tabsOf(element).find(({ ariaSelected }) => ariaSelected === 'true')!)

  it('shows each group of members by its tab, and keeps the rows until the new ones are there', async () => {
    const element = await loaded({ attributes: groups })
    expect(tabsOf(element).map(textOf)).to.deep.equal([
      'Everyone',
      'North',
      'South',
      'A very long name of a group of members',
    ])
    expect(selected(element)).to.equal('Everyone')
    await expect(element).to.be.accessible()
    let blank = 0
    const observer = new MutationObserver(() => (blank += rowsOf(element).length === 0 ? 1 : 0))
    observer.observe(element.shadowRoot!, { subtree: true, childList: true })
    tabsOf(element)[2]!.click()
    await until(() => namesOf(element)[0] === 'Member 013', 'group')
    expect([selected(element), namesOf(element).length, blank]).to.deep.equal(['South', 12, 0])
    expect(textOf(part(element, 'title'))).to.equal('South')
    part(element, 'segments')!.querySelector('button')!.click()
    await until(() => namesOf(element)[0] === 'Member 001' && textOf(part(element, 'title')) === 'groups', 'everyone')
    observer.disconnect()
  })

  it('has one tab stop, and arrows choose in the direction of writing', async () => {
    for (const [dir, forward, back] of [
      ['ltr', 'ArrowRight', 'ArrowLeft'],
      ['rtl', 'ArrowLeft', 'ArrowRight'],
    ] as const) {
      const element = await loaded({ attributes: { ...groups, dir } })
      expect(tabsOf(element).filter(({ tabIndex }) => tabIndex === 0)).to.have.length(1)
      tabsOf(element)[0]!.focus()
      await sendKeys({ press: forward })
      await until(() => selected(element) === 'North', 'next group')
      await sendKeys({ press: 'End' })
      await until(() => selected(element).startsWith('A very long'), 'last group')
      await sendKeys({ press: back })
      await until(() => selected(element) === 'South', 'group before')
      expect(textOf(element.shadowRoot!.activeElement)).to.equal('South')
    }
  })

  it('scrolls them in their line where they do not fit, and nothing else', async () => {
    const element = await loaded({ attributes: groups, width: 240 })
    const list = part(element, 'segments')!.querySelector<HTMLElement>('[role=tablist]')!
    expect(list.scrollWidth).to.be.above(list.clientWidth)
    expect(element.scrollWidth).to.equal(240)
    tabsOf(element)[0]!.focus()
    await sendKeys({ press: 'End' })
    const right = (inner: Element) => inner.getBoundingClientRect().right
    await until(() => right(tabsOf(element).at(-1)!) <= right(list), 'last tab in sight')
  })

  it('has none where the board has no segments', async () => {
    const element = await loaded()
    expect(part(element, 'segments') === null).to.equal(true)
  })

  it('shows the first period of a group that lacks the chosen one', async () => {
    const element = await loaded({ attributes: { board: 'leagues', period: 'all' } })
    tabsOf(element)[1]!.click()
    await until(() => textOf(part(element, 'title')) === 'Yearly league' && rowsOf(element).length === 12, 'group')
    // One period: there is no other tab that could name the rows.
    const panel = find(element, '#panel')!
    expect([panel.role, panel.getAttribute('aria-labelledby')]).to.deep.equal(['tabpanel', tabsOf(element)[1]!.id])
    await expect(element).to.be.accessible()
  })

  it('asks nothing that a group lacks, on the way there and back', async () => {
    const api = await freshApi()
    const element = await loaded({ api, attributes: { board: 'leagues', period: 'all' } })
    const codes: string[] = []
    element.addEventListener('rai-error', ({ code }: RaiErrorEvent) => codes.push(code))
    tabsOf(element)[1]!.click()
    await until(() => textOf(part(element, 'title')) === 'Yearly league', 'group')
    tabsOf(element)[0]!.click()
    await until(() => textOf(part(element, 'title')) === 'leagues', 'everyone')
    expect([codes, find(element, '#tab-all')!.ariaSelected]).to.deep.equal([[], 'true'])
  })

  it('follows its operator while a group is shown', async () => {
    const element = await loaded({ attributes: groups })
    tabsOf(element)[1]!.click()
    await until(() => textOf(part(element, 'title')) === 'North', 'group')
    await site('/rename', { board: 'group-1', name: 'South and west' })
    await until(() => textOf(tabsOf(element)[2]!) === 'South and west', 'new name')
    await site('/rename', { board: 'group-1', name: 'South' })
    await until(() => textOf(tabsOf(element)[2]!) === 'South', 'old name')
    expect(selected(element)).to.equal('North')
  })

  it('stands alone where the page itself names a group', async () => {
    const element = await loaded({ attributes: { board: 'group-0' } })
    expect(textOf(part(element, 'title'))).to.equal('North')
    expect(part(element, 'segments') === null).to.equal(true)
  })

  it('shows a failure beside the way back', async () => {
    const api = await freshApi()
    const element = await loaded({ api, attributes: groups })
    await api.fail('refused403', '/leaderboards/')
    tabsOf(element)[1]!.click()
    await until(() => part(element, 'error'), 'failure')
    await api.mend('/leaderboards/')
    tabsOf(element)[0]!.click()
    await until(() => namesOf(element)[0] === 'Member 001', 'everyone')
  })
})

describe('<rai-leaderboard> by a field of the community’s own', () => {
  it('ranks by it and says what it is', async () => {
    const element = await loaded({ attributes: { board: 'distance' } })
    expect(textOf(find(element, '[aria-sort=descending]'))).to.equal('Kilometres')
    expect(textOf(rowsOf(element)[0]!.querySelector('.score'))).to.equal('12,345')
    expect(namesOf(element)).to.have.length(12)
    await expect(element).to.be.accessible()
  })
})
