import { expect } from '@open-wc/testing'
import { sendKeys } from '@web/test-runner-commands'
import {
  channel,
  find,
  freshApi,
  messagesOf,
  openChannel as open,
  part,
  say,
  shiftsDuring,
  shows,
  site,
  textOf,
  until,
  type Wanted,
} from '../../../../test/helpers/browser.js'
import type { RaiChannel, RaiErrorEvent } from '../index.js'

const states = ['loading', 'empty', 'error', 'stale'] as const
const statesOf = (element: Element) => states.filter((state) => element.matches(`:state(${state})`))
const textsOf = (element: Element) => messagesOf(element).map((one) => textOf(one.querySelector('[part~=text]')))
const logOf = (element: Element) => find(element, '.log')!
/** Chromium brings a log that was scrolled to its end back by two pixels, after a frame. */
const isAtEnd = (element: Element) => {
  const { scrollHeight, scrollTop, clientHeight } = logOf(element)
  return scrollHeight - scrollTop - clientHeight < 4
}
const frame = () => new Promise(requestAnimationFrame)

/** A channel that shows what was said. */
async function ready(id: string, wanted: Wanted = {}) {
  const { attributes, ...more } = wanted
  const element = await channel({ member: 'talker-1', ...more, attributes: { channel: id, ...attributes } })
  await until(() => messagesOf(element).length > 0, 'messages')
  return element
}

describe('<rai-channel> as a chat', () => {
  it('shows what was said, the newest at its lower edge, together where one person says it', async () => {
    const id = await open({ topic: 'Plans', description: 'What we do next' })
    await say('talker-1', id, 'One')
    await say('talker-1', id, 'Two')
    await say('talker-2', id, '**Three**')
    const element = await ready(id)
    expect(textsOf(element)).to.deep.equal(['One', 'Two', 'Three'])
    expect(messagesOf(element).map((one) => one.classList.contains('first'))).to.deep.equal([true, false, true])
    expect(textOf(part(element, 'title'))).to.equal('Plans')
    expect(textOf(part(element, 'description'))).to.equal('What we do next')
    expect(textOf(part(element, 'day'))).to.equal('Today')
    expect(find(element, 'strong')!.textContent).to.equal('Three')
    expect(statesOf(element)).to.deep.equal([])
    expect(isAtEnd(element)).to.equal(true)
    await expect(element).to.be.accessible()
  })

  it('shows what others say while it is said, what they change and what they take back', async () => {
    const id = await open()
    await say('talker-2', id, 'First')
    const element = await ready(id)
    const second = await say('talker-2', id, 'Secnd')
    await until(() => textsOf(element).includes('Secnd'), 'new message')
    expect(isAtEnd(element)).to.equal(true)
    await site('/message', { member: 'talker-2', message: second, part: 'edit', name: 'Second' })
    await until(() => textsOf(element)[1]!.startsWith('Second'), 'change')
    expect(textsOf(element)[1]).to.equal('Second(edited)')
    await site('/message', { member: 'talker-2', message: second, part: 'remove', name: '' })
    await until(() => textsOf(element)[1] === 'This message was deleted', 'deletion')
    await expect(element).to.be.accessible()
  })

  it('brings older messages when one scrolls up, and keeps what one looks at where it is', async () => {
    const id = await open()
    await say('talker-3', id, 'Line {n}', 80)
    const element = await ready(id)
    expect(textsOf(element).at(-1)).to.equal('Line 80')
    const log = logOf(element)
    for (let n = 0; n < 30 && textsOf(element)[0] !== 'Line 1'; n++) {
      const top = log.getBoundingClientRect().top
      // What is read: the name above the first line goes when others come before it.
      const line = (wanted: (text: Element) => boolean) =>
        messagesOf(element)
          .flatMap((one) => [...one.querySelectorAll('[part~=text]')])
          .find(wanted)!
      const seen = line((one) => one.getBoundingClientRect().top >= top)
      const text = textOf(seen)
      const before = seen.getBoundingClientRect().top
      log.scrollTop -= 300
      const moved = seen.getBoundingClientRect().top - before
      for (let more = 0; more < 4; more++) await frame()
      const now = line((one) => textOf(one) === text)
      expect(Math.abs(now.getBoundingClientRect().top - before - moved)).to.be.below(2)
    }
    expect(textsOf(element)[0]).to.equal('Line 1')
    expect(messagesOf(element).length).to.be.at.most(120)
    // What is said meanwhile moves nothing, and is told of.
    await say('talker-3', id, 'Line 81')
    await until(() => shows(element, 'jump-button'), 'way down')
    part(element, 'jump-button')!.click()
    await until(() => textsOf(element).at(-1) === 'Line 81' && isAtEnd(element), 'newest line')
    expect(shows(element, 'jump-button')).to.equal(false)
  })

  it('tells where what is new begins, and that it was read once it was seen', async () => {
    const id = await open()
    await say('talker-4', id, 'New {n}', 2)
    const api = await freshApi()
    const element = await ready(id, { api, member: 'talker-5' })
    expect(textOf(part(element, 'unread'))).to.equal('New')
    await until(() => api.count('/read').then((count) => count === 1), 'word')
    const again = await ready(id, { member: 'talker-5' })
    expect(shows(again, 'unread')).to.equal(false)
  })

  it('is walked through by keys, one message at a time', async () => {
    const id = await open()
    await say('talker-1', id, 'Step {n}', 4)
    const element = await ready(id)
    const focused = () => textOf((element.shadowRoot!.activeElement as HTMLElement)?.querySelector('[part~=text]'))
    messagesOf(element).at(-1)!.focus()
    await sendKeys({ press: 'ArrowUp' })
    await until(() => focused() === 'Step 3', 'one up')
    await sendKeys({ press: 'Home' })
    await until(() => focused() === 'Step 1', 'first')
    expect(messagesOf(element).filter(({ tabIndex }) => tabIndex === 0)).to.have.length(1)
  })

  it('says that nothing was said yet', async () => {
    const element = await channel({ member: 'talker-1', attributes: { channel: await open() } })
    await until(() => shows(element, 'empty'), 'words')
    expect(statesOf(element)).to.deep.equal(['empty'])
    await expect(element).to.be.accessible()
  })

  it('tells guests to sign in, and asks for no message', async () => {
    const api = await freshApi()
    const element = await channel({ api, attributes: { channel: await open() } })
    await until(() => shows(element, 'guest'), 'words')
    expect(await api.count('/channels')).to.equal(0)
    await expect(element).to.be.accessible()
  })

  it('does not tell whether a channel is there that is for others', async () => {
    const element = await channel({ member: 'talker-1', attributes: { channel: 'none' } })
    const failed = new Promise<RaiErrorEvent>((done) => element.addEventListener('rai-error', done, { once: true }))
    expect((await failed).code).to.equal('not_found')
    await until(() => shows(element, 'error'), 'words')
    expect(textOf(part(element, 'error'))).to.contain('not open to you')
    expect(statesOf(element)).to.deep.equal(['error'])
    await expect(element).to.be.accessible()
  })

  it('keeps what it shows when the API goes away, and says so', async () => {
    const id = await open()
    await say('talker-1', id, 'Still here')
    const api = await freshApi()
    const element = await ready(id, { api })
    await until(() => element.matches(':state(loading)') === false, 'end of loading')
    await api.fail('error500')
    find(element, '.log')!.dispatchEvent(new Event('scroll'))
    dispatchEvent(new Event('offline'))
    dispatchEvent(new Event('online'))
    await until(() => statesOf(element).includes('stale'), 'stale')
    expect(textsOf(element)).to.deep.equal(['Still here'])
    await api.mend()
    part(element, 'retry-button')!.click()
    await until(() => statesOf(element).length === 0, 'end')
  })

  it('moves nothing while it loads, and fits into 240 pixels', async () => {
    const id = await open()
    await say('talker-2', id, `Donaudampfschifffahrtsgesellschaft ${'lang'.repeat(30)}`)
    let element!: RaiChannel
    const shifts = await shiftsDuring(async () => {
      element = await ready(id, { width: 240 })
    })
    expect(shifts).to.deep.equal([])
    expect(logOf(element).scrollWidth).to.be.at.most(240)
    await expect(element).to.be.accessible()
  })

  it('speaks and writes from right to left', async () => {
    const id = await open()
    await say('talker-2', id, 'مرحبا')
    const element = await ready(id, { attributes: { locale: 'ar' } })
    await until(() => find(element, '.base')!.dir === 'rtl', 'direction')
    const [message] = messagesOf(element)
    const left = (name: string) => message!.querySelector(`[part~=${name}]`)!.getBoundingClientRect().left
    expect(left('avatar')).to.be.above(left('text'))
  })
})

describe('<rai-channel> with a member who writes', () => {
  const field = (element: Element) => find<HTMLTextAreaElement>(element, '.field textarea')!
  const saidIn = async (id: string, member = 'talker-40') =>
    (await site<{ text: string }[]>('/said', { member, channel: id })).map(({ text }) => text)

  /** A channel that one can write in. */
  async function writable(id: string, wanted: Wanted = {}) {
    const { attributes, ...more } = wanted
    const element = await channel({ member: 'talker-1', ...more, attributes: { channel: id, ...attributes } })
    await until(() => shows(element, 'field'), 'field')
    return element
  }

  async function write(element: RaiChannel, text: string) {
    field(element).value = text
    field(element).dispatchEvent(new Event('input'))
    await element.updateComplete
    part(element, 'send-button')!.click()
  }

  /** Opens the menu of a message, and chooses from it. */
  async function choose(element: RaiChannel, text: string, item: string) {
    const message = messagesOf(element).find((one) => textOf(one.querySelector('[part~=text]')).startsWith(text))!
    message.focus()
    await until(() => message.querySelector('[part~=menu-button]'), 'menu button')
    message.querySelector<HTMLElement>('[part~=menu-button]')!.click()
    const items = () => [...element.shadowRoot!.querySelectorAll<HTMLElement>('[part~=menu-item]')]
    await until(() => items().some((one) => textOf(one) === item), item)
    items()
      .find((one) => textOf(one) === item)!
      .click()
  }

  it('sends by Enter, begins a line by Shift and Enter, and leaves an input method its Enter', async () => {
    const id = await open()
    const element = await writable(id)
    await expect(element).to.be.accessible()
    field(element).focus()
    await sendKeys({ type: 'One' })
    await sendKeys({ down: 'Shift' })
    await sendKeys({ press: 'Enter' })
    await sendKeys({ up: 'Shift' })
    await sendKeys({ type: 'Two' })
    const composing = { key: 'Enter', isComposing: true, cancelable: true, bubbles: true }
    field(element).dispatchEvent(new KeyboardEvent('keydown', composing))
    expect(field(element).value).to.equal('One\nTwo')
    await sendKeys({ press: 'Enter' })
    expect(field(element).value).to.equal('')
    await until(async () => (await saidIn(id)).length > 0, 'message')
    expect(await saidIn(id)).to.deep.equal(['One\nTwo'])
  })

  it('shows at once what is sent, and keeps the order while nothing gets through', async () => {
    const id = await open()
    const api = await freshApi()
    const element = await writable(id, { api, member: 'talker-7' })
    await api.fail('error500', '/messages')
    for (const text of ['First', 'Second', 'Third']) await write(element, text)
    await until(() => messagesOf(element).length === 3, 'messages on their way')
    expect(await saidIn(id)).to.deep.equal([])
    element.remove()
    await api.mend('/messages')
    // The page is loaded anew, and another tab is opened.
    const again = await Promise.all([1, 2].map(() => writable(id, { member: 'talker-7' })))
    await until(async () => (await saidIn(id)).length === 3, 'messages')
    for (const one of again) await until(() => textsOf(one).join() === 'First,Second,Third', 'three lines')
    expect(await saidIn(id)).to.deep.equal(['First', 'Second', 'Third'])
  })

  it('lets the page veto a message', async () => {
    const id = await open()
    const element = await writable(id)
    element.addEventListener('rai-send-request', (event) => event.preventDefault())
    await write(element, 'Not this')
    expect(field(element).value).to.equal('Not this')
    expect(messagesOf(element)).to.have.length(0)
  })

  it('answers, reacts, changes and deletes', async () => {
    const id = await open()
    await say('talker-2', id, 'Who comes?')
    const element = await writable(id, { member: 'talker-8' })
    await until(() => messagesOf(element).length === 1, 'message')
    messagesOf(element)[0]!.focus()
    await until(() => part(element, 'reply-button'), 'tools')
    await expect(element).to.be.accessible()
    part(element, 'reply-button')!.click()
    await until(() => shows(element, 'answered'), 'what is answered')
    await write(element, 'I do')
    await until(() => shows(element, 'quote'), 'quote')
    messagesOf(element)[0]!.focus()
    await until(() => part(element, 'react-button'), 'tools')
    part(element, 'react-button')!.click()
    await until(() => shows(element, 'emoji'), 'choice')
    await expect(element).to.be.accessible()
    part(element, 'emoji')!.click()
    await until(() => part(element, 'reaction')?.ariaPressed === 'true', 'reaction')
    await until(() => messagesOf(element)[1]?.dataset.id?.includes('-'), 'answer of the server')
    await choose(element, 'I do', 'Edit')
    await until(() => shows(element, 'editor'), 'editor')
    find<HTMLTextAreaElement>(element, '.editor textarea')!.value = 'I do not'
    part(element, 'save-button')!.click()
    await until(() => textsOf(element)[1] === 'I do not(edited)', 'change')
    await choose(element, 'I do not', 'Delete')
    await until(() => shows(element, 'question'), 'question')
    await expect(element).to.be.accessible()
    part(element, 'confirm-button')!.click()
    await until(() => textsOf(element)[1] === 'This message was deleted', 'end')
  })

  it('says how long to wait in a slow channel, and where only some write', async () => {
    const slow = await writable(await open({ slowModeSeconds: 60 }), { member: 'talker-9' })
    await write(slow, 'Slowly')
    await until(() => shows(slow, 'limit'), 'wait')
    expect(textOf(part(slow, 'limit'))).to.match(/^You can write again in 00:0[01]:/)
    expect(part(slow, 'send-button')!.ariaDisabled).to.equal('true')
    const news = await channel({ member: 'talker-9', attributes: { channel: await open({ type: 'announcement' }) } })
    await until(() => shows(news, 'closed'), 'words')
    await expect(news).to.be.accessible()
  })
})
