import { expect } from '@open-wc/testing'
import { sendKeys } from '@web/test-runner-commands'
import {
  channel,
  find,
  freshApi,
  messagesOf,
  openChannel,
  part,
  say,
  shows,
  site,
  textOf,
  until,
  type Wanted,
} from '../../../../../test/helpers/browser.js'
import type { RaiChannel } from '../../index.js'

const field = (element: Element) => find<HTMLTextAreaElement>(element, '.field textarea')!
const foundIn = (element: Element) => [...element.shadowRoot!.querySelectorAll<HTMLElement>('[part~=found]')]
const offered = (element: Element) =>
  [...element.shadowRoot!.querySelectorAll<HTMLElement>('[part~=mention-item]')].map((one) =>
    textOf(one.querySelector('bdi')),
  )
const focusedIn = (element: Element) => element.shadowRoot!.activeElement as HTMLElement | null

/** A channel that one can write in, and look through. */
async function ready(id: string, { attributes, ...wanted }: Wanted = {}) {
  const element = await channel({ member: 'talker-1', ...wanted, attributes: { channel: id, ...attributes } })
  await until(() => shows(element, 'composer') || shows(element, 'closed'), 'place to write')
  await until(() => shows(element, 'find-button'), 'head')
  return element
}

async function press(element: RaiChannel, name: string, shown: string) {
  part(element, name)!.click()
  await until(() => shows(element, shown), shown)
}

async function look(element: RaiChannel, text: string) {
  const box = find<HTMLInputElement>(element, 'dialog input[type=search]')!
  box.value = text
  box.dispatchEvent(new Event('input'))
  await element.updateComplete
}

describe('<rai-channel> whose member names somebody', () => {
  it('offers who fits while a name is written, and sends whom one has chosen', async () => {
    const id = await openChannel()
    for (const n of [21, 22, 3]) await say(`talker-${n}`, id, 'Hello')
    const element = await ready(id, { member: 'talker-20' })
    await until(() => messagesOf(element).length === 3, 'messages')
    field(element).focus()
    await sendKeys({ type: 'Look, @talker 2' })
    await until(() => offered(element).length === 2, 'list')
    // Who said something last stands first.
    expect(offered(element)).to.deep.equal(['Talker 22', 'Talker 21'])
    expect(field(element).getAttribute('aria-activedescendant')).to.equal('person-0')
    await expect(element).to.be.accessible()
    await sendKeys({ press: 'ArrowDown' })
    await until(() => field(element).getAttribute('aria-activedescendant') === 'person-1', 'next')
    expect(focusedIn(element) === field(element)).to.equal(true)
    await sendKeys({ press: 'Enter' })
    expect(field(element).value).to.equal('Look, @Talker 21 ')
    await sendKeys({ type: 'here' })
    expect(offered(element)).to.deep.equal([])
    await sendKeys({ press: 'Enter' })
    await until(() => shows(element, 'mention'), 'mention')
    expect(textOf(part(element, 'mention'))).to.equal('@Talker 21')
    type Said = { text: string; mentions: { name: string }[] }
    const last = async () => (await site<Said[]>('/said', { member: 'talker-1', channel: id })).at(-1)!
    await until(async () => (await last()).text !== 'Hello', 'message')
    expect((await last()).text).to.match(/^Look, <@[\da-f-]{36}> here$/)
    expect((await last()).mentions.map(({ name }) => name)).to.deep.equal(['Talker 21'])
  })

  it('leaves alone what was turned down by Escape, and what is no name', async () => {
    const id = await openChannel()
    await say('talker-21', id, 'Hello')
    const element = await ready(id)
    await until(() => messagesOf(element).length === 1, 'message')
    field(element).focus()
    await sendKeys({ type: '@' })
    await until(() => offered(element).length === 1, 'list')
    await sendKeys({ press: 'Escape' })
    await sendKeys({ type: 'tal' })
    expect(offered(element)).to.deep.equal([])
    await sendKeys({ type: ' mail@tal' })
    expect(offered(element)).to.deep.equal([])
    await sendKeys({ type: ' @tal' })
    await until(() => offered(element).length === 1, 'list for another')
  })
})

describe('<rai-channel> that is looked through', () => {
  it('finds what was said long ago, marks it, and goes there', async () => {
    const id = await openChannel()
    await say('talker-2', id, 'The Needle was here')
    await say('talker-3', id, 'Hay {n}', 120)
    const element = await ready(id)
    await press(element, 'find-button', 'search-input')
    expect(focusedIn(element)!.matches('input[type=search]')).to.equal(true)
    expect(textOf(part(element, 'dialog'))).to.contain('What are you looking for?')
    await expect(element).to.be.accessible()
    await look(element, 'needle')
    await until(() => foundIn(element).length === 1, 'result')
    expect(find(element, 'mark')!.textContent).to.equal('Needle')
    await expect(element).to.be.accessible()
    foundIn(element)[0]!.click()
    const target = () => messagesOf(element).find((one) => textOf(one.querySelector('[part~=text]')).includes('Needle'))
    await until(() => target()?.classList.contains('marked'), 'message')
    await until(() => focusedIn(element) === target(), 'focus')
    expect(shows(element, 'dialog')).to.equal(false)
    await until(() => shows(element, 'jump-button'), 'way back')
  })

  it('says that nobody said so, and when it cannot look; and looks again', async () => {
    const id = await openChannel()
    await say('talker-2', id, 'Hay')
    const api = await freshApi()
    const element = await ready(id, { api })
    await press(element, 'find-button', 'search-input')
    await look(element, 'nowhere')
    await until(() => textOf(part(element, 'dialog')).includes('Nobody has said nowhere here.'), 'words')
    await api.fail('error500', '/search')
    await look(element, 'hay')
    await until(() => find(element, 'dialog [part~=retry-button]'), 'way on')
    await expect(element).to.be.accessible()
    await api.mend('/search')
    find(element, 'dialog [part~=retry-button]')!.click()
    await until(() => foundIn(element).length === 1, 'result')
  })

  it('lists what is pinned', async () => {
    const id = await openChannel()
    await say('talker-2', id, 'Keep this')
    const element = await ready(id, { member: 'guide' })
    await until(() => messagesOf(element).length === 1, 'message')
    await press(element, 'pins-button', 'dialog')
    await until(() => textOf(part(element, 'dialog')).includes('Nothing is pinned'), 'words')
    await expect(element).to.be.accessible()
    part(element, 'close-button')!.click()
    await until(() => !shows(element, 'dialog'), 'end')
    messagesOf(element)[0]!.focus()
    await until(() => part(element, 'menu-button'), 'tools')
    part(element, 'menu-button')!.click()
    const item = () =>
      [...element.shadowRoot!.querySelectorAll<HTMLElement>('[part~=menu-item]')].find((one) => textOf(one) === 'Pin')
    await until(item, 'item')
    item()!.click()
    await until(() => find(element, '.pinned'), 'pin')
    await press(element, 'pins-button', 'dialog')
    await until(() => foundIn(element).length === 1, 'pinned message')
    expect(textOf(foundIn(element)[0]!)).to.contain('Keep this')
  })

  it('begins a topic of a forum, shows it alone, and goes back to all', async () => {
    const id = await openChannel({ type: 'forum' })
    const element = await ready(id)
    expect(shows(element, 'composer')).to.equal(false)
    await press(element, 'choose-topic-button', 'dialog')
    await until(() => textOf(part(element, 'dialog')).includes('No topics yet'), 'words')
    for (const title of ['Boots', 'Huts']) {
      if (!shows(element, 'dialog')) await press(element, 'topics-button', 'dialog')
      await until(() => shows(element, 'begin-button'), 'button')
      await press(element, 'begin-button', 'topic-form')
      await until(() => focusedIn(element)?.matches('[name=title]'), 'focus')
      await expect(element).to.be.accessible()
      find<HTMLInputElement>(element, '[name=title]')!.value = title
      find<HTMLTextAreaElement>(element, '[name=text]')!.value = `About ${title}`
      part(element, 'start-button')!.click()
      await until(() => textOf(part(element, 'topic-title')) === title, 'topic')
      await until(
        () =>
          messagesOf(element)
            .map((one) => textOf(one.querySelector('[part~=text]')))
            .join() === `About ${title}`,
        'its message',
      )
    }
    expect(shows(element, 'composer')).to.equal(true)
    await expect(element).to.be.accessible()
    await press(element, 'topics-button', 'found')
    expect(foundIn(element).map(textOf)[0]).to.contain('All topics')
    foundIn(element)
      .find((one) => textOf(one).includes('Boots'))!
      .click()
    await until(() => textOf(part(element, 'topic-title')) === 'Boots', 'other topic')
    part(element, 'all-topics-button')!.click()
    await until(() => messagesOf(element).length === 2, 'all of it')
  })

  it('fits into 240 pixels, and reads from right to left', async () => {
    const id = await openChannel()
    await say('talker-2', id, `Donaudampfschifffahrtsgesellschaft ${'lang'.repeat(30)}`)
    const element = await ready(id, { width: 240, attributes: { locale: 'ar' } })
    await until(() => find(element, '.base')!.dir === 'rtl', 'direction')
    await press(element, 'find-button', 'search-input')
    await look(element, 'Donau')
    await until(() => foundIn(element).length === 1, 'result')
    const body = find(element, '.dialog-body')!
    expect(body.scrollWidth).to.be.at.most(body.clientWidth)
    const left = (selector: string) => foundIn(element)[0]!.querySelector(selector)!.getBoundingClientRect().left
    expect(left('.avatar')).to.be.above(left('.what'))
  })
})
