import { expect, fixture, oneEvent, html as template } from '@open-wc/testing'
import { connect, leaderboard as store } from '@rai/stores'
import {
  find,
  freshApi,
  leaderboard,
  loaded,
  namesOf,
  part,
  rowsOf,
  shiftsDuring,
  shows,
  site,
  textOf,
  until,
  world,
} from '../../../../test/helpers/browser.js'
import type { RaiErrorEvent } from '../index.js'

const states = ['loading', 'empty', 'error', 'stale'] as const
const statesOf = (element: Element) => states.filter((state) => element.matches(`:state(${state})`))

describe('<rai-leaderboard> in every state', () => {
  it('is accessible while loading, and shows bones only after a moment', async () => {
    const api = await freshApi()
    await api.fail('hang')
    const element = await leaderboard({ api })
    expect(statesOf(element)).to.deep.equal(['loading'])
    const bones = find(element, '.skeleton')!
    expect(getComputedStyle(bones).visibility).to.equal('hidden')
    await until(() => getComputedStyle(bones).visibility === 'visible', 'bones')
    await expect(element).to.be.accessible()
  })

  it('has the same height while loading, with rows, and when failed', async () => {
    const api = await freshApi()
    await api.fail('hang')
    const waiting = await leaderboard({ api })
    const full = await loaded()
    await api.fail('error500')
    const failed = await leaderboard({ api })
    await until(() => part(failed, 'error'), 'error')
    const heights = [waiting, full, failed].map((element) => element.offsetHeight)
    expect(heights).to.deep.equal([480, 480, 480])
  })

  it('moves nothing on the page when its rows arrive', async () => {
    const shifts = await shiftsDuring(async () => {
      const element = await leaderboard()
      element.insertAdjacentHTML('afterend', '<p>What comes after</p>')
      await until(() => rowsOf(element).length > 0, 'rows')
    })
    expect(shifts).to.deep.equal([])
  })

  it('says what will be here when the community has no board', async () => {
    const element = await leaderboard({ key: world.keyWithoutBoards, attributes: { board: '' } })
    await until(() => part(element, 'empty'), 'words')
    expect(textOf(part(element, 'empty'))).to.contain('No leaderboard yet')
    expect(statesOf(element)).to.deep.equal(['empty'])
    await expect(element).to.be.accessible()
  })

  it('says when a board begins that has not started, and counts down', async () => {
    const element = await leaderboard({ attributes: { board: 'soon', period: 'all' } })
    await until(() => part(element, 'empty'), 'words')
    expect(textOf(part(element, 'empty'))).to.contain('Not started yet')
    expect(textOf(part(element, 'when'))).to.match(/^Starts in 1[12]:\d\d:\d\d$/)
    const before = textOf(part(element, 'when'))
    await until(() => textOf(part(element, 'when')) !== before, 'next second')
    await expect(element).to.be.accessible()
  })

  it('says that a result is still in review, and counts down to when it is final', async () => {
    const element = await leaderboard({ attributes: { board: 'review' } })
    await until(() => part(element, 'empty'), 'words')
    expect(textOf(part(element, 'when'))).to.match(/^In review, final in 1[01]:\d\d:\d\d$/)
    expect(shows(element, 'sign-in')).to.equal(false)
    await expect(element).to.be.accessible()
  })

  it('turns when the clock does, whatever the server says meanwhile', async () => {
    await site('/end', { board: 'brief' })
    const api = await freshApi()
    const element = await loaded({ api, attributes: { board: 'brief' } })
    const says = (what: RegExp) => until(() => what.test(textOf(part(element, 'when'))), `${what}`)
    // It is counted anew for its new end, and shown as it was until then.
    await says(/^Ends in 00:00:0/)
    await api.fail('hang')
    await says(/^In review, final in /)
    expect(shows(element, 'sign-in')).to.equal(false)
  })

  it('says that a board has ended', async () => {
    const element = await leaderboard({ attributes: { board: 'over' } })
    await until(() => part(element, 'empty'), 'words')
    expect(textOf(part(element, 'when'))).to.equal('Ended')
    await expect(element).to.be.accessible()
  })

  it('says that there is no such board', async () => {
    const element = await leaderboard({ attributes: { board: 'nowhere' } })
    await until(() => part(element, 'error'), 'words')
    expect(textOf(part(element, 'error'))).to.contain('Nothing here')
    expect(statesOf(element)).to.deep.equal(['error'])
    await expect(element).to.be.accessible()
  })

  it('tells a failure in plain words with the request’s id, and tries again when asked to', async () => {
    const api = await freshApi()
    await api.fail('error500')
    const element = await leaderboard({ api })
    const { code, requestId } = (await oneEvent(element, 'rai-error')) as unknown as RaiErrorEvent
    expect([code, requestId]).to.deep.equal(['internal', 'request-1'])
    await until(() => part(element, 'retry-button'), 'retry button')
    expect(textOf(part(element, 'error')))
      .to.contain('That did not work')
      .and.contain('Reference request-1')
    expect(textOf(part(element, 'error'))).not.to.contain('because of')
    await expect(element).to.be.accessible()
    await api.mend()
    part(element, 'retry-button')!.click()
    await until(() => rowsOf(element).length > 0, 'rows')
    expect(statesOf(element)).to.deep.equal([])
  })

  for (const [fault, title] of [
    ['reset', 'No connection'],
    ['limited', 'A little too busy'],
    ['refused403', 'Not available here'],
    ['page502', 'That did not work'],
    ['truncated', 'That did not work'],
  ] as const) {
    it(`has words for ${fault}`, async () => {
      const api = await freshApi()
      await api.fail(fault)
      const element = await leaderboard({ api })
      await until(() => part(element, 'error'), 'words')
      expect(textOf(part(element, 'error'))).to.contain(title)
    })
  }

  it('keeps its rows when it can no longer refresh, says of when they are, and tries again when asked to', async () => {
    const api = await freshApi()
    const element = await loaded({ api })
    await api.fail('error500')
    await store(connect({ apiUrl: api.url, key: world.key }), { board: 'champions' }).refresh()
    await until(() => statesOf(element).includes('stale'), 'stale')
    expect(rowsOf(element).length).to.be.above(0)
    expect(textOf(part(element, 'footer'))).to.match(/^As of \d/)
    await expect(element).to.be.accessible()
    await api.mend()
    part(element, 'retry-button')!.click()
    await until(() => !statesOf(element).includes('stale'), 'fresh rows')
    expect(textOf(part(element, 'footer'))).to.contain('500 members')
  })

  it('leaves what a server drew until it has rows of its own; both are accessible', async () => {
    const path = `/widget/v1/${world.key}/leaderboards/champions/first-page`
    const { html } = await (await fetch(world.apiUrl + path)).json()
    const api = await freshApi()
    await api.fail('error500')
    const box = await fixture<HTMLElement>(template`<div></div>`)
    box.setHTMLUnsafe(
      `<rai-leaderboard board="champions" api-url="${api.url}" api-key="${world.key}">${html}</rai-leaderboard>`,
    )
    const element = box.querySelector('rai-leaderboard')!
    await until(() => statesOf(element).includes('error'), 'error')
    expect(shows(element, 'tabs')).to.equal(false)
    const drawn = namesOf(element)
    expect(drawn[5]).to.equal('<img src=x onerror=alert(1)> & "friends"')
    await expect(element).to.be.accessible()
    await api.mend()
    const loads = oneEvent(element, 'rai-load')
    await store(connect({ apiUrl: api.url, key: world.key }), { board: 'champions' }).refresh()
    await loads
    await until(() => shows(element, 'tabs'), 'tabs')
    expect(namesOf(element).slice(0, 10)).to.deep.equal(drawn.slice(0, 10))
    expect(element.shadowRoot!.querySelectorAll('table')).to.have.length(1)
    await expect(element).to.be.accessible()
  })

  it('waits for its key and address without a request or an error', async () => {
    const element = document.createElement('rai-leaderboard')
    document.body.append(element)
    await element.updateComplete
    expect(statesOf(element)).to.deep.equal(['loading'])
    element.remove()
  })

  it('has no empty last line', async () => {
    const element = await leaderboard({ attributes: { board: 'over' } })
    await until(() => part(element, 'empty'), 'words')
    expect(part(element, 'footer')!.checkVisibility()).to.equal(false)
  })
})
