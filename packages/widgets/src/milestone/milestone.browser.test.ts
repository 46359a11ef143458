import { expect } from '@open-wc/testing'
import { sendKeys } from '@web/test-runner-commands'
import {
  award,
  find,
  freshApi,
  isAtRest,
  milestones,
  part,
  shiftsDuring,
  shows,
  textOf,
  until,
  type Wanted,
  world,
} from '../../../../test/helpers/browser.js'
import type { RaiErrorEvent, RaiMilestone, RaiStageChangeEvent, RaiStageClaimRequestEvent } from '../index.js'

const { ids } = world.milestones
const states = ['loading', 'empty', 'error', 'stale'] as const
const statesOf = (element: Element) => states.filter((state) => element.matches(`:state(${state})`))
const partsOf = (element: Element, name: string) => [
  ...element.shadowRoot!.querySelectorAll<HTMLElement>(`[part~="${name}"]`),
]
const cardsOf = (element: Element) => partsOf(element, 'milestone')
const card = (element: Element, name: string) => cardsOf(element).find(({ dataset }) => dataset.id === ids[name])!
/** The steps of the path, without the marks that are for the eye. */
const stages = (element: Element) =>
  partsOf(element, 'stage-button').map((button) => textOf(button).replace(/^\d+ /, ''))
const stageButton = (element: Element, name: string) =>
  partsOf(element, 'stage-button').find((button) => textOf(button).includes(name))!
const claimButton = (element: Element) => part(element, 'claim-button')!

/** Milestones that are there, and can be done something with. */
async function ready(wanted: Wanted = {}) {
  const element = await milestones(wanted)
  await until(() => !element.matches(':state(loading)'), 'milestones')
  await until(() => find(element, '[role=status]'), 'hands')
  return element
}

const whole = (name: string, { attributes, ...wanted }: Wanted = {}) =>
  ready({ ...wanted, attributes: { milestone: ids[name]!, celebrate: 'off', ...attributes } })

/** What the element says to those who do not see it. */
function heard(element: RaiMilestone) {
  const said: string[] = []
  const status = find(element, '[role=status]')!
  const options = { subtree: true, childList: true, characterData: true }
  new MutationObserver(() => said.push(textOf(status))).observe(status, options)
  return said
}

describe('<rai-milestone> as a list', () => {
  it('says of each how it stands, in words and numbers', async () => {
    const element = await ready({ member: 'walker-1' })
    const said = (name: string) => textOf(card(element, name))
    expect(cardsOf(element)).to.have.length(7)
    expect(said('Long trail')).to.match(/^🥾 Long trail Ends in 19 days 1 of 3 stages done Still to earn/)
    expect(said('Long trail')).to.contain('Claim 10 ')
    expect(said('Soon')).to.match(/Starts in 1[12]:\d\d:\d\d Opens /)
    expect(said('Founders')).to.contain('The only one is taken')
    expect(said('Autumn')).to.contain('Ended with 350 of 900 done')
    expect(said('Guides')).to.contain('Opens when what it asks for is done: 1 of 30')
    expect(said('Welcome')).to.contain('Done')
    expect([textOf(part(element, 'footer')!.firstElementChild), shows(element, 'sign-in')]).to.deep.equal([
      '7 milestones',
      false,
    ])
    await expect(element).to.be.accessible()
  })

  it('shows guests what could be earned, and where to sign in', async () => {
    const element = await ready()
    expect(textOf(card(element, 'Long trail')))
      .to.contain('Still to earn')
      .and.contain('Sign in to take part')
    expect([shows(element, 'sign-in'), shows(element, 'claim-button')]).to.deep.equal([true, false])
    await expect(element).to.be.accessible()
  })

  it('narrows them down, puts them in order, and never blanks the list', async () => {
    const element = await ready({ member: 'walker-1' })
    let blank = 0
    const observer = new MutationObserver(() => (blank += cardsOf(element).length === 0 ? 1 : 0))
    observer.observe(element.shadowRoot!, { subtree: true, childList: true })
    const tab = (name: string) => find(element, `#tab-${name}`)!
    tab('all').focus()
    await sendKeys({ press: 'ArrowRight' })
    await sendKeys({ press: 'ArrowRight' })
    await until(() => cardsOf(element).length === 1, 'those that end')
    expect(tab('expiring').ariaSelected).to.equal('true')
    expect(card(element, 'Long trail')).to.not.equal(undefined)
    tab('all').click()
    await until(() => cardsOf(element).length === 7, 'all')
    const select = part<HTMLSelectElement>(element, 'label-select')!
    select.value = 'Winter'
    select.dispatchEvent(new Event('change'))
    await until(() => cardsOf(element).length === 1, 'the label')
    select.value = ''
    select.dispatchEvent(new Event('change'))
    await until(() => cardsOf(element).length === 7, 'all')
    part(element, 'sort-button')!.click()
    await until(() => cardsOf(element)[1]!.dataset.id === ids.Gift, 'what can be claimed first')
    observer.disconnect()
    expect([blank, part(element, 'sort-button')!.getAttribute('aria-pressed')]).to.deep.equal([0, 'true'])
    await expect(element).to.be.accessible()
  })

  it('opens one over the page by a key, names it in the address, and gives the focus back', async () => {
    const element = await ready({ member: 'walker-1' })
    const opener = card(element, 'Long trail').querySelector<HTMLElement>('[part~="milestone-button"]')!
    opener.focus()
    await sendKeys({ press: 'Enter' })
    await until(() => stages(element).length === 3, 'its stages')
    expect(location.hash).to.equal(`#rai-m=${ids['Long trail']}`)
    expect(textOf(part(element, 'dialog-title'))).to.equal('🥾 Long trail')
    // What fades in has no contrast yet.
    await until(() => isAtRest(element), 'rest')
    await expect(element).to.be.accessible()
    await sendKeys({ press: 'Escape' })
    await until(() => !part(element, 'dialog'), 'end')
    expect([location.hash, element.shadowRoot!.activeElement === opener]).to.deep.equal(['', true])
  })

  it('follows an address that names one', async () => {
    const element = await ready({ member: 'walker-1' })
    location.hash = `#rai-m=${ids.Soon}`
    await until(() => textOf(part(element, 'dialog-title')) === 'Soon', 'dialog')
    part(element, 'close-button')!.click()
    await until(() => !part(element, 'dialog'), 'end')
    expect(location.hash).to.equal('')
  })
})

describe('<rai-milestone> in full', () => {
  it('shows the stage that is on with what it asks, and the others by how they stand', async () => {
    const element = await whole('Long trail', { member: 'walker-1' })
    expect(stages(element)).to.deep.equal([
      'Stage 1: First steps , Ready to claim',
      'Stage 2: Into the hills , 0 of 2 done',
      'Stage 3: Summit , Opens after the stage before it',
    ])
    expect(textOf(claimButton(element))).to.match(/^Claim 10 /)
    stageButton(element, 'Into the hills').click()
    await until(() => partsOf(element, 'task').length === 3, 'what it asks')
    expect(partsOf(element, 'task').map(textOf)).to.deep.equal([
      'Earn 500 XP 350 of 500',
      'Bring 2 friends (opens in a new tab) 0 of 2',
      'Come by 7 days in a row 1 of 7',
    ])
    const meter = partsOf(element, 'task')[0]!.querySelector('progress')!
    expect(meter.position).to.equal(0.7)
    expect(meter.getAttribute('aria-valuetext')!.replace(/[\u2068\u2069]/g, '')).to.equal('350 of 500')
    expect(textOf(find(element, '.group'))).to.match(/^One of these is enough/)
    expect(textOf(part(element, 'supply'))).to.equal('40 of 40 left')
    expect(textOf(part(element, 'boost'))).to.equal('2 times as much now')
    await expect(element).to.be.accessible()
  })

  for (const [name, reason] of [
    ['Soon', /, Opens \w+/],
    ['Founders', /, The only one is taken/],
    ['Autumn', /, Ended with 350 of 900 done/],
    ['Guides', /, Opens when what it asks for is done: 1 of 30/],
    ['Welcome', /, Done/],
    ['Gift', /, Ready to claim/],
  ] as const) {
    it(`is accessible where it is as ${name}`, async () => {
      const element = await whole(name, { member: 'walker-1' })
      expect(stages(element)[0]).to.match(reason)
      await expect(element).to.be.accessible()
    })
  }

  it('stands beside each other when wide, and below each other when narrow', async () => {
    const tops = (element: Element) =>
      new Set(partsOf(element, 'marker').map((marker) => marker.getBoundingClientRect().top))
    const wide = await whole('Long trail', { member: 'walker-1', width: 900 })
    expect(tops(wide).size).to.equal(1)
    await expect(wide).to.be.accessible()
    const narrow = await whole('Long trail', { member: 'walker-1', width: 240 })
    expect(tops(narrow).size).to.equal(3)
    expect(part(narrow, 'base')!.scrollWidth).to.be.at.most(240)
  })

  it('runs from right to left', async () => {
    const element = await whole('Long trail', { member: 'walker-1', attributes: { locale: 'ar' }, width: 340 })
    await until(() => find(element, '.base')!.dir === 'rtl', 'direction')
    const left = (inner: Element) => inner.getBoundingClientRect().left
    expect(left(part(element, 'marker')!)).to.be.above(left(part(element, 'stage-name')!))
    expect(textOf(claimButton(element))).not.to.contain('Claim')
    await expect(element).to.be.accessible()
  })

  it('opens the stages by keys', async () => {
    const element = await whole('Long trail', { member: 'walker-1' })
    stageButton(element, 'Summit').focus()
    await sendKeys({ press: 'Enter' })
    await until(() => stageButton(element, 'Summit').ariaExpanded === 'true', 'open')
    expect(stageButton(element, 'First steps').ariaExpanded).to.equal('false')
    await sendKeys({ press: 'Space' })
    await until(() => stageButton(element, 'Summit').ariaExpanded === 'false', 'closed')
  })

  it('shows progress that was made elsewhere, tells the page, and says it once', async () => {
    const element = await whole('Long trail', { member: 'walker-9' })
    const said = heard(element)
    const changes: string[] = []
    element.addEventListener('rai-stage-change', (event) => {
      const { milestone, stage, previousState, state } = event as RaiStageChangeEvent
      if (milestone === ids.Autumn) changes.push(`${stage}: ${previousState} to ${state}`)
    })
    stageButton(element, 'Into the hills').click()
    await until(() => partsOf(element, 'task').length === 3, 'what it asks')
    await award('walker-9', 100, 'xp')
    await until(() => textOf(partsOf(element, 'task')[0]!).endsWith('450 of 500'), 'progress')
    expect([said, changes]).to.deep.equal([[], []])
  })
})

describe('<rai-milestone> claims', () => {
  it('once however often one presses, paints it at once, and goes on at the next stage', async () => {
    const api = await freshApi()
    const element = await whole('Long trail', { api, member: 'walker-2' })
    const said = heard(element)
    const requests: string[] = []
    const refuse = (event: Event) => {
      const { milestone, stage } = event as RaiStageClaimRequestEvent
      requests.push(`${milestone} ${stage}`)
      event.preventDefault()
    }
    element.addEventListener('rai-claim-request', refuse)
    claimButton(element).click()
    expect(await api.count('/claim')).to.equal(0)
    expect(requests).to.deep.equal([`${ids['Long trail']} 1`])
    element.removeEventListener('rai-claim-request', refuse)
    claimButton(element).focus()
    await sendKeys({ press: 'Enter' })
    await sendKeys({ press: 'Enter' })
    claimButton(element)?.click()
    await until(() => stages(element)[0] === 'Stage 1: First steps , Claimed', 'claimed')
    await until(() => element.shadowRoot!.activeElement === stageButton(element, 'Into the hills'), 'the next stage')
    await until(() => said.length > 0, 'announcement')
    expect(said).to.have.length(1)
    expect(said[0]).to.match(/^Claimed: 10 /)
    expect(await api.count('/claim')).to.equal(1)
    await expect(element).to.be.accessible()
    const next = await whole('Long trail', { member: 'walker-2' })
    expect(stages(next)[0]).to.equal('Stage 1: First steps , Claimed')
  })

  it('looks as before where that fails, says why, and works at the next try', async () => {
    const api = await freshApi()
    const element = await whole('Gift', { api, member: 'walker-3' })
    const codes: string[] = []
    element.addEventListener('rai-error', (event) => codes.push((event as RaiErrorEvent).code))
    await api.fail('reset', '/claim')
    claimButton(element).click()
    await element.updateComplete
    expect(textOf(claimButton(element))).to.equal('Claimed')
    await until(() => part(element, 'problem'), 'why')
    expect(textOf(claimButton(element))).to.match(/^Claim 10 /)
    expect(textOf(part(element, 'problem'))).to.match(/^No answer came/)
    expect(codes).to.deep.equal(['network'])
    await expect(element).to.be.accessible()
    await api.mend('/claim')
    claimButton(element).click()
    await until(() => stages(element)[0]!.endsWith('Claimed'), 'claimed')
    expect(shows(element, 'problem')).to.equal(false)
  })

  it('claims from the list', async () => {
    const element = await ready({ member: 'walker-4', attributes: { celebrate: 'off' } })
    card(element, 'Gift').querySelector<HTMLElement>('[part~="claim-button"]')!.click()
    await until(() => textOf(card(element, 'Gift')).includes('Claimed'), 'claimed')
    expect(shows(element, 'dialog')).to.equal(false)
  })
})

describe('<rai-milestone> in every state', () => {
  it('is accessible while loading', async () => {
    const api = await freshApi()
    await api.fail('hang')
    const element = await milestones({ api })
    expect(statesOf(element)).to.deep.equal(['loading'])
    await until(() => find(element, '.skeleton'), 'bones')
    await expect(element).to.be.accessible()
  })

  it('moves nothing on the page when it is there', async () => {
    const shifts = await shiftsDuring(async () => {
      const element = await milestones({ member: 'walker-1' })
      element.insertAdjacentHTML('afterend', '<p>What comes after</p>')
      await until(() => cardsOf(element).length > 0, 'milestones')
    })
    expect(shifts).to.deep.equal([])
  })

  it('gives a streak back that broke, for what it costs and once, unless the page says no', async () => {
    const element = await ready({ member: 'walker-8', attributes: { 'with-streak': '' } })
    await until(() => part(element, 'repair-button'), 'box')
    const press = () => part(element, 'repair-button')!.click()
    expect(textOf(part(element, 'repair'))).to.match(
      /^Your streak of 3 days broke\. You can have it back until .+ Get it back for 20 /,
    )
    await expect(element).to.be.accessible()
    const refuse = (event: Event) => event.preventDefault()
    element.addEventListener('rai-repair-request', refuse)
    press()
    element.removeEventListener('rai-repair-request', refuse)
    await element.updateComplete
    expect(part(element, 'repair-button')!.getAttribute('aria-busy')).to.equal('false')
    press()
    await until(() => part(element, 'problem'), 'words')
    expect(textOf(part(element, 'problem'))).to.equal('You do not have enough for it.')
    await award('walker-8', 20, 'currency')
    press()
    press()
    await until(() => !part(element, 'repair'), 'streak')
    expect(textOf(part(element, 'streak')!.querySelector('h3'))).to.equal('4 days in a row')
  })

  it('shows the tiers, and says of a level that was lost how far it is', async () => {
    const element = await ready({ member: 'walker-10', attributes: { 'with-tiers': '' } })
    await until(() => part(element, 'tiers'), 'tiers')
    const current = () => textOf(part(element, 'tier-current'))
    expect([current(), shows(element, 'tier-lost')]).to.deep.equal(['🥾 Hiker , level 1 of 3', false])
    await award('walker-10', -100, 'xp')
    await until(() => part(element, 'tier-lost'), 'words')
    expect(textOf(part(element, 'tier-lost'))).to.match(
      /^You were Hiker 1 until XP were taken off\. 50 .+ more, and you are again\.$/,
    )
    expect(current()).to.equal('👟 Stroller , level 3 of 3')
    await expect(element).to.be.accessible()
    await award('walker-10', 50, 'xp')
    await until(() => !shows(element, 'tier-lost'), 'the level again')
    expect(current()).to.equal('🥾 Hiker , level 1 of 3')
  })

  it('says what will be here where there are none', async () => {
    const element = await milestones({ key: world.keyWithoutBoards })
    await until(() => part(element, 'empty'), 'words')
    expect(textOf(part(element, 'empty'))).to.contain('No milestones yet')
    expect(statesOf(element)).to.deep.equal(['empty'])
    await expect(element).to.be.accessible()
  })

  it('says that there is no such milestone', async () => {
    const element = await milestones({ attributes: { milestone: 'nowhere' } })
    await until(() => part(element, 'error'), 'words')
    expect(textOf(part(element, 'error'))).to.contain('Nothing here')
    expect(textOf(part(element, 'footer'))).to.equal('Sign in to earn this')
    await expect(element).to.be.accessible()
  })

  it('tells a failure, and tries again when asked to', async () => {
    const api = await freshApi()
    await api.fail('error500')
    const element = await milestones({ api })
    await until(() => part(element, 'retry-button'), 'retry button')
    expect(statesOf(element)).to.deep.equal(['error'])
    await expect(element).to.be.accessible()
    await api.mend()
    part(element, 'retry-button')!.click()
    await until(() => cardsOf(element).length > 0, 'milestones')
  })

  it('goes and comes back, and nothing is left over the page', async () => {
    const element = await ready({ member: 'walker-1' })
    card(element, 'Long trail').querySelector('button')!.click()
    await until(() => part(element, 'dialog'), 'dialog')
    const parent = element.parentElement!
    element.remove()
    parent.append(element)
    await until(() => cardsOf(element).length > 0, 'milestones')
    expect(find(element, 'dialog[open]') === null).to.equal(true)
    history.replaceState(null, '', location.pathname + location.search)
  })
})
