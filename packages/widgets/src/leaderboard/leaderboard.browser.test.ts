import { expect, oneEvent } from '@open-wc/testing'
import { sendKeys } from '@web/test-runner-commands'
import {
  find,
  freshApi,
  leaderboard,
  loaded,
  namesOf,
  part,
  rowsOf,
  shows,
  textOf,
  until,
  world,
} from '../../../../test/helpers/browser.js'
import type { RaiErrorEvent, RaiRowActivateEvent } from '../index.js'

const row = (element: Element, position: number) => find(element, `[data-position="${position}"]`)!

describe('<rai-leaderboard>', () => {
  it('shows rows in rank order, with tied members on one rank', async () => {
    const element = await loaded()
    expect(namesOf(element).slice(0, 3)).to.deep.equal(['Member 001', 'Member 002', 'Member 003'])
    const ranks = [1, 2, 3, 4, 5, 6].map((position) => textOf(row(element, position).querySelector('.rank')))
    expect(ranks).to.deep.equal(['1', '2', '3', '=tied 4', '=tied 4', '6'])
    expect(textOf(row(element, 1).querySelector('.score'))).to.equal('51,900')
    await expect(element).to.be.accessible()
  })

  it('says what it is: a table with the number and the place of every row', async () => {
    const element = await loaded()
    const table = find(element, 'table')!
    expect(table.getAttribute('role')).to.equal('table')
    expect(table.getAttribute('aria-rowcount')).to.equal('501')
    expect(textOf(find(element, '[aria-sort=descending]'))).to.equal('XP')
    expect(row(element, 3).getAttribute('aria-rowindex')).to.equal('4')
    expect([...row(element, 3).children].map((cell) => cell.getAttribute('role'))).to.deep.equal([
      'cell',
      'rowheader',
      'cell',
    ])
  })

  it('draws at most sixty rows of a long list, wherever it is scrolled to', async () => {
    const element = await loaded()
    const scroller = find(element, '.scroller')!
    for (const part of [0.5, 1]) {
      scroller.scrollTop = part * scroller.scrollHeight
      await until(() => rowsOf(element).some((item) => Number(item.dataset.position) > 450 * part), 'rows further down')
      expect(rowsOf(element).length).to.be.below(61)
    }
    await until(() => row(element, 500), 'last row')
    expect(textOf(row(element, 500).querySelector('.name'))).to.equal('Member 500')
  })

  it('shows names as text, each in its own direction, whole in the title', async () => {
    const element = await loaded()
    const name = (position: number) => row(element, position).querySelector<HTMLElement>('.name')!
    expect(name(6).textContent).to.equal('<img src=x onerror=alert(1)> & "friends"')
    expect(name(7).scrollWidth).to.be.above(name(7).clientWidth)
    expect(name(7).title).to.match(/^Wolfe.*Particular$/)
    expect(name(8).localName).to.equal('bdi')
  })

  it('fires rai-load once, when the first rows are there', async () => {
    let loads = 0
    const count = () => loads++
    document.addEventListener('rai-load', count)
    const element = await loaded()
    element.requestUpdate()
    await element.updateComplete
    document.removeEventListener('rai-load', count)
    expect(loads).to.equal(1)
  })

  it('shows the community’s first board when none is named', async () => {
    const element = await loaded({ attributes: { board: 'live' } })
    element.removeAttribute('board')
    await until(() => textOf(part(element, 'title')) === 'Champions', 'first board')
  })

  it('shows another board when the attribute changes', async () => {
    const element = await loaded()
    element.board = 'live'
    await until(() => rowsOf(element).length > 0 && textOf(part(element, 'title')) === 'Live', 'other board')
    expect(textOf(find(element, 'thead .score'))).to.equal('Coins')
  })

  it('chooses a period by pointer, and keeps the rows until the new ones are there', async () => {
    const element = await loaded({ attributes: { period: 'week' } })
    expect(part(element, 'tab-selected')!.textContent).to.contain('Week')
    find(element, '#tab-all')!.click()
    await element.updateComplete
    expect(rowsOf(element).length).to.be.above(0)
    await until(() => part(element, 'tab-selected')!.textContent!.includes('All time'), 'all time')
  })

  it('starts with the period of the attribute, and with the first where the board has no such period', async () => {
    const month = await loaded({ attributes: { period: 'month' } })
    expect(textOf(part(month, 'tab-selected'))).to.equal('Month')
    const none = await loaded({ attributes: { period: 'day' } })
    expect(textOf(part(none, 'tab-selected'))).to.equal('All time')
  })

  it('goes back to past runs by date, as far as there are scores, and forward again', async () => {
    const element = await loaded({ attributes: { period: 'month' } })
    const now = textOf(part(element, 'run'))
    const [earlier, later] = element.shadowRoot!.querySelectorAll<HTMLButtonElement>('[part=run-button]')
    expect(later!.disabled).to.equal(true)
    earlier!.click()
    await until(() => textOf(part(element, 'run')) !== now, 'month before')
    expect(textOf(part(element, 'empty'))).to.contain('Nobody scored in this period')
    expect(part<HTMLButtonElement>(element, 'run-button')!.disabled).to.equal(true)
    later!.click()
    await until(() => textOf(part(element, 'run')) === now && rowsOf(element).length > 0, 'this month')
  })

  it('counts down by the server’s clock to the end of the run', async () => {
    const element = await loaded({ attributes: { period: 'week' } })
    const end = part(element, 'when')!.querySelector('time')!
    expect(textOf(end)).to.match(/^Ends in (\d days?|\d\d:\d\d:\d\d)$/)
    expect(new Date(end.dateTime).getTime()).to.be.above(Date.now())
  })

  it('shows no more rows than its limit', async () => {
    const element = await loaded({ attributes: { limit: '5' } })
    expect(rowsOf(element)).to.have.length(5)
    expect(find(element, 'table')!.getAttribute('aria-rowcount')).to.equal('6')
    expect(textOf(part(element, 'footer'))).to.contain('500 members')
  })

  it('leaves out its header when asked to', async () => {
    const element = await loaded({ attributes: { 'without-header': '' } })
    expect([shows(element, 'header'), shows(element, 'tabs')]).to.deep.equal([false, true])
  })

  it('leaves the list its room under a long description, which keys can read to its end', async () => {
    const element = await loaded({ attributes: { board: 'wordy' } })
    const description = part(element, 'description')!
    expect(description.offsetHeight).to.be.below(80)
    expect(find(element, '.scroller')!.offsetHeight).to.be.above(200)
    await expect(element).to.be.accessible()
    description.focus()
    await sendKeys({ press: 'End' })
    await until(
      () => description.scrollTop + description.clientHeight >= description.scrollHeight - 1,
      'end of the description',
    )
  })

  it('puts the first three on a podium when wide, in the same table', async () => {
    const element = await loaded({ width: 900 })
    await until(() => part(element, 'podium'), 'podium')
    const steps = [...element.shadowRoot!.querySelectorAll<HTMLElement>('[part~=podium-step]')]
    expect(steps.map((step) => step.getAttribute('aria-rowindex'))).to.deep.equal(['2', '3', '4'])
    const [first, second, third] = steps.map((step) => step.getBoundingClientRect())
    expect(second!.left).to.be.below(first!.left)
    expect(third!.left).to.be.above(first!.left)
    expect(first!.top).to.be.below(second!.top)
    await expect(element).to.be.accessible()
  })

  for (const layout of ['table', 'compact', 'card', 'podium'] as const) {
    it(`has the layout ${layout}`, async () => {
      const element = await loaded({ attributes: { layout }, width: 900 })
      await element.updateComplete
      expect(shows(element, 'podium')).to.equal(layout === 'podium')
      await expect(element).to.be.accessible()
    })
  }

  it('fills rows as the page says', async () => {
    const element = await leaderboard()
    element.renderRow = ({ rank, member }) => `${rank}: ${member.name}`
    await until(() => rowsOf(element).length > 0, 'rows')
    expect(textOf(row(element, 2))).to.equal('2: Member 002')
  })

  it('stays whole and tells when the page’s own row throws, and goes on when it no longer does', async () => {
    const element = await leaderboard({ content: 'Our champions' })
    element.renderRow = () => {
      throw new Error('planted')
    }
    const { code } = (await oneEvent(element, 'rai-error')) as unknown as RaiErrorEvent
    expect(code).to.equal('internal')
    element.renderRow = undefined
    await until(() => rowsOf(element).length > 0, 'rows')
  })

  it('shows what the page wrote inside it until the first rows are there', async () => {
    const element = await leaderboard({ content: '<p>Our champions</p>' })
    const content = element.querySelector('p')!
    expect(content.checkVisibility()).to.equal(true)
    await until(() => rowsOf(element).length > 0, 'rows')
    expect(content.checkVisibility()).to.equal(false)
  })

  it('takes the page’s own words in its slots', async () => {
    const element = await loaded({
      content: '<b slot="header">Hall of fame</b><a slot="sign-in" href="/login">Join us</a>',
    })
    const shown = (slot: string) => element.querySelector(`[slot="${slot}"]`)!.checkVisibility()
    expect([shown('header'), shown('sign-in')]).to.deep.equal([true, true])
    const empty = await leaderboard({
      key: world.keyWithoutBoards,
      attributes: { board: '' },
      content: '<i slot="empty">Soon!</i>',
    })
    await until(() => empty.querySelector('i')!.checkVisibility(), 'own words for empty')
    const api = await freshApi()
    await api.fail('error500')
    const failing = await leaderboard({ api, content: '<i slot="error">Oh no!</i>' })
    await until(() => failing.querySelector('i')!.checkVisibility(), 'own words for an error')
  })

  it('asks guests to sign in, and members not', async () => {
    expect(textOf(part(await loaded(), 'sign-in'))).to.equal('Sign in to be ranked')
    const element = await loaded({ member: 'member-2' })
    await until(() => find(element, '.me'), 'own row')
    expect(shows(element, 'sign-in')).to.equal(false)
  })

  it('finds members by the beginning of their name', async () => {
    const element = await loaded()
    await until(() => part(element, 'search-input'), 'search box')
    part(element, 'search-input')!.focus()
    await sendKeys({ type: 'member 04' })
    await until(() => namesOf(element).length === 10, 'ten members')
    expect(namesOf(element)).to.include('Member 040').and.include('Member 049')
    expect(textOf(row(element, 1).querySelector('.rank'))).to.equal('40')
    await expect(element).to.be.accessible()
    await sendKeys({ type: 'x' })
    await until(() => textOf(find(element, '.panel')).includes('No name here begins with member 04x'), 'no hits')
    await expect(element).to.be.accessible()
    await sendKeys({ press: 'Escape' })
    await until(() => namesOf(element)[0] === 'Member 001', 'whole list')
  })

  it('has no search box for a short list', async () => {
    expect(shows(await loaded({ attributes: { board: 'live' } }), 'search')).to.equal(false)
  })

  it('tells which row was chosen, by click and by Enter', async () => {
    const element = await loaded()
    const chosen: string[] = []
    element.addEventListener('rai-row-activate', (event) => chosen.push((event as RaiRowActivateEvent).row.member.name))
    row(element, 2).click()
    row(element, 3).focus()
    await sendKeys({ press: 'Enter' })
    expect(chosen).to.deep.equal(['Member 002', 'Member 003'])
  })

  it('gives Lit no reason to warn', async () => {
    await loaded({ width: 900, member: 'member-2' })
    const warnings = (globalThis as unknown as { litIssuedWarnings: Set<string> }).litIssuedWarnings
    const serious = [...warnings].filter((warning) => !/dev mode|dev-mode/.test(warning))
    expect(serious).to.deep.equal([])
  })
})
