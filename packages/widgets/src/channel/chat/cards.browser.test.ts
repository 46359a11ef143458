import { expect } from '@open-wc/testing'
import {
  cardsOf,
  channel,
  find,
  messagesOf,
  openChannel,
  part,
  say,
  textOf,
  until,
  type Wanted,
  world,
} from '../../../../../test/helpers/browser.js'
import type { RaiChannel } from '../../index.js'

const page = (said: Record<string, string>) => `${world.pagesUrl}/page?${new URLSearchParams(said)}`
const release = () => fetch(`${world.pagesUrl}/release`)
const logOf = (element: Element) => find(element, '.log')!
const frame = () => new Promise(requestAnimationFrame)

async function ready(id: string, { attributes, ...wanted }: Wanted = {}) {
  const element = await channel({ member: 'talker-1', ...wanted, attributes: { channel: id, ...attributes } })
  await until(() => messagesOf(element).length > 0, 'messages')
  return element
}

/** A channel that shows the card of a page. */
async function withCard(said: Record<string, string>, wanted: Wanted = {}) {
  const id = await openChannel()
  const url = page(said)
  await say('talker-2', id, `Look: ${url}`)
  const element = await ready(id, wanted)
  await until(() => cardsOf(element).length === 1, 'card')
  const [card] = cardsOf(element) as [HTMLAnchorElement]
  return { element, card, url }
}

/** The text of a message, as it stands in the window. */
const textIn = (element: Element, begins: string) =>
  messagesOf(element)
    .flatMap((one) => [...one.querySelectorAll('[part~=text]')])
    .find((one) => textOf(one).startsWith(begins))!

describe('<rai-channel> whose messages link to pages', () => {
  it('shows what a page says of itself as one link, with a picture that comes from the API', async () => {
    const said = { title: 'The larch loop', description: 'Eleven kilometres', site: 'Trails', image: '640x320' }
    const { element, card, url } = await withCard(said)
    expect([card.href, card.rel, card.target]).to.deep.equal([url, 'noopener noreferrer nofollow ugc', '_blank'])
    expect(textOf(card)).to.equal('Trails · 127.0.0.1 The larch loop Eleven kilometres')
    const image = card.querySelector('img')!
    expect(new URL(image.src).pathname).to.match(/^\/images\/.*\.webp$/)
    expect(image.src).not.to.contain(world.pagesUrl)
    await until(() => image.complete && image.naturalWidth === 512, 'picture')
    expect(image.referrerPolicy).to.equal('no-referrer')
    await expect(element).to.be.accessible()
  })

  it('draws what a page says, whatever that is, as words', async () => {
    const title = '<img src=x onerror=alert(1)>'
    const { element, card } = await withCard({ title, description: '</a><script>alert(1)</script>' })
    expect(textOf(card.querySelector('.card-title'))).to.equal(title)
    expect(textOf(card.querySelector('.card-text'))).to.equal('</a><script>alert(1)</script>')
    expect(card.querySelectorAll('img, script')).to.have.length(0)
    await expect(element).to.be.accessible()
  })

  it('is as high with a picture as without, with many words as with few, and fits into 240 pixels', async () => {
    const long = 'Donaudampfschifffahrtsgesellschaft '.repeat(12)
    const few = await withCard({ title: 'Few' }, { width: 240 })
    const many = await withCard({ title: long, description: long, site: long, image: '300x900' }, { width: 240 })
    expect(many.card.offsetHeight).to.equal(few.card.offsetHeight)
    expect(logOf(many.element).scrollWidth).to.be.at.most(240)
    await expect(many.element).to.be.accessible()
  })

  it('follows with its lower edge when a card comes there', async () => {
    const id = await openChannel()
    await say('talker-3', id, 'Line {n}', 30)
    await say('talker-3', id, page({ title: 'Last', held: '1' }))
    const element = await ready(id)
    await release()
    await until(() => cardsOf(element).length === 1, 'card')
    await frame()
    await frame()
    const { scrollHeight, scrollTop, clientHeight } = logOf(element)
    expect(scrollHeight - scrollTop - clientHeight).to.be.below(4)
  })

  for (const [where, top, read] of [
    ['above', 'Line 9', 'Line 9'],
    ['below', 'Before 9', 'Before 10'],
    ['in what one reads first', 'Here', 'Here'],
  ] as const)
    it(`keeps what one reads where it is when a card comes ${where}`, async () => {
      const id = await openChannel()
      await say('talker-3', id, 'Before {n}', 12)
      await say('talker-3', id, `Here: ${page({ title: 'Held', image: '640x320', held: where })}`)
      await say('talker-3', id, 'Line {n}', 40)
      const element = await ready(id)
      const log = logOf(element)
      log.scrollTop += textIn(element, top).getBoundingClientRect().top - log.getBoundingClientRect().top + 1
      await until(() => part(element, 'jump-button'), 'way down')
      const before = textIn(element, read).getBoundingClientRect().top
      await release()
      await until(() => cardsOf(element).length === 1, 'card')
      for (let n = 0; n < 3; n++) await frame()
      expect(Math.abs(textIn(element, read).getBoundingClientRect().top - before)).to.be.below(2)
    })

  it('is taken off by the author of its message', async () => {
    const id = await openChannel()
    await say('talker-1', id, page({ title: 'Mine' }))
    const element: RaiChannel = await ready(id)
    await until(() => cardsOf(element).length === 1, 'card')
    const [message] = messagesOf(element) as [HTMLElement]
    await until(() => {
      message.dispatchEvent(new PointerEvent('pointerenter'))
      return message.querySelector('[part~=menu-button]')
    }, 'menu button')
    message.querySelector<HTMLElement>('[part~=menu-button]')!.click()
    const item = () =>
      [...element.shadowRoot!.querySelectorAll<HTMLElement>('[part~=menu-item]')].find(
        (one) => textOf(one) === 'Remove link preview',
      )
    await until(item, 'item')
    item()!.click()
    await until(() => cardsOf(element).length === 0, 'end of the card')
  })
})
