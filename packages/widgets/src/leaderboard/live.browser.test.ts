import { expect } from '@open-wc/testing'
import { emulateMedia } from '@web/test-runner-commands'
import {
  award,
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
import type { RaiEntryRequestEvent, RaiErrorEvent, RaiRankChangeEvent, RaiVisibilityRequestEvent } from '../index.js'

const attributes = { board: 'live' }
const animationsOf = (element: Element) =>
  rowsOf(element).flatMap((row) => row.getAnimations().map((animation) => animation.effect as KeyframeEffect))

describe('<rai-leaderboard>, live', () => {
  afterEach(() => emulateMedia({ reducedMotion: 'no-preference' }))

  it('shows an award without being asked to: the row slides up, its number counts', async () => {
    const element = await loaded({ attributes })
    const before = namesOf(element)
    const last = before.at(-1)!
    const moves: KeyframeEffect[] = []
    const watch = () => moves.push(...animationsOf(element))
    const observer = new MutationObserver(watch)
    observer.observe(element.shadowRoot!, { subtree: true, childList: true, characterData: true })
    await award(`member-${Number(last.slice(-3))}`, 1000, 'currency')
    await until(() => namesOf(element)[0] === last, 'new leader')
    await until(() => textOf(rowsOf(element)[0]!.querySelector('.score')).startsWith('1,'), 'counted number')
    observer.disconnect()
    const properties = new Set(moves.flatMap((move) => move.getKeyframes().flatMap((frame) => Object.keys(frame))))
    expect(properties.has('transform')).to.equal(true)
    expect(properties.has('top') || properties.has('height')).to.equal(false)
  })

  it('tells by arrow and in words how far rows have moved since it first showed them', async () => {
    const element = await loaded({ attributes })
    const [first, second] = namesOf(element)
    const changeOf = (name: string) =>
      textOf(rowsOf(element)[namesOf(element).indexOf(name)]!.querySelector('[part=change]'))
    expect(find(element, '[part=change]') === null).to.equal(true)
    await award(`member-${Number(second!.slice(-3))}`, 1500, 'currency')
    await until(() => namesOf(element)[0] === second, 'new leader')
    expect([changeOf(second!), changeOf(first!)]).to.deep.equal(['1up 1', '1down 1'])
    await expect(element).to.be.accessible()
  })

  it('63 moves nothing where less motion is wanted', async () => {
    await emulateMedia({ reducedMotion: 'reduce' })
    const element = await loaded({ attributes })
    const third = namesOf(element)[2]!
    await award(`member-${Number(third.slice(-3))}`, 5000, 'currency')
    await until(() => namesOf(element)[0] === third, 'new leader')
    const running = [...element.shadowRoot!.querySelectorAll('*')].flatMap((inner) => inner.getAnimations())
    expect(running.filter(({ playState }) => playState === 'running')).to.deep.equal([])
  })

  it('64 tells the page and, calmly, the ear about one’s own rank, and about nobody else’s', async () => {
    const element = await loaded({ attributes, member: 'member-500' })
    await until(() => find(element, '.me') ?? part(element, 'me-row'), 'own row')
    const changes: [number, number][] = []
    element.addEventListener('rai-rank-change', (event) => {
      const { rank, previousRank } = event as RaiRankChangeEvent
      changes.push([rank, previousRank])
    })
    const said: string[] = []
    const status = find(element, '[role=status]')!
    const observer = new MutationObserver(() => said.push(textOf(status)))
    observer.observe(status, { subtree: true, childList: true, characterData: true })
    await award('member-519', 5, 'currency')
    await award('member-500', 20000, 'currency')
    await until(() => changes.length > 0, 'change of rank')
    expect(changes[0]![0]).to.equal(1)
    expect(changes[0]![1]).to.be.above(1)
    await until(() => said.length > 0, 'announcement')
    observer.disconnect()
    expect(said).to.deep.equal(['You moved up to rank 1'])
  })

  it('64 says a burst of changes in few words, the last of them true', async () => {
    const element = await loaded({ attributes, member: 'member-505' })
    await until(() => find(element, '.me') ?? part(element, 'me-row'), 'own row')
    let changes = 0
    element.addEventListener('rai-rank-change', () => changes++)
    const said: string[] = []
    const status = find(element, '[role=status]')!
    const observer = new MutationObserver(() => said.push(textOf(status)))
    observer.observe(status, { subtree: true, childList: true, characterData: true })
    const start = performance.now()
    for (let n = 1; n <= 5; n++) {
      // Past the next two, of whom another test may have moved one.
      await award('member-505', 20, 'currency')
      await until(() => changes >= n, `change of rank ${n}`)
    }
    await award('member-505', 50_000, 'currency')
    await until(() => said.at(-1) === 'You moved up to rank 1', 'last announcement')
    observer.disconnect()
    // There are three seconds of calm between two.
    expect(said.length).to.be.below(2 + (performance.now() - start) / 3000)
  })

  it('tells members how far they have moved since their last visit, whatever the device', async () => {
    const api = await freshApi()
    const first = await loaded({ api, attributes, member: 'member-507' })
    await until(() => part(first, 'me-row') ?? find(first, '.me'), 'own row')
    await until(async () => (await api.count('/seen')) > 0, 'look')
    first.remove()
    await award('member-515', 30_000, 'currency')
    const second = await loaded({ attributes, member: 'member-507' })
    await until(() => textOf(find(second, '.me [part=change]')) === '1down 1', 'change since the last visit')
    await expect(second).to.be.accessible()
  })

  it('lets members take part when they ask for it, once however often they press, and leave again', async () => {
    const api = await freshApi()
    const element = await leaderboard({ api, attributes: { board: 'cup' }, member: 'member-495' })
    await until(() => part(element, 'join-button'), 'way in')
    expect(textOf(part(element, 'notice'))).to.contain('Take part to be ranked.')
    await expect(element).to.be.accessible()
    const refuse = (event: Event) => event.preventDefault()
    element.addEventListener('rai-entry-request', refuse)
    part(element, 'join-button')!.click()
    expect(await api.count('/entry')).to.equal(0)
    element.removeEventListener('rai-entry-request', refuse)
    const asked: boolean[] = []
    element.addEventListener('rai-entry-request', (event) => asked.push((event as RaiEntryRequestEvent).joined))
    part(element, 'join-button')!.focus()
    part(element, 'join-button')!.click()
    part(element, 'join-button')!.click()
    await until(() => find(element, '.me'), 'own row')
    await until(() => textOf(find(element, '[role=status]')) === 'You take part now', 'announcement')
    await until(() => element.shadowRoot!.activeElement?.matches('.scroller, [data-position]'), 'focus in the list')
    expect(asked).to.deep.equal([true])
    expect(shows(element, 'notice')).to.equal(false)
    part(element, 'menu-button')!.click()
    await until(() => part(element, 'menu'), 'menu')
    const items = [...element.shadowRoot!.querySelectorAll<HTMLElement>('[role=menuitem]')]
    items.find((item) => textOf(item) === 'Leave this leaderboard')!.click()
    await until(() => part(element, 'join-button'), 'way in again')
    expect(find(element, '.me') === null).to.equal(true)
    expect(asked).to.deep.equal([true, false])
  })

  it('hides a member when they ask for it, shows them again, and lets the page refuse', async () => {
    const element = await loaded({ attributes, member: 'member-512' })
    await until(() => part(element, 'menu-button'), 'own row')
    const hide = async () => {
      part(element, 'menu-button')!.click()
      await until(() => part(element, 'menu'), 'menu')
      const items = [...element.shadowRoot!.querySelectorAll<HTMLElement>('[role=menuitem]')]
      items.find((item) => textOf(item) === 'Hide me')!.click()
    }
    const asked: string[] = []
    const refuse = (event: Event) => {
      asked.push((event as RaiVisibilityRequestEvent).visibility)
      event.preventDefault()
    }
    element.addEventListener('rai-visibility-request', refuse)
    await hide()
    expect(asked).to.deep.equal(['hidden'])
    element.removeEventListener('rai-visibility-request', refuse)
    await hide()
    await until(() => part(element, 'notice'), 'notice')
    expect(textOf(part(element, 'notice'))).to.contain('You are hidden')
    await until(() => textOf(part(element, 'footer')).includes('39 members'), 'list without the member')
    await expect(element).to.be.accessible()
    part(element, 'notice')!.querySelector('button')!.click()
    await until(() => textOf(part(element, 'footer')).includes('40 members'), 'list with the member')
    await until(() => !part(element, 'notice'), 'end of the notice')
  })

  it('shows nothing of a former member when the next one cannot be named, and says so', async () => {
    const element = await loaded({ member: 'member-2' })
    await until(() => find(element, '.me'), 'own row')
    const codes: string[] = []
    element.addEventListener('rai-error', (event) => codes.push((event as RaiErrorEvent).code))
    element.tokenUrl = `${world.siteUrl}/no-such-address`
    await until(() => !find(element, '.me') && !part(element, 'me-row'), 'end of the own row')
    await until(() => codes.length > 0, 'error')
    expect(codes).to.deep.equal(['no_token'])
    expect(rowsOf(element).length).to.be.above(0)
  })

  it('comes to rest where two elements name two people', async () => {
    const api = await freshApi()
    const [one, two] = await Promise.all([loaded({ api, member: 'member-2' }), loaded({ api, member: 'member-3' })])
    await until(() => find(one, '.me') && find(two, '.me'), 'own rows')
    // A page has one viewer: both show the same.
    expect(textOf(find(one, '.me .name'))).to.equal(textOf(find(two, '.me .name')))
    const before = await api.count('/rows/me')
    await award('member-510', 1, 'currency')
    expect(await api.count('/rows/me')).to.equal(before)
  })

  it('says that a member has no score yet', async () => {
    const element = await loaded({ member: 'member-510' })
    await until(() => part(element, 'notice'), 'notice')
    expect(textOf(part(element, 'notice'))).to.equal('You have no score here yet.')
  })

  it('goes on after it was moved', async () => {
    const element = await loaded({ attributes })
    const elsewhere = document.createElement('section')
    element.parentElement!.append(elsewhere)
    elsewhere.append(element)
    const second = namesOf(element)[1]!
    await award(`member-${Number(second.slice(-3))}`, 100_000, 'currency')
    await until(() => namesOf(element)[0] === second, 'new leader')
  })

  it('shares every request with another element that shows the same', async () => {
    const api = await freshApi()
    const [one, two] = await Promise.all([loaded({ api }), loaded({ api })])
    expect(namesOf(one)).to.deep.equal(namesOf(two))
    expect(await api.count('/rows')).to.equal(1)
    expect(await api.count('/stream')).to.be.below(2)
  })

  it('leaves nothing behind when it is removed', async () => {
    let listeners = 0
    const { addEventListener, removeEventListener } = EventTarget.prototype
    const isPage = (target: EventTarget) => target === document || target === window
    EventTarget.prototype.addEventListener = function (...call: Parameters<typeof addEventListener>) {
      if (isPage(this)) listeners++
      return addEventListener.apply(this, call)
    }
    EventTarget.prototype.removeEventListener = function (...call: Parameters<typeof removeEventListener>) {
      if (isPage(this)) listeners--
      return removeEventListener.apply(this, call)
    }
    try {
      const element = await loaded({ attributes, member: 'member-510' })
      await until(() => part(element, 'menu-button'), 'own row')
      part(element, 'menu-button')!.click()
      await until(() => part(element, 'menu'), 'menu')
      expect(listeners).to.be.above(0)
      element.remove()
      // The stores let go a second after their last listener has left.
      await until(() => listeners === 0, 'end of all listeners')
    } finally {
      Object.assign(EventTarget.prototype, { addEventListener, removeEventListener })
    }
  })
})
