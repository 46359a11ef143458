import { expect, oneEvent } from '@open-wc/testing'
import { sendKeys } from '@web/test-runner-commands'
import {
  cardOf,
  find,
  freshApi,
  part,
  shop,
  shows,
  site,
  textOf,
  tokenUrlOf,
  until,
} from '../../../../test/helpers/browser.js'
import type { RaiRedeemEvent, RaiRedeemRequestEvent, RaiStore } from '../index.js'

const orders = (member: string) => site<number>('/orders', { member })
const change = (name: string, what: object) => site('/change', { name, change: JSON.stringify(what) })
const fact = (element: Element, name: string) => textOf(find(element, `[part=summary] .${name} dd`))
const focused = (element: Element) => element.shadowRoot!.activeElement?.getAttribute('part')

async function opened(element: RaiStore, name: string) {
  await until(() => cardOf(element, name), name)
  cardOf(element, name).querySelector<HTMLElement>('[part=open-button]')!.focus()
  cardOf(element, name).querySelector<HTMLElement>('[part=open-button]')!.click()
  await until(() => find<HTMLDialogElement>(element, 'dialog')?.open, 'dialog')
}

const isQuoted = (element: Element) => part(element, 'confirm-button')?.ariaDisabled === 'false'

/** At the confirmation of an item, with its price. */
async function confirming(element: RaiStore, name: string) {
  await opened(element, name)
  await until(() => part(element, 'buy-button'), 'button')
  part(element, 'buy-button')!.click()
  await until(() => isQuoted(element), 'price')
}

const isBought = (element: Element) => textOf(part(element, 'dialog')).includes('It is yours')

/** Whether an order whose end is not known is kept. */
const isKept = () => Object.keys(localStorage).some((name) => name.startsWith('rai.store.intents'))

describe('buying in <rai-store>', () => {
  it('shows what it costs and what is left, buys it once however it is pressed, and says so', async () => {
    const element = await shop({ member: 'shopper-10' })
    const asked: number[] = []
    element.addEventListener('rai-redeem-request', ({ price }: RaiRedeemRequestEvent) => asked.push(price))
    const redeemed = oneEvent(element, 'rai-redeem') as unknown as Promise<RaiRedeemEvent>
    await opened(element, 'Enamel mug')
    expect(focused(element)).to.equal('close-button')
    await expect(element).to.be.accessible()
    await until(() => part(element, 'buy-button'), 'button')
    part(element, 'buy-button')!.click()
    await until(() => isQuoted(element), 'price')
    expect([fact(element, 'cost'), fact(element, 'have'), fact(element, 'left')]).to.deep.equal([
      '300 Coins',
      '1,000 Coins',
      '700 Coins',
    ])
    expect(focused(element)).to.equal('back-button')
    await expect(element).to.be.accessible()
    const confirm = part(element, 'confirm-button')!
    for (let n = 0; n < 5; n++) confirm.click()
    const { order } = await redeemed
    expect(order.item.name).to.equal('Enamel mug')
    await until(() => isBought(element), 'result')
    await until(() => textOf(part(element, 'balance')).includes('700'), 'balance')
    await expect(element).to.be.accessible()
    expect([asked, await orders('shopper-10')]).to.deep.equal([[300], 1])
  })

  it('buys nothing by a key that is held from the card on, nor by a double click', async () => {
    const element = await shop({ member: 'shopper-11' })
    await confirming(element, 'Enamel mug')
    const confirm = part(element, 'confirm-button')!
    confirm.dispatchEvent(new MouseEvent('click', { detail: 2, bubbles: true, composed: true }))
    const held = new KeyboardEvent('keydown', {
      key: 'Enter',
      repeat: true,
      bubbles: true,
      composed: true,
      cancelable: true,
    })
    expect(confirm.dispatchEvent(held)).to.equal(false)
    expect([isQuoted(element), await orders('shopper-11')]).to.deep.equal([true, 0])
  })

  it('keeps the focus inside, closes by Escape, and gives the focus back', async () => {
    const element = await shop({ member: 'shopper-12' })
    await confirming(element, 'Enamel mug')
    for (let n = 0; n < 6; n++) {
      await sendKeys({ press: 'Tab' })
      const { activeElement } = element.shadowRoot!
      expect(!activeElement || !!activeElement.closest('dialog')).to.equal(true)
    }
    await sendKeys({ press: 'Escape' })
    await until(() => find(element, 'dialog') === null, 'end')
    expect(textOf(element.shadowRoot!.activeElement)).to.equal('Enamel mug')
    expect(await orders('shopper-12')).to.equal(0)
  })

  it('buys nothing where the page says no', async () => {
    const element = await shop({ member: 'shopper-13' })
    element.addEventListener('rai-redeem-request', (event) => event.preventDefault())
    await confirming(element, 'Enamel mug')
    part(element, 'confirm-button')!.click()
    expect([isQuoted(element), await orders('shopper-13')]).to.deep.equal([true, 0])
  })

  it('shows a price that has changed, and charges nothing before it is confirmed', async () => {
    const element = await shop({ member: 'shopper-14' })
    await confirming(element, 'Sticker 10')
    await change('Sticker 10', { price: 25 })
    part(element, 'confirm-button')!.click()
    await until(() => part(element, 'alert'), 'news')
    expect(textOf(part(element, 'alert'))).to.equal(
      'The price has changed from 10 Coins to 25 Coins. Nothing has been charged.',
    )
    expect([fact(element, 'cost'), await orders('shopper-14')]).to.deep.equal(['25 Coins', 0])
    await expect(element).to.be.accessible()
    part(element, 'confirm-button')!.click()
    await until(() => isBought(element), 'result')
    expect(await orders('shopper-14')).to.equal(1)
  })

  it('says why it was refused, in the member’s words', async () => {
    const element = await shop({ member: 'shopper-15' })
    await confirming(element, 'Sticker 09')
    await change('Sticker 09', { stock: 0 })
    part(element, 'confirm-button')!.click()
    await until(() => part(element, 'alert'), 'news')
    expect(textOf(part(element, 'alert')))
      .to.contain('It has just sold out')
      .and.contain('Nothing has been charged.')
    await expect(element).to.be.accessible()
    await change('Sticker 09', { stock: null })
  })

  it('finds an order that came through though its answer was lost', async () => {
    const api = await freshApi()
    const element = await shop({ api, member: 'shopper-16' })
    await confirming(element, 'Enamel mug')
    await api.fail('lost', '/store/orders')
    part(element, 'confirm-button')!.click()
    await until(() => textOf(part(element, 'dialog')).includes('We do not know yet'), 'words')
    await expect(element).to.be.accessible()
    await api.mend('/store/orders')
    part(element, 'retry-button')!.click()
    await until(() => isBought(element), 'result')
    expect(await orders('shopper-16')).to.equal(1)
  })

  it('sends an order again that never came through, when the member says so', async () => {
    const api = await freshApi()
    const element = await shop({ api, member: 'shopper-17' })
    await confirming(element, 'Enamel mug')
    await api.fail('error500', '/store/orders')
    part(element, 'confirm-button')!.click()
    await until(() => textOf(part(element, 'dialog')).includes('We do not know yet'), 'words')
    await api.mend('/store/orders')
    part(element, 'retry-button')!.click()
    await until(() => shows(element, 'confirm-button'), 'way to send it again')
    expect(await orders('shopper-17')).to.equal(0)
    await expect(element).to.be.accessible()
    part(element, 'confirm-button')!.click()
    await until(() => isBought(element), 'result')
    expect(await orders('shopper-17')).to.equal(1)
  })

  it('shows after a reload what became of an order that was under way', async () => {
    const api = await freshApi()
    const element = await shop({ api, member: 'shopper-18' })
    await confirming(element, 'Enamel mug')
    await api.fail('lost', '/store/orders')
    part(element, 'confirm-button')!.click()
    await until(() => textOf(part(element, 'dialog')).includes('We do not know yet'), 'words')
    element.remove()
    expect(isKept()).to.equal(true)
    await api.mend('/store/orders')
    const other = await shop({ member: 'shopper-24' })
    await until(() => textOf(part(other, 'balance')).includes('1,000'), 'balance')
    await confirming(other, 'Enamel mug')
    expect([fact(other, 'have'), await orders('shopper-24')]).to.deep.equal(['1,000 Coins', 0])
    other.remove()
    const after = await shop({ member: 'shopper-18' })
    await until(() => isBought(after), 'result')
    expect(await orders('shopper-18')).to.equal(1)
    expect(isKept()).to.equal(false)
  })

  it('does not say that nothing was charged when an order is sent again and what answers is not the order', async () => {
    const api = await freshApi()
    const element = await shop({ api, member: 'shopper-25' })
    await confirming(element, 'Enamel mug')
    await api.fail('error500', '/store/orders')
    part(element, 'confirm-button')!.click()
    await until(() => textOf(part(element, 'dialog')).includes('We do not know yet'), 'words')
    await api.mend('/store/orders')
    part(element, 'retry-button')!.click()
    await until(() => shows(element, 'confirm-button'), 'way to send it again')
    await api.fail('refused403', '/store/orders')
    part(element, 'confirm-button')!.click()
    const text = () => textOf(part(element, 'dialog'))
    await until(() => !shows(element, 'confirm-button') && text().includes('We do not know yet'), 'words')
    expect(text()).not.to.contain('Nothing has been charged')
    await api.mend('/store/orders')
    part(element, 'retry-button')!.click()
    await until(() => shows(element, 'confirm-button'), 'way to send it again')
    part(element, 'confirm-button')!.click()
    await until(() => isBought(element), 'result')
    expect(await orders('shopper-25')).to.equal(1)
  })

  it('closes for another person what was being bought', async () => {
    const element = await shop({ member: 'shopper-26' })
    await confirming(element, 'Printed map')
    element.tokenUrl = tokenUrlOf('shopper-27')
    await until(() => find(element, 'dialog') === null, 'end')
    await confirming(element, 'Printed map')
    expect(await orders('shopper-26')).to.equal(0)
  })

  it('buys once in two tabs', async () => {
    const [one, two] = [await shop({ member: 'shopper-19' }), await shop({ member: 'shopper-19' })]
    await confirming(one, 'Enamel mug')
    await confirming(two, 'Enamel mug')
    part(one, 'confirm-button')!.click()
    await until(() => isBought(one) && isBought(two), 'result in both')
    expect(await orders('shopper-19')).to.equal(1)
  })

  it('lets the member choose what to pay, in steps', async () => {
    const element = await shop({ member: 'shopper-20' })
    await opened(element, 'Donation')
    await until(() => part(element, 'amount'), 'amount')
    const number = find<HTMLInputElement>(element, '[part=amount] [type=number]')!
    number.value = '123'
    number.dispatchEvent(new Event('change'))
    await element.updateComplete
    expect(find<HTMLInputElement>(element, '[part=amount] [type=range]')!.value).to.equal('120')
    await expect(element).to.be.accessible()
    part(element, 'buy-button')!.click()
    await until(() => isQuoted(element), 'price')
    expect(fact(element, 'cost')).to.equal('120 Coins')
  })

  it('asks what the operator wants to know, and points at what is missing', async () => {
    const element = await shop({ member: 'shopper-21' })
    await confirming(element, 'Printed map')
    part(element, 'confirm-button')!.click()
    await until(() => textOf(part(element, 'field')).includes('Please answer this.'), 'words')
    expect(element.shadowRoot!.activeElement?.id).to.equal('question-address')
    await expect(element).to.be.accessible()
    await sendKeys({ type: '1 Hut Lane' })
    part(element, 'confirm-button')!.click()
    await until(() => isBought(element), 'result')
    expect(textOf(part(element, 'dialog'))).to.contain('1 Hut Lane')
  })

  it('shows a code when asked, and keeps it out of the page’s address and storage', async () => {
    const element = await shop({ member: 'shopper-22' })
    await opened(element, 'Hut voucher')
    await until(() => part(element, 'buy-button'), 'button')
    const untilWhen = textOf(part(element, 'good-until'))
    expect(untilWhen).to.match(/^What you get is good until .*\d/)
    part(element, 'buy-button')!.click()
    await until(() => isQuoted(element), 'price')
    expect(textOf(part(element, 'good-until'))).to.equal(untilWhen)
    part(element, 'confirm-button')!.click()
    await until(() => part(element, 'reveal-button'), 'button')
    expect(textOf(part(element, 'dialog')))
      .to.contain('Show it at the door.')
      .and.not.match(/HUT-\d+-OK/)
    part(element, 'reveal-button')!.click()
    await until(() => part(element, 'code'), 'code')
    const code = textOf(part(element, 'code'))
    expect(code).to.match(/^HUT-\d+-OK$/)
    expect(location.href + JSON.stringify({ ...sessionStorage, ...localStorage })).not.to.contain(code)
    await until(() => focused(element) === 'copy-button', 'focus')
    await expect(element).to.be.accessible()
  })

  it('leads to what was bought where that lies elsewhere, or where its code is an address', async () => {
    const element = await shop({ member: 'shopper-32', attributes: { sort: 'newest' } })
    for (const [name, address] of [
      ['Trail tracks', /^https:\/\/files.example.com\/tracks.zip$/],
      ['Summit film', /^https:\/\/films.example.com\/(\d)\?pass=only-\1$/],
    ] as const) {
      await confirming(element, name)
      expect(part(element, 'item-link')).to.equal(null)
      part(element, 'confirm-button')!.click()
      await until(() => isBought(element), 'result')
      part(element, 'reveal-button')?.click()
      await until(() => part(element, 'item-link'), 'link')
      const link = part<HTMLAnchorElement>(element, 'item-link')!
      expect(link.href).to.match(address)
      expect([link.target, link.rel, textOf(link)]).to.deep.equal([
        '_blank',
        'noopener noreferrer',
        'Open what you got (opens in a new tab)',
      ])
      part(element, 'back-button')!.click()
      await until(() => find(element, 'dialog') === null, 'end')
    }
  })

  it('shows what was bought: a list to search, and each by itself', async () => {
    const element = await shop({ member: 'shopper-23' })
    await until(() => part(element, 'orders-button'), 'button')
    part(element, 'orders-button')!.click()
    await until(() => textOf(part(element, 'dialog')).includes('Nothing yet'), 'words for none')
    await expect(element).to.be.accessible()
    await sendKeys({ press: 'Escape' })
    await until(() => find(element, 'dialog') === null, 'end')
    for (const name of ['Sticker 02', 'Sticker 03']) {
      await confirming(element, name)
      part(element, 'confirm-button')!.click()
      await until(() => isBought(element), 'result')
      part(element, 'back-button')!.click()
      await until(() => find(element, 'dialog') === null, 'end')
    }
    part(element, 'orders-button')!.click()
    const lines = () => [...element.shadowRoot!.querySelectorAll('[part=order]')]
    await until(() => lines().length === 2, 'orders')
    expect(textOf(lines()[0]!)).to.match(/^S Sticker 03 .* · 3 Coins/)
    await expect(element).to.be.accessible()
    find(element, 'dialog [part=search-input]')!.focus()
    await sendKeys({ type: '02' })
    await until(() => lines().length === 1, 'one found')
    find(element, '[part=order] [part=open-button]')!.click()
    await until(() => textOf(part(element, 'dialog-title')) === 'Sticker 02', 'order')
    expect(focused(element)).to.equal('back-button')
    await expect(element).to.be.accessible()
    part(element, 'back-button')!.click()
    await until(() => lines().length === 1, 'list')
  })
})
