import { elementUpdated, expect, oneEvent } from '@open-wc/testing'
import type { RaiChannel } from '@rai/widgets'
import { channel, find, part, shows, site, textOf, until, type Wanted } from '../../../../../test/helpers/browser.js'
import { connect, failure, guestOrigin, loaded, run } from '../../../../../test/helpers/frames.js'
import type { RaiErrorEvent } from '../../shared/events.js'
import type { RaiDraftEvent, RaiNavigateEvent } from '../own-events.js'

const url = `${guestOrigin}/frame`
const all = ['identity', 'messages.draft', 'events', 'navigation', 'links.open', 'toast']
const granted = { capabilities: all, granted: all }

/** An iframe channel, opened for a test. */
const open = (iframe: object = {}, more: object = {}) =>
  site<string>('/channel', {
    change: JSON.stringify({ topic: 'Map', type: 'iframe', iframe: { url, ...iframe }, ...more }),
  })
const change = (id: string, changes: object) =>
  site('/change-channel', { channel: id, change: JSON.stringify(changes) })
const frameOf = (element: Element) => find<HTMLIFrameElement>(element, 'iframe')!

/** It in an element, as a member sees it, once its page is there. */
async function shown(iframe: object = {}, more: object = {}, wanted: Partial<Wanted> = {}) {
  const id = await open(iframe, more)
  const element = await channel({ member: 'talker-1', ...wanted, attributes: { ...wanted.attributes, channel: id } })
  await until(() => frameOf(element)?.src, 'frame')
  await loaded(frameOf(element))
  return { id, element, frame: frameOf(element) }
}

/** The same, once its page is connected. */
async function connected(...wanted: Parameters<typeof shown>) {
  const one = await shown(...wanted)
  await connect(one.frame)
  return one
}

describe('a channel that shows a page', () => {
  it('lets it do what was granted, and nothing else', async () => {
    const { frame, element } = await connected({
      capabilities: all,
      granted: ['toast', 'navigation'],
      allow: ['geolocation'],
    })
    expect(frame.getAttribute('sandbox')).to.equal('allow-scripts allow-forms allow-same-origin')
    expect(frame.allow).to.equal(`geolocation ${guestOrigin}`)
    expect(frame.referrerPolicy).to.equal('strict-origin')
    expect(frame.title).to.equal('Map')
    const may = await run(frame, ({ connection }) =>
      ['toast.show', 'route.set', 'identity.get', 'draft.set', 'links.open'].filter((name) =>
        connection.supports(name),
      ),
    )
    expect(may).to.deep.equal(['toast.show', 'route.set'])
    expect(await run(frame, ({ connection }) => connection.context.member)).to.equal(null)
    expect(textOf(part(element, 'origin'))).to.contain(new URL(url).host)
    expect(textOf(part(element, 'permission'))).to.equal('Your location')
  })

  it('proves to its back-end who looks, and tells it their name', async () => {
    const { frame, id } = await connected(granted)
    const identity = await run(frame, ({ connection }) => connection.getIdentity({ nonce: 'one' }))
    const claims = JSON.parse(atob(identity!.token.split('.')[1]!.replaceAll('-', '+').replaceAll('_', '/')))
    expect(claims).to.include({ nonce: 'one', channel: id })
    expect(claims.aud).to.deep.equal([guestOrigin, '127.0.0.1'])
    await until(() => run(frame, ({ connection }) => connection.context.member), 'member')
    expect(await run(frame, ({ connection }) => connection.context.member?.name)).to.equal('Talker 1')
  })

  it('is one page for as long as the operator says the same: no update, no theme, no tab loads it again', async () => {
    const { id, frame, element } = await connected(granted)
    await run(frame, ({ kept }) => void Object.assign(kept, { written: 'half a sentence' }))
    const surface = () => run(frame, ({ connection }) => connection.context.tokens['--rai-surface'])
    const before = await surface()
    element.theme = 'dark'
    await until(async () => (await surface()) !== before, 'other colours')
    expect(await run(frame, ({ connection }) => connection.context.scheme)).to.equal('dark')
    element.hidden = true
    await elementUpdated(element)
    element.hidden = false
    element.locale = 'ar'
    await until(() => run(frame, ({ connection }) => connection.context.dir === 'rtl'), 'other direction')
    await change(id, { topic: 'Another name' })
    await until(() => textOf(part(element, 'title')) === 'Another name', 'new name')
    expect(frameOf(element) === frame).to.equal(true)
    expect(await run(frame, ({ kept }) => kept.written)).to.equal('half a sentence')
  })

  it('is taken away when it is switched off, and comes again', async () => {
    const { id, element } = await connected()
    const start = performance.now()
    await change(id, { iframe: { isEnabled: false } })
    await until(() => shows(element, 'off'), 'card')
    expect(frameOf(element)).to.equal(null)
    expect(performance.now() - start).to.be.below(5000)
    await change(id, { iframe: { isEnabled: true } })
    await until(() => frameOf(element)?.src, 'frame')
    expect(shows(element, 'off')).to.equal(false)
  })

  it('loads its page again when it may less', async () => {
    const { id, frame, element } = await connected(granted)
    await change(id, { iframe: { granted: ['toast'] } })
    await until(() => frameOf(element) && frameOf(element) !== frame && frameOf(element).src, 'another frame')
    await loaded(frameOf(element))
    await connect(frameOf(element))
    expect(await run(frameOf(element), ({ connection }) => connection.supports('draft.set'))).to.equal(false)
  })

  it('says that a page does not answer, and shows it all the same to who wants', async () => {
    const { element, frame } = await shown()
    const told = oneEvent(element, 'rai-error') as Promise<RaiErrorEvent>
    await until(() => shows(element, 'broken'), 'card', 15_000)
    expect((await told).code).to.equal('page_silent')
    expect(getComputedStyle(frame).visibility).to.equal('hidden')
    part(element, 'show-button')!.click()
    await elementUpdated(element)
    expect(shows(element, 'broken')).to.equal(false)
    part(element, 'reload-button')!.click()
    await loaded(frame)
    await connect(frame)
    await elementUpdated(element)
    expect(shows(element, 'broken')).to.equal(false)
    expect(getComputedStyle(frame).visibility).to.equal('visible')
  })

  it('stops a page that sends too much', async () => {
    const { element, frame } = await connected()
    // It is taken away before it could say that it is done.
    void run(frame, ({ connection }) => {
      for (let n = 0; n < 3000; n++) connection.call('math.add', n).catch(() => {})
      for (let n = 0; n < 3000; n++) parent.postMessage(n, '*')
    })
    await until(() => shows(element, 'broken'), 'card')
    expect(textOf(part(element, 'broken'))).to.contain('This page was stopped')
    expect(shows(element, 'show-button')).to.equal(false)
    // An empty page took its place, and nobody reads into that of another origin.
    await until(() => frame.contentDocument, 'end of the page')
    part(element, 'retry-button')!.click()
    await loaded(frame)
    await connect(frame)
    await until(() => !shows(element, 'broken'), 'page')
  })
})

describe('the page in a channel', () => {
  it('says where in it one is, and is led there', async () => {
    const { element, frame } = await connected(granted, {}, { attributes: { route: '/summit' } })
    expect(await run(frame, ({ connection }) => connection.context.route)).to.equal('/summit')
    const led = oneEvent(element, 'rai-navigate') as Promise<RaiNavigateEvent>
    await run(frame, ({ connection }) => connection.setRoute('/lake?who=me', { title: 'Lake' }))
    expect(await led).to.include({ path: '/lake', pageTitle: 'Lake', isReplacing: false })
    await run(frame, ({ connection, kept }) => void connection.on('route', (path) => (kept.route = path)))
    element.route = '/hut'
    await until(() => run(frame, ({ kept }) => kept.route === '/hut'), 'route')
  })

  it('suggests what to say where somebody takes it', async () => {
    const { element, frame } = await connected(granted)
    const draft = () => failure(run(frame, ({ connection }) => connection.draft('Hello')))
    expect((await draft()).code).to.equal('E_UNSUPPORTED')
    let text = ''
    element.addEventListener('rai-draft', (event: RaiDraftEvent) => {
      text = event.text
      event.preventDefault()
    })
    expect(await draft()).to.deep.equal({})
    expect(text).to.equal('Hello')
  })

  it('leads to another site only if the visitor says so', async () => {
    const { element, frame } = await connected(granted)
    const ask = () => run(frame, ({ connection }) => connection.open('https://elsewhere.example/a'))
    const answer = ask()
    await until(() => find<HTMLDialogElement>(element, 'dialog')?.open, 'question')
    expect(textOf(find(element, '.address'))).to.equal('https://elsewhere.example/a')
    expect(await ask()).to.deep.equal({ opened: false })
    part(element, 'stay-button')!.click()
    expect(await answer).to.deep.equal({ opened: false })
    await elementUpdated(element)
    expect(find(element, 'dialog')).to.equal(null)
  })

  it('asks for nothing any more once it is another', async () => {
    const { id, element, frame } = await connected(granted)
    const asking = () => find<HTMLDialogElement>(element, 'dialog')?.open
    void run(frame, ({ connection }) => connection.open('https://elsewhere.example/a').catch(() => {}))
    await until(asking, 'question')
    for (const may of [['toast'], all]) {
      const before = frameOf(element)
      await change(id, { iframe: { granted: may } })
      await until(() => frameOf(element) && frameOf(element) !== before && frameOf(element).src, 'another frame')
      await elementUpdated(element)
      expect(asking()).to.equal(undefined)
    }
  })

  it('says things as text, for a moment', async () => {
    const { element, frame } = await connected(granted)
    await run(frame, ({ connection }) => connection.toast('<img src=x onerror=alert(1)>', 'error'))
    await until(() => shows(element, 'toast'), 'toast')
    expect(textOf(part(element, 'toast'))).to.equal('<img src=x onerror=alert(1)>')
    await until(() => !shows(element, 'toast'), 'end of it')
  })

  it('hears what happens in the community', async () => {
    const talk = await site<string>('/channel', { change: '{}' })
    const { frame } = await connected(granted)
    await run(
      frame,
      async ({ connection, kept }, channelId) => {
        await connection.subscribe('message.created', (data) => (kept.heard = data), { channelId })
      },
      talk,
    )
    const id = await site<string>('/say', { member: 'talker-2', channel: talk, name: 'Hello' })
    await until(() => run(frame, ({ kept }) => kept.heard), 'event')
    expect(await run(frame, ({ kept }) => kept.heard)).to.deep.equal({ id, channelId: talk })
  })

  it('is as high as its content, up to what the operator says', async () => {
    const { frame } = await connected({ height: { mode: 'fit', pixels: 600 } })
    const grow = (height: number) =>
      run(
        frame,
        (_, pixels) => {
          document.body.style.margin = '0'
          document.body.innerHTML = `<div style="height: ${pixels}px"></div>`
        },
        height,
      )
    await grow(333)
    await until(() => frame.offsetHeight === 333, 'height')
    await grow(5000)
    await until(() => frame.offsetHeight === 600, 'height')
  })
})

describe('who skips a page by keys', () => {
  it('comes out behind it', async () => {
    const { element } = (await shown()) as { element: RaiChannel }
    const skip = find<HTMLButtonElement>(element, '.skip')!
    skip.focus()
    expect(textOf(skip)).to.equal('Skip Map')
    expect(skip.offsetHeight).to.be.above(20)
    skip.click()
    expect(element.shadowRoot!.activeElement?.className).to.contain('end')
  })
})
