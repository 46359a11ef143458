import { expect } from '@open-wc/testing'
import {
  award,
  find,
  freshApi,
  leaderboard,
  loaded,
  namesOf,
  part,
  rowsOf,
  textOf,
  until,
} from '../../../../test/helpers/browser.js'

describe('<rai-leaderboard> in every browser', () => {
  it('shows rows in rank order, is accessible, and draws few of many', async () => {
    const element = await loaded()
    expect(namesOf(element).slice(0, 3)).to.deep.equal(['Member 001', 'Member 002', 'Member 003'])
    expect(rowsOf(element).length).to.be.below(61)
    await expect(element).to.be.accessible()
    find(element, '.scroller')!.scrollTop = 1_000_000
    await until(() => namesOf(element).at(-1) === 'Member 500', 'last row')
  })

  it('shows an award without being asked to', async () => {
    const element = await loaded({ attributes: { board: 'live' } })
    const last = namesOf(element).at(-1)!
    await award(`member-${Number(last.slice(-3))}`, 1_000_000, 'currency')
    await until(() => namesOf(element)[0] === last, 'new leader')
  })

  it('knows its member, and puts three on a podium when wide', async () => {
    const element = await loaded({ member: 'member-250', width: 900 })
    await until(() => part(element, 'me-row') && part(element, 'podium'), 'own place and podium')
    expect(textOf(part(element, 'me-row'))).to.contain('Member 250')
    await expect(element).to.be.accessible()
  })

  it('tells a failure and tries again when asked to', async () => {
    const api = await freshApi()
    await api.fail('error500')
    const element = await leaderboard({ api })
    await until(() => part(element, 'retry-button'), 'retry button')
    expect(element.matches(':state(error)')).to.equal(true)
    await api.mend()
    part(element, 'retry-button')!.click()
    await until(() => rowsOf(element).length > 0, 'rows')
    expect(element.matches(':state(error)')).to.equal(false)
  })

  it('speaks and writes from right to left', async () => {
    const element = await loaded({ attributes: { locale: 'ar' }, width: 340 })
    await until(() => find(element, '.base')!.dir === 'rtl', 'direction')
    const [rank, name, score] = [...rowsOf(element)[0]!.children].map((cell) => cell.getBoundingClientRect().left)
    expect([rank! > name!, name! > score!]).to.deep.equal([true, true])
  })
})
