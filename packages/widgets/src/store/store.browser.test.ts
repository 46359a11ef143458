import { expect, oneEvent } from '@open-wc/testing'
import { sendKeys } from '@web/test-runner-commands'
import {
  cardOf,
  cardsOf,
  find,
  freshApi,
  part,
  shiftsDuring,
  shop,
  shows,
  site,
  textOf,
  until,
  world,
} from '../../../../test/helpers/browser.js'
import type { RaiStore, RaiWishRequestEvent } from '../index.js'

const noteOf = (element: Element, name: string) => textOf(cardOf(element, name).querySelector('[part=note]'))
const namesOf = (element: Element) => cardsOf(element).map((card) => textOf(card.querySelector('[part=name]')))
const change = (name: string, what: object) => site('/change', { name, change: JSON.stringify(what) })

/** A store whose filters are there. */
async function filtered(wanted: Parameters<typeof shop>[0]) {
  const element = await shop(wanted)
  await until(() => part(element, 'search-input'), 'search box')
  return element
}

async function opened(element: RaiStore, name: string) {
  await until(() => cardOf(element, name), name)
  cardOf(element, name).querySelector<HTMLElement>('[part=open-button]')!.click()
  await until(() => find<HTMLDialogElement>(element, 'dialog')?.open, 'dialog')
}

describe('<rai-store>', () => {
  it('shows what there is, what it costs, and what each item is for the member', async () => {
    const element = await shop({ member: 'shopper-1' })
    await until(() => part(element, 'wish-button'), 'hearts')
    expect(textOf(part(element, 'title'))).to.equal('The hut')
    expect(textOf(cardOf(element, 'Wool socks').querySelector('[part=price]'))).to.equal('150 Coins Before 200')
    expect(textOf(cardOf(element, 'Donation').querySelector('[part=price]'))).to.equal('10 to 500 Coins')
    const states = Object.fromEntries(
      ['Enamel mug', 'Wool socks', 'Tent', 'Lantern', 'Rope', 'Summer hat'].map((name) => [
        name,
        noteOf(element, name),
      ]),
    )
    expect(states).to.deep.equal({
      'Enamel mug': '',
      'Wool socks': 'Only 3 left',
      Tent: '4,000 Coins to go',
      Lantern: 'Sold out',
      Rope: 'Locked: 500 XP to go',
      'Summer hat': 'No longer sold',
    })
    expect(noteOf(element, 'Winter hat')).to.match(/^From \w+ \d+/)
    await until(() => part(element, 'balance')!.textContent!.includes('1,000'), 'balance')
    await expect(element).to.be.accessible()
  })

  it('calls one of the currency by the name that goes with one', async () => {
    const element = await shop({ attributes: { sort: 'price_asc' } })
    const prices = cardsOf(element).map((card) => textOf(card.querySelector('[part=price]')))
    expect(prices.slice(0, 2)).to.deep.equal(['1 Coin', '2 Coins'])
  })

  for (const [look, width, attributes] of [
    ['narrow and dark', 240, { theme: 'dark' }],
    ['as a list', 420, { layout: 'list' }],
    ['wide', 1000, {}],
    ['from right to left', 600, { locale: 'ar' }],
  ] as const)
    it(`is accessible ${look}, and nothing stands out of it`, async () => {
      const element = await filtered({ width, attributes })
      const { left, right } = element.getBoundingClientRect()
      const outside = cardsOf(element).filter((card) => {
        const box = card.getBoundingClientRect()
        return box.left < left || box.right > right
      })
      expect(outside.length).to.equal(0)
      await expect(element).to.be.accessible()
    })

  it('moves nothing on the page when its items arrive', async () => {
    const shifts = await shiftsDuring(async () => {
      const element = await shop({ member: 'shopper-2' })
      await until(() => part(element, 'wish-button'), 'hearts')
      await until(() => part(element, 'search-input'), 'filters')
    })
    expect(shifts).to.deep.equal([])
  })

  it('shows names as text', async () => {
    const element = await shop()
    await until(() => namesOf(element).some((name) => name.includes('<img src=x onerror=alert(1)>')), 'name')
  })

  it('asks for more as one scrolls, until all are there', async () => {
    const element = await shop()
    const scroller = part(element, 'list')!
    await until(() => {
      scroller.scrollTop = scroller.scrollHeight
      return cardsOf(element).length === 55
    }, 'all items')
    expect(cardsOf(element).at(-1)!.getAttribute('aria-posinset')).to.equal('55')
    expect(new Set(namesOf(element)).size).to.equal(55)
  })

  it('narrows down by category, and takes it back where nothing is found', async () => {
    const element = await filtered({ width: 420 })
    const [, , vouchers] = element.shadowRoot!.querySelectorAll<HTMLElement>('[role=tab]')
    vouchers!.click()
    await until(() => cardsOf(element).length === 1, 'vouchers')
    expect(namesOf(element)).to.deep.equal(['Hut voucher'])
    part(element, 'search-input')!.focus()
    await sendKeys({ type: 'socks' })
    await until(() => part(element, 'show-all-button'), 'nothing found')
    await expect(element).to.be.accessible()
    part(element, 'show-all-button')!.click()
    await until(() => cardsOf(element).length > 20, 'everything')
    expect(find<HTMLInputElement>(element, '[part=search-input]')!.value).to.equal('')
  })

  it('sorts, and shows only what the member can afford', async () => {
    const element = await filtered({ width: 900, member: 'shopper-3' })
    const sort = part<HTMLSelectElement>(element, 'sort')!
    sort.value = 'price_desc'
    sort.dispatchEvent(new Event('change'))
    await until(() => namesOf(element)[0] === 'Tent', 'dearest first')
    part(element, 'filter')!.click()
    await until(() => namesOf(element)[0] === 'Hut voucher', 'affordable')
    expect(part(element, 'filter')!.ariaPressed).to.equal('true')
  })

  it('follows the stock and the price live', async () => {
    const element = await shop()
    await change('Badge', { stock: 2 })
    await until(() => noteOf(element, 'Badge') === 'Only 2 left', 'stock')
    await change('Badge', { stock: 0 })
    await until(() => noteOf(element, 'Badge') === 'Sold out', 'sold out')
    await change('Badge', { stock: null })
    await until(() => noteOf(element, 'Badge') === '', 'in stock')
  })

  it('says what comes besides what the member has, as soon as it does', async () => {
    const element = await shop({ member: 'shopper-30' })
    await until(() => part(element, 'balance'), 'balance')
    expect(part(element, 'coming')).to.equal(null)
    await site('/give', { member: 'shopper-30', amount: '9000' })
    await until(() => part(element, 'coming'), 'what comes')
    expect(textOf(part(element, 'coming'))).to.match(/^25 Coins to claim until \w+ \d+/)
    await expect(element).to.be.accessible()
  })

  it('saves for an item and forgets it, unless the page says no', async () => {
    const element = await shop({ member: 'shopper-4' })
    const heart = () => cardOf(element, 'Tent').querySelector<HTMLElement>('[part=wish-button]')
    await until(heart, 'heart')
    const asked: string[] = []
    element.addEventListener('rai-wish-request', (event: RaiWishRequestEvent) => {
      asked.push(event.change)
      if (asked.length === 1) event.preventDefault()
    })
    heart()!.click()
    expect(heart()!.ariaPressed).to.equal('false')
    heart()!.click()
    await until(() => heart()!.ariaPressed === 'true', 'saved')
    await until(() => textOf(find(element, '[role=status]')) === 'Saved', 'voice')
    heart()!.click()
    await until(() => heart()!.ariaPressed === 'false', 'forgotten')
    expect(asked).to.deep.equal(['save', 'save', 'drop'])
  })

  it('tells who asked when an item is back', async () => {
    const element = await shop({ member: 'shopper-5' })
    await until(() => part(element, 'wish-button'), 'hearts')
    await opened(element, 'Lantern')
    await until(() => part(element, 'notify-button'), 'button')
    part(element, 'notify-button')!.click()
    await until(() => part(element, 'notify-button')?.ariaPressed === 'true', 'asked')
    await expect(element).to.be.accessible()
    await sendKeys({ press: 'Escape' })
    await change('Lantern', { stock: 50 })
    await until(() => noteOf(element, 'Lantern') === 'Back in stock', 'news')
    await change('Lantern', { stock: 0 })
    await until(() => noteOf(element, 'Lantern') === 'Sold out', 'sold out again')
  })

  it('lets guests look, asks them to sign in, and keeps what they chose until they have', async () => {
    const api = await freshApi()
    const guest = await shop({ api, content: '<a slot="sign-in" href="/login">Join us</a>' })
    expect(guest.querySelector('a')!.checkVisibility()).to.equal(true)
    await opened(guest, 'Enamel mug')
    expect(textOf(part(guest, 'dialog'))).to.contain('Sign in to get this. It waits here for you.')
    expect(guest.querySelector('a')!.checkVisibility()).to.equal(true)
    expect([shows(guest, 'buy-button'), shows(guest, 'wish-button')]).to.deep.equal([false, false])
    await expect(guest).to.be.accessible()
    // The page goes to its sign-in, and comes back with another element.
    guest.remove()
    const member = await shop({ api, member: 'shopper-6' })
    await until(() => shows(member, 'buy-button'), 'item')
    expect(textOf(part(member, 'dialog-title'))).to.equal('Enamel mug')
  })

  it('offers nothing that only members can do where the site names nobody', async () => {
    const element = await shop({ member: 'shopper-8' })
    await until(() => shows(element, 'wish-button'), 'member')
    element.getToken = async () => null
    await until(() => shows(element, 'sign-in') && cardsOf(element).length > 0, 'guest')
    expect([shows(element, 'wish-button'), shows(element, 'orders-button')]).to.deep.equal([false, false])
  })

  it('says why there is nothing, with a way on', async () => {
    const api = await freshApi()
    await api.fail('error500')
    const element = document.createElement('rai-store')
    Object.assign(element, { apiUrl: api.url, apiKey: world.shopKey })
    document.body.append(element)
    try {
      await until(() => part(element, 'retry-button'), 'words')
      expect(element.matches(':state(error)')).to.equal(true)
      await expect(element).to.be.accessible()
      await api.mend()
      part(element, 'retry-button')!.click()
      await until(() => cardsOf(element).length > 0, 'items')
    } finally {
      element.remove()
    }
  })

  it('keeps what it has while the API fails, and says of when it is', async () => {
    const api = await freshApi()
    const element = await shop({ api })
    const failed = oneEvent(element, 'rai-error')
    await api.fail('error500')
    await change('Sticker 01', { price: 2 })
    await failed
    await until(() => element.matches(':state(stale)'), 'state')
    expect(cardsOf(element).length).to.be.above(0)
    await until(() => textOf(part(element, 'footer')).startsWith('As of'), 'time')
    await expect(element).to.be.accessible()
  })

  it('goes on after being moved', async () => {
    const element = await shop({ member: 'shopper-7' })
    const box = document.createElement('div')
    element.parentElement!.append(box)
    box.append(element)
    await until(() => cardsOf(element).length > 0, 'items')
    await opened(element, 'Enamel mug')
    element.remove()
    box.append(element)
    await until(() => cardsOf(element).length > 0, 'items')
    expect(find(element, 'dialog') === null).to.equal(true)
  })
})
