import { expect } from '@open-wc/testing'
import { cardOf, cardsOf, find, part, shop, site, textOf, until } from '../../../../test/helpers/browser.js'

describe('<rai-store> in every browser', () => {
  it('shows items, opens one in a dialog and buys it once', async () => {
    const element = await shop({ member: 'shopper-40' })
    await expect(element).to.be.accessible()
    cardOf(element, 'Enamel mug').querySelector<HTMLElement>('[part=open-button]')!.click()
    await until(() => part(element, 'buy-button'), 'item')
    expect(find<HTMLDialogElement>(element, 'dialog')!.open).to.equal(true)
    const before = await site<number>('/orders', { member: 'shopper-40' })
    part(element, 'buy-button')!.click()
    await until(() => part(element, 'confirm-button')?.ariaDisabled === 'false', 'price')
    for (let n = 0; n < 3; n++) part(element, 'confirm-button')?.click()
    await until(() => textOf(part(element, 'dialog')).includes('It is yours'), 'result')
    expect(await site<number>('/orders', { member: 'shopper-40' })).to.equal(before + 1)
    part(element, 'back-button')!.click()
    await until(() => find(element, 'dialog') === null, 'end')
  })

  it('speaks and writes from right to left', async () => {
    const element = await shop({ attributes: { locale: 'ar' } })
    await until(() => find(element, '.base')!.dir === 'rtl', 'direction')
    const [first, second] = cardsOf(element).map((card) => card.getBoundingClientRect().left)
    expect(first! > second!).to.equal(true)
    // A name of the other direction begins where the lines below it do.
    const mug = cardOf(element, 'Enamel mug')
    const name = document.createRange()
    name.selectNodeContents(mug.querySelector('[part=name]')!)
    const edges = [name, mug.querySelector('[part=price]')!].map((line) => line.getBoundingClientRect().right)
    expect(edges[0]).to.be.closeTo(edges[1]!, 1)
  })
})
