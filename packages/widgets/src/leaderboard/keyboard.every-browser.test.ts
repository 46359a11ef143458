import { expect } from '@open-wc/testing'
import { sendKeys, sendMouse } from '@web/test-runner-commands'
import { find, focusedRow, loaded, part, rowsOf, textOf, until } from '../../../../test/helpers/browser.js'

const press = (key: string) => sendKeys({ press: key })

describe('61 <rai-leaderboard> by keyboard and pointer', () => {
  it('moves the focus from row to row, and Tab reaches one row only', async () => {
    const element = await loaded()
    expect(element.shadowRoot!.querySelectorAll('[data-position][tabindex="0"]')).to.have.length(1)
    find(element, '[data-position="1"]')!.focus()
    await press('ArrowDown')
    await press('ArrowDown')
    expect(focusedRow(element)).to.equal('3')
    await press('ArrowUp')
    expect(focusedRow(element)).to.equal('2')
    expect(find(element, '[data-position][tabindex="0"]')!.dataset.position).to.equal('2')
  })

  it('turns pages, goes to both ends, and keeps the focused row in sight', async () => {
    const element = await loaded()
    const scroller = find(element, '.scroller')!
    const inSight = () => {
      const row = (element.shadowRoot!.activeElement as HTMLElement).getBoundingClientRect()
      const head = find(element, 'thead')!.getBoundingClientRect()
      return row.top >= head.bottom - 1 && row.bottom <= scroller.getBoundingClientRect().bottom + 1
    }
    find(element, '[data-position="1"]')!.focus()
    await press('PageDown')
    const page = Number(focusedRow(element))
    expect(page).to.be.above(3)
    await until(inSight, 'the row in sight')
    await press('End')
    await until(() => focusedRow(element) === '500', 'last row')
    await until(inSight, 'the row in sight')
    await until(() => textOf(element.shadowRoot!.activeElement) !== 'Loading', 'its content')
    expect(focusedRow(element)).to.equal('500')
    await press('PageUp')
    expect(focusedRow(element)).to.equal(String(500 - page + 1))
    await press('Home')
    await until(() => focusedRow(element) === '1', 'first row')
    await until(inSight, 'the row in sight')
  })

  it('keeps the focus in the list when the focused row is scrolled away', async () => {
    const element = await loaded()
    // WebKit brings into sight what got the focus a moment later: after the scrolling below.
    find(element, '[data-position="2"]')!.focus({ preventScroll: true })
    find(element, '.scroller')!.scrollTop = 5000
    await until(() => !find(element, '[data-position="2"]'), 'other rows')
    expect(element.shadowRoot!.activeElement!.className).to.equal('scroller')
    await press('ArrowDown')
    await until(() => focusedRow(element) === '3', 'next row')
  })

  it('lets Tab reach one row, in sight, wherever one has scrolled', async () => {
    const element = await loaded()
    const scroller = find(element, '.scroller')!
    const reached = () => [...element.shadowRoot!.querySelectorAll<HTMLElement>('[data-position][tabindex="0"]')]
    for (const top of [300, 1000, 1100, 9000, 8900, 0]) {
      scroller.scrollTop = top
      const position = String(Math.ceil(top / 48) + 1)
      await until(() => reached().some((row) => row.dataset.position === position), `row ${position}`)
      expect(reached()).to.have.length(1)
      const { y } = reached()[0]!.getBoundingClientRect()
      expect(y).to.be.within(
        find(element, 'thead')!.getBoundingClientRect().bottom - 1,
        scroller.getBoundingClientRect().bottom,
      )
      const rows = [...element.shadowRoot!.querySelectorAll<HTMLElement>('[data-position]')].map((row) =>
        Number(row.dataset.position),
      )
      expect(rows).to.deep.equal(rows.map((_, index) => rows[0]! + index))
    }
  })

  it('reaches podium and list alike', async () => {
    const element = await loaded({ width: 900 })
    await until(() => part(element, 'podium'), 'podium')
    find(element, '[data-position="1"]')!.focus()
    for (const position of ['2', '3', '4', '5']) {
      await press('ArrowDown')
      expect(focusedRow(element)).to.equal(position)
    }
  })

  it('chooses periods by arrows, in the direction of writing', async () => {
    for (const [dir, forward] of [
      ['ltr', 'ArrowRight'],
      ['rtl', 'ArrowLeft'],
    ] as const) {
      const element = await loaded({ attributes: { dir } })
      const chosen = () => find(element, '[role=tab][aria-selected=true]')!.id
      find(element, '#tab-all')!.focus()
      await press(forward)
      await until(() => chosen() === 'tab-month', 'month')
      expect(element.shadowRoot!.activeElement!.id).to.equal('tab-month')
      await press('End')
      await until(() => chosen() === 'tab-week', 'week')
      await press('Home')
      await until(() => chosen() === 'tab-all', 'all time')
    }
  })

  it('goes through everything with Tab in the order in which it is seen', async () => {
    const element = await loaded({ member: 'member-2', attributes: { period: 'week' } })
    await until(() => part(element, 'menu-button') && part(element, 'search-input'), 'own row and search box')
    find(element, '[role=tab][tabindex="0"]')!.focus()
    const names = []
    for (let i = 0; i < 5; i++) {
      const focused = element.shadowRoot!.activeElement as HTMLElement
      names.push(focused.getAttribute('role') ?? focused.getAttribute('aria-label'))
      await press('Tab')
    }
    expect(names).to.deep.equal(['tab', 'Search members', 'Earlier', 'row', 'Actions for \u2068Member 002\u2069'])
  })

  it('chooses a row by pointer', async () => {
    const element = await loaded()
    const { left, top } = find(element, '.scroller')!.getBoundingClientRect()
    const chosen: Event[] = []
    element.addEventListener('rai-row-activate', (event) => chosen.push(event))
    await sendMouse({ type: 'click', position: [Math.round(left + 100), Math.round(top + 60)] })
    expect(chosen).to.have.length(1)
  })

  it('has a menu of one’s own row: opens, moves, closes, gives the focus back', async () => {
    const element = await loaded({ member: 'member-2' })
    await until(() => part(element, 'menu-button'), 'own row')
    const button = part(element, 'menu-button')!
    button.focus()
    await press('ArrowDown')
    await until(() => element.shadowRoot!.activeElement?.role === 'menuitem', 'menu')
    await expect(element).to.be.accessible()
    const focused = () => textOf(element.shadowRoot!.activeElement)
    expect(button.getAttribute('aria-expanded')).to.equal('true')
    expect(focused()).to.equal('Copy name')
    await press('ArrowDown')
    expect(focused()).to.equal('Hide me')
    await press('ArrowDown')
    expect(focused()).to.equal('Copy name')
    await press('Escape')
    await until(() => !part(element, 'menu'), 'closed menu')
    expect(element.shadowRoot!.activeElement === button).to.equal(true)
  })

  it('closes the menu when one clicks elsewhere', async () => {
    const element = await loaded({ member: 'member-2' })
    await until(() => part(element, 'menu-button'), 'own row')
    part(element, 'menu-button')!.click()
    await until(() => part(element, 'menu'), 'menu')
    await sendMouse({ type: 'click', position: [600, 500] })
    await until(() => !part(element, 'menu'), 'closed menu')
  })

  it('shows one’s place at the bottom edge and jumps to it, with three neighbours on either side', async () => {
    const element = await loaded({ member: 'member-250' })
    await until(() => part(element, 'me-row'), 'own place')
    expect(textOf(part(element, 'me-row')))
      .to.contain('250')
      .and.contain('Member 250')
    await expect(element).to.be.accessible()
    part(element, 'jump-button')!.click()
    await until(() => focusedRow(element) === '250', 'own row')
    await until(() => !part(element, 'me-row'), 'no second own row')
    const box = find(element, '.scroller')!.getBoundingClientRect()
    const seen = rowsOf(element).filter((row) => {
      const { top, bottom } = row.getBoundingClientRect()
      return top >= box.top && bottom <= box.bottom
    })
    const positions = seen.map((row) => Number(row.dataset.position))
    expect(positions).to.include.members([247, 248, 249, 250, 251, 252, 253])
  })
})
