import { expect } from '@open-wc/testing'
import { engine, find, part, socials, textOf, until } from '../../../../test/helpers/browser.js'

const byTitle = (element: Element, title: string) =>
  [...element.shadowRoot!.querySelectorAll<HTMLElement>('[part=quest]')].find((quest) =>
    textOf(quest.querySelector('[part=quest-button]')).includes(title),
  )

describe('<rai-socials> in every browser', () => {
  it('shows quests, opens one and claims it once', async () => {
    const element = await socials({ member: `doer-${20 + engine}` })
    await until(() => byTitle(element, 'Come by every day'), 'quests')
    await expect(element).to.be.accessible()
    byTitle(element, 'Come by every day')!.querySelector<HTMLElement>('[part=quest-button]')!.click()
    await until(() => part(element, 'claim-button')?.ariaDisabled === 'false', 'claim button')
    for (let n = 0; n < 3; n++) part(element, 'claim-button')?.click()
    await until(() => textOf(part(element, 'state')).startsWith('Done'), 'end')
    expect(textOf(part(element, 'message'))).to.match(/^You got 1 /)
  })

  it('speaks and writes from right to left', async () => {
    const element = await socials({ attributes: { locale: 'ar' } })
    await until(() => find(element, '.base')!.dir === 'rtl', 'direction')
    await until(() => byTitle(element, 'Visit our workshop'), 'quests')
    const row = byTitle(element, 'Visit our workshop')!
    const left = (name: string) => row.querySelector(`[part=${name}]`)!.getBoundingClientRect().left
    expect(left('quest-button')).to.be.above(left('reward'))
  })
})
