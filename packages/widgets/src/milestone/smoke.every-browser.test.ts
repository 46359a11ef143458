import { expect } from '@open-wc/testing'
import {
  engine,
  find,
  freshApi,
  isAtRest,
  milestones,
  part,
  textOf,
  until,
  type Wanted,
  world,
} from '../../../../test/helpers/browser.js'

const { ids } = world.milestones
const cardsOf = (element: Element) => [...element.shadowRoot!.querySelectorAll<HTMLElement>('[part~="milestone"]')]
const opener = (element: Element, name: string) => find(element, `[data-id="${ids[name]}"] [part~="milestone-button"]`)!

async function loaded(wanted: Wanted = {}) {
  const element = await milestones(wanted)
  await until(() => !element.matches(':state(loading)'), 'milestones')
  await until(() => find(element, '[role=status]'), 'hands')
  return element
}

describe('<rai-milestone> in every browser', () => {
  it('shows what there is, and how far its member is', async () => {
    const element = await loaded({ member: 'walker-5' })
    expect(cardsOf(element)).to.have.length(7)
    expect(textOf(cardsOf(element)[0]!)).to.contain('1 of 3 stages done')
    await expect(element).to.be.accessible()
  })

  it('opens one as a path over the page, as wide as a phone', async () => {
    const element = await loaded({ member: 'walker-5', width: 320 })
    opener(element, 'Long trail').click()
    await until(() => part(element, 'path'), 'path')
    expect(textOf(part(element, 'dialog-title'))).to.equal('🥾 Long trail')
    // What fades in has no contrast yet.
    await until(() => isAtRest(element), 'rest')
    await expect(element).to.be.accessible()
    part(element, 'close-button')!.click()
    await until(() => !part(element, 'dialog'), 'end')
  })

  it('claims', async () => {
    const element = await loaded({
      member: `walker-${6 + engine}`,
      attributes: { milestone: ids.Gift!, celebrate: 'off' },
    })
    part(element, 'claim-button')!.click()
    await until(() => textOf(part(element, 'stage-button')).endsWith('Claimed'), 'claimed')
  })

  it('tells a failure and tries again when asked to', async () => {
    const api = await freshApi()
    await api.fail('error500')
    const element = await milestones({ api })
    await until(() => part(element, 'retry-button'), 'retry button')
    expect(element.matches(':state(error)')).to.equal(true)
    await api.mend()
    part(element, 'retry-button')!.click()
    await until(() => cardsOf(element).length > 0, 'milestones')
    expect(element.matches(':state(error)')).to.equal(false)
  })

  it('speaks and writes from right to left', async () => {
    const element = await loaded({ attributes: { locale: 'ar' }, width: 340 })
    await until(() => find(element, '.base')!.dir === 'rtl', 'direction')
    const [sign, name] = [...cardsOf(element)[0]!.querySelectorAll('.sign, .name')].map(
      (inner) => inner.getBoundingClientRect().left,
    )
    expect(sign).to.be.above(name!)
  })
})
