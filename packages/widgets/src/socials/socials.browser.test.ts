import { expect } from '@open-wc/testing'
import { sendKeys } from '@web/test-runner-commands'
import jsQR from 'jsqr'
import {
  find,
  freshApi,
  part,
  shiftsDuring,
  shows,
  site,
  socials,
  textOf,
  until,
  type Wanted,
  world,
} from '../../../../test/helpers/browser.js'
import type {
  RaiAccountRequestEvent,
  RaiErrorEvent,
  RaiQuestChangeEvent,
  RaiQuestClaimRequestEvent,
  RaiQuestStartRequestEvent,
  RaiSocials,
} from '../index.js'

const { ids } = world.quests
const states = ['loading', 'empty', 'error', 'stale'] as const
const statesOf = (element: Element) => states.filter((state) => element.matches(`:state(${state})`))
const partsOf = (element: Element, name: string) => [
  ...element.shadowRoot!.querySelectorAll<HTMLElement>(`[part~="${name}"]`),
]
const questsOf = (element: Element) => partsOf(element, 'quest')
const quest = (element: Element, title: string) => questsOf(element).find(({ dataset }) => dataset.id === ids[title])!
const within = (element: Element, title: string, name: string) =>
  quest(element, title).querySelector<HTMLElement>(`[part~="${name}"]`)
const has = (element: Element, title: string, name: string) => within(element, title, name) !== null
const said = (element: Element, title: string, name: string) => textOf(within(element, title, name))

/** Quests that are there, and can be done something with. */
async function ready(wanted: Wanted = {}) {
  const element = await socials(wanted)
  await until(() => questsOf(element).length > 0, 'quests')
  await until(() => find(element, '[role=status]'), 'hands')
  return element
}

/** Opens a quest, unless it stands open. */
async function opened(element: RaiSocials, title: string) {
  if (!within(element, title, 'quest-detail')) within(element, title, 'quest-button')!.click()
  await until(() => within(element, title, 'quest-detail'), 'detail')
}

async function claim(element: RaiSocials, title: string) {
  await until(() => within(element, title, 'claim-button')?.ariaDisabled === 'false', 'claim button')
  within(element, title, 'claim-button')!.click()
}

function enter(element: RaiSocials, field: string, text: string) {
  const input = find<HTMLInputElement>(element, `#field-${field}`)!
  input.value = text
  input.dispatchEvent(new Event('input'))
}

/** A link that is followed leaves the test's page: it is seen, and stays. */
const stay = (event: Event) => {
  const [target] = event.composedPath()
  if ((target as Element).closest('a')) event.preventDefault()
}
beforeEach(() => addEventListener('click', stay))
afterEach(() => removeEventListener('click', stay))

/** What the element says to those who do not see it. */
function heard(element: RaiSocials) {
  const words: string[] = []
  const status = [...element.shadowRoot!.querySelectorAll('[role=status]')].at(-1)!
  const options = { subtree: true, childList: true, characterData: true }
  new MutationObserver(() => words.push(textOf(status))).observe(status, options)
  return words
}

describe('<rai-socials> as a list', () => {
  it('groups quests by network and says of each what it gives and how it is known', async () => {
    const element = await ready({ member: 'doer-1', attributes: { 'without-accounts': '', 'without-referral': '' } })
    expect(partsOf(element, 'network').map(textOf)).to.deep.equal(['Web', 'Instagram', 'X', 'GitHub', 'YouTube'])
    expect(said(element, 'Visit our workshop', 'reward')).to.match(/^20 XP \+ 5 /)
    const proofs = ['Visit our workshop', 'Join the newsletter', 'Name the hut', 'How high is it?', 'Post a photo']
    expect(proofs.map((title) => said(element, title, 'proof'))).to.deep.equal([
      'On your word',
      'Checked by the community',
      'By a code',
      'By your answer',
      'A person looks at it',
    ])
    expect(said(element, 'Follow trailclub', 'proof')).to.equal('Checked with your GitHub account')
    expect(said(element, 'Come by every day', 'proof')).to.equal('On your word · Every day')
    expect(has(element, 'Visit our workshop', 'state')).to.equal(false)
    await expect(element).to.be.accessible()
  })

  it('shows guests what could be earned, links nowhere, and says where to sign in', async () => {
    const element = await ready()
    await opened(element, 'Visit our workshop')
    expect([shows(element, 'sign-in'), shows(element, 'link'), shows(element, 'claim-button')]).to.deep.equal([
      true,
      false,
      false,
    ])
    expect(said(element, 'Visit our workshop', 'quest-detail')).to.contain('Nobody checks this')
    expect([shows(element, 'accounts'), shows(element, 'referral')]).to.deep.equal([false, false])
    await expect(element).to.be.accessible()
  })

  it('shows one network where the page names it', async () => {
    const element = await ready({ attributes: { network: 'x' } })
    expect(questsOf(element)).to.have.length(1)
    element.network = 'reddit'
    await until(() => part(element, 'empty'), 'words')
    expect(statesOf(element)).to.deep.equal(['empty'])
  })

  it('opens by keys, one at a time', async () => {
    const element = await ready({ member: 'doer-1' })
    const button = within(element, 'Name the hut', 'quest-button')!
    button.focus()
    await sendKeys({ press: 'Enter' })
    await until(() => within(element, 'Name the hut', 'quest-detail'), 'detail')
    expect(button.ariaExpanded).to.equal('true')
    await opened(element, 'Post a photo')
    expect(partsOf(element, 'quest-detail')).to.have.length(1)
    await expect(element).to.be.accessible()
    within(element, 'Post a photo', 'quest-button')!.focus()
    await sendKeys({ press: 'Space' })
    await until(() => !part(element, 'quest-detail'), 'end')
  })

  it('fits into 240 pixels', async () => {
    const element = await ready({ member: 'doer-1', width: 240 })
    await opened(element, 'Post a photo')
    expect(find(element, '.panel')!.scrollWidth).to.be.at.most(240)
    await expect(element).to.be.accessible()
  })

  it('runs from right to left', async () => {
    const element = await ready({ member: 'doer-1', attributes: { locale: 'ar' } })
    await until(() => find(element, '.base')!.dir === 'rtl', 'direction')
    await opened(element, 'Post a photo')
    const left = (name: string) => within(element, 'Visit our workshop', name)!.getBoundingClientRect().left
    expect(left('quest-button')).to.be.above(left('reward'))
    expect(said(element, 'Post a photo', 'claim-button')).not.to.contain('Send')
    await expect(element).to.be.accessible()
  })
})

describe('<rai-socials> quests', () => {
  it('are opened by a link to a new tab, and claimed by who comes back: once however often one presses', async () => {
    const api = await freshApi()
    const element = await ready({ api, member: 'doer-2' })
    const words = heard(element)
    const asked: string[] = []
    element.addEventListener('rai-start-request', (event) => asked.push((event as RaiQuestStartRequestEvent).quest))
    element.addEventListener('rai-claim-request', (event) => asked.push((event as RaiQuestClaimRequestEvent).quest))
    const changes: string[] = []
    element.addEventListener('rai-quest-change', (event) => {
      const { quest, previousState, state } = event as RaiQuestChangeEvent
      if (quest === ids['Visit our workshop']) changes.push(`${previousState} to ${state}`)
    })
    await opened(element, 'Visit our workshop')
    const link = within(element, 'Visit our workshop', 'link') as HTMLAnchorElement
    expect([link.target, link.rel, link.href]).to.deep.equal([
      '_blank',
      'noopener noreferrer',
      'https://site.example/workshop',
    ])
    expect(textOf(link)).to.equal('Go there (opens in a new tab)')
    link.click()
    await until(() => said(element, 'Visit our workshop', 'state') === 'Begun', 'beginning')
    dispatchEvent(new Event('focus'))
    await until(() => words.some((text) => text.startsWith('Welcome back')), 'welcome')
    within(element, 'Visit our workshop', 'claim-button')!.focus()
    await sendKeys({ press: 'Enter' })
    await sendKeys({ press: 'Enter' })
    within(element, 'Visit our workshop', 'claim-button')?.click()
    await until(() => said(element, 'Visit our workshop', 'state') === 'Done', 'end')
    expect(said(element, 'Visit our workshop', 'message')).to.match(/^You got 20 XP \+ 5 /)
    expect(asked).to.deep.equal([ids['Visit our workshop'], ids['Visit our workshop']])
    expect(await api.count('/claim')).to.equal(1)
    expect(changes.at(-1)).to.match(/ to done$/)
    await until(
      () => element.shadowRoot!.activeElement === within(element, 'Visit our workshop', 'quest-button'),
      'focus',
    )
    await expect(element).to.be.accessible()
  })

  it('that the page forbids stay as they are', async () => {
    const api = await freshApi()
    const element = await ready({ api, member: 'doer-3' })
    const refuse = (event: Event) => event.preventDefault()
    for (const type of ['rai-start-request', 'rai-claim-request']) element.addEventListener(type, refuse)
    await opened(element, 'Visit our workshop')
    within(element, 'Visit our workshop', 'link')!.click()
    await claim(element, 'Visit our workshop')
    expect([await api.count('/start'), await api.count('/claim')]).to.deep.equal([0, 0])
  })

  it('that take a while count down, and cannot be claimed before', async () => {
    const api = await freshApi()
    const element = await ready({ api, member: 'doer-4' })
    await opened(element, 'Stay for an hour')
    await claim(element, 'Stay for an hour')
    await until(() => /^In 0[01]:\d\d:\d\d$/.test(said(element, 'Stay for an hour', 'state')), 'countdown')
    expect(within(element, 'Stay for an hour', 'claim-button')!.ariaDisabled).to.equal('true')
    within(element, 'Stay for an hour', 'claim-button')!.click()
    expect(await api.count('/claim')).to.equal(1)
    await expect(element).to.be.accessible()
    const next = await ready({ member: 'doer-4' })
    expect(said(next, 'Stay for an hour', 'state')).to.match(/^In 0[01]:\d\d:\d\d$/)
  })

  it('ask for a code, say that it is another one, and how often it can be tried', async () => {
    const api = await freshApi()
    const element = await ready({ api, member: 'doer-5' })
    await opened(element, 'Name the hut')
    await claim(element, 'Name the hut')
    await until(() => said(element, 'Name the hut', 'problem') === 'Please fill this in.', 'what is missing')
    expect(element.shadowRoot!.activeElement?.id).to.equal('field-code')
    expect(await api.count('/claim')).to.equal(0)
    await expect(element).to.be.accessible()
    enter(element, 'code', ' Enzian ')
    find(element, '#field-code')!.focus()
    await sendKeys({ press: 'Enter' })
    await until(() => said(element, 'Name the hut', 'state') === 'Not done yet', 'no')
    expect(said(element, 'Name the hut', 'message')).to.equal('That is not it.')
    expect(said(element, 'Name the hut', 'quest-detail')).to.contain('One try left')
    await expect(element).to.be.accessible()
    enter(element, 'code', 'Gentiana')
    await claim(element, 'Name the hut')
    await until(() => said(element, 'Name the hut', 'state') === 'No tries left', 'end')
    expect(has(element, 'Name the hut', 'claim-button')).to.equal(false)
  })

  it('ask a question with answers to choose from, and cool down after a wrong one', async () => {
    const element = await ready({ member: 'doer-6' })
    await opened(element, 'How high is it?')
    const choose = (answer: string) =>
      [...quest(element, 'How high is it?').querySelectorAll('input')].find(({ value }) => value === answer)!.click()
    choose('Feldberg')
    await expect(element).to.be.accessible()
    await claim(element, 'How high is it?')
    await until(() => /^Again in /.test(said(element, 'How high is it?', 'state')), 'cool-down')
    expect(said(element, 'How high is it?', 'message')).to.match(
      /^That is not it. You can try again in 0[01]:\d\d:\d\d\.$/,
    )
    expect(within(element, 'How high is it?', 'claim-button')!.ariaDisabled).to.equal('true')
    await expect(element).to.be.accessible()
  })

  it('are sent in to a person, who turns them down in words or credits them', async () => {
    const element = await ready({ member: 'doer-7' })
    await opened(element, 'Post a photo')
    expect(partsOf(element, 'notice').map(textOf)).to.deep.equal(['Mark it as advertising: #ad.', 'From 16 on.'])
    const picture = new File([await (await fetch(imageUrl)).blob()], 'view.png', { type: 'image/png' })
    const send = async () => {
      enter(element, 'note', 'The Zugspitze')
      enter(element, 'link', 'photos.example')
      const files = new DataTransfer()
      files.items.add(picture)
      const input = find<HTMLInputElement>(element, '#field-picture')!
      input.files = files.files
      input.dispatchEvent(new Event('change'))
      await claim(element, 'Post a photo')
      await until(() => said(element, 'Post a photo', 'problem') === 'Please enter a whole web address.', 'problem')
      enter(element, 'link', 'https://photos.example/1')
      await claim(element, 'Post a photo')
      await until(() => said(element, 'Post a photo', 'state') === 'In review', 'review')
    }
    await send()
    expect(said(element, 'Post a photo', 'message')).to.match(/^Somebody looks at it by /)
    await expect(element).to.be.accessible()
    await site('/decide', { reason: 'Too dark.' })
    await until(() => said(element, 'Post a photo', 'message') === 'It was turned down: Too dark.', 'why')
    await expect(element).to.be.accessible()
    await send()
    await site('/decide')
    await until(() => said(element, 'Post a photo', 'state') === 'Done', 'credit')
  })

  it('say that who knows did not answer, and that an answer was lost', async () => {
    const api = await freshApi()
    const element = await ready({ api, member: 'doer-8' })
    await opened(element, 'Join the newsletter')
    await claim(element, 'Join the newsletter')
    await until(() => /^Nobody answered who knows/.test(said(element, 'Join the newsletter', 'message')), 'why')
    const codes: string[] = []
    element.addEventListener('rai-error', (event) => codes.push((event as RaiErrorEvent).code))
    await api.fail('reset', '/claim')
    await opened(element, 'Visit our workshop')
    await claim(element, 'Visit our workshop')
    await until(() => within(element, 'Visit our workshop', 'problem'), 'why')
    expect(said(element, 'Visit our workshop', 'problem')).to.match(/^No answer came/)
    expect(codes).to.deep.equal(['network'])
    await expect(element).to.be.accessible()
    await api.mend('/claim')
    await claim(element, 'Visit our workshop')
    await until(() => said(element, 'Visit our workshop', 'state') === 'Done', 'end')
  })

  it('that are shared lead to where one writes, and have a link of the member’s own to copy', async () => {
    const element = await ready({ member: 'doer-9' })
    await opened(element, 'Tell your friends')
    const own = said(element, 'Tell your friends', 'address')
    expect(own).to.match(/^https:\/\/site\.example\/\?from=\w+$/)
    const link = within(element, 'Tell your friends', 'link') as HTMLAnchorElement
    expect(link.href).to.equal(`https://x.com/intent/post?${new URLSearchParams({ url: own, text: 'Come along' })}`)
    within(element, 'Tell your friends', 'copy-button')!.click()
    await until(() => said(element, 'Tell your friends', 'state') === 'Begun', 'beginning')
    await expect(element).to.be.accessible()
  })

  it('of every day are done until tomorrow', async () => {
    const element = await ready({ member: 'doer-10' })
    await opened(element, 'Come by every day')
    await claim(element, 'Come by every day')
    await until(() => /^Done, again in \d\d:\d\d:\d\d$/.test(said(element, 'Come by every day', 'state')), 'end')
    expect(said(element, 'Come by every day', 'message')).to.contain('You can do it again from')
  })

  it('of every day say what so many in a row give besides, and how many there are', async () => {
    const element = await ready({ member: 'doer-15' })
    await opened(element, 'Come by every day')
    const bonus = () => said(element, 'Come by every day', 'bonus')
    expect(bonus()).to.match(/^0 of 3 days in a row: the last one gives 10 .+ \+ 2 .+ more\.$/)
    await expect(element).to.be.accessible()
    await claim(element, 'Come by every day')
    await until(() => bonus().startsWith('1 of 3 days in a row'), 'day')
  })

  it('that count who came say how many have', async () => {
    const element = await ready({ member: 'doer-11' })
    await opened(element, 'Bring two others')
    expect(said(element, 'Bring two others', 'quest-detail')).to.contain('0 of 2 have come')
    expect(said(element, 'Bring two others', 'proof')).to.equal('Counted here')
    expect(has(element, 'Bring two others', 'link')).to.equal(false)
  })

  it('show what was done on another page', async () => {
    const [one, other] = [await ready({ member: 'doer-12' }), await ready({ member: 'doer-12' })]
    await opened(other, 'Visit our workshop')
    await claim(other, 'Visit our workshop')
    await until(() => said(one, 'Visit our workshop', 'state') === 'Done', 'news')
  })
})

describe('<rai-socials> accounts and referral', () => {
  it('ask to connect an account first, in a window that the click opens', async () => {
    const element = await ready({ member: 'doer-13' })
    const changes: string[] = []
    element.addEventListener('rai-account-request', (event) => {
      const { network, change } = event as RaiAccountRequestEvent
      changes.push(`${change} ${network}`)
      event.preventDefault()
    })
    await opened(element, 'Follow trailclub')
    await until(() => within(element, 'Follow trailclub', 'connect-button'), 'connect button')
    expect(has(element, 'Follow trailclub', 'claim-button')).to.equal(false)
    within(element, 'Follow trailclub', 'connect-button')!.click()
    expect(changes).to.deep.equal(['connect github'])
    await until(() => part(element, 'accounts'), 'accounts')
    expect(partsOf(element, 'account').map(textOf)).to.deep.equal([
      'GitHub Not connected Connect your GitHub account (opens in a new window)',
    ])
    await expect(element).to.be.accessible()
  })

  it('tell how to bring others, and what came of it', async () => {
    const element = await ready({ member: 'doer-14' })
    await until(() => part(element, 'referral'), 'referral')
    const referral = part(element, 'referral')!
    expect(textOf(referral.querySelector('[part~=address]'))).to.match(/^https:\/\/site\.example\/join\?by=\w+$/)
    expect(textOf(referral)).to.contain('0 have come by you')
    await expect(element).to.be.accessible()
  })

  it('show the link as a code that a camera reads, drawn in the page', async () => {
    const element = await ready({ member: 'doer-14' })
    await until(() => part(element, 'qr-button'), 'button')
    const button = part(element, 'qr-button')!
    expect([button.ariaExpanded, shows(element, 'qr')]).to.deep.equal(['false', false])
    button.click()
    await until(() => part(element, 'qr'), 'code')
    expect([button.ariaExpanded, part(element, 'qr')!.ariaLabel]).to.deep.equal(['true', 'QR code of your link'])
    expect(await readBy(part(element, 'qr')!)).to.equal(textOf(part(element, 'address')))
    await expect(element).to.be.accessible()
    button.click()
    await until(() => part(element, 'qr') === null, 'end')
  })

  it('are left out where the page says so', async () => {
    const element = await ready({ member: 'doer-14', attributes: { 'without-accounts': '', 'without-referral': '' } })
    expect([shows(element, 'accounts'), shows(element, 'referral')]).to.deep.equal([false, false])
  })
})

describe('<rai-socials> in every state', () => {
  it('is accessible while loading', async () => {
    const api = await freshApi()
    await api.fail('hang')
    const element = await socials({ api })
    expect(statesOf(element)).to.deep.equal(['loading'])
    await until(() => find(element, '.skeleton'), 'bones')
    await expect(element).to.be.accessible()
  })

  it('moves nothing on the page when it is there', async () => {
    const shifts = await shiftsDuring(async () => {
      const element = await socials({ member: 'doer-1' })
      element.insertAdjacentHTML('afterend', '<p>What comes after</p>')
      await until(() => questsOf(element).length > 0, 'quests')
    })
    expect(shifts).to.deep.equal([])
  })

  it('says what will be here where there are none', async () => {
    const element = await socials({ key: world.keyWithoutBoards })
    await until(() => part(element, 'empty'), 'words')
    expect(textOf(part(element, 'empty'))).to.contain('No quests yet')
    expect(statesOf(element)).to.deep.equal(['empty'])
    await expect(element).to.be.accessible()
  })

  it('tells a failure, and tries again when asked to', async () => {
    const api = await freshApi()
    await api.fail('error500')
    const element = await socials({ api })
    await until(() => part(element, 'retry-button'), 'retry button')
    expect(statesOf(element)).to.deep.equal(['error'])
    await expect(element).to.be.accessible()
    await api.mend()
    part(element, 'retry-button')!.click()
    await until(() => questsOf(element).length > 0, 'quests')
  })

  it('goes and comes back', async () => {
    const element = await ready({ member: 'doer-1' })
    const parent = element.parentElement!
    element.remove()
    parent.append(element)
    await until(() => questsOf(element).length > 0, 'quests')
  })
})

/** What a camera reads that looks at a picture. */
async function readBy(picture: Element): Promise<string | undefined> {
  const image = new Image()
  const svg = picture.cloneNode(true) as SVGElement
  svg.setAttribute('width', '300')
  svg.setAttribute('height', '300')
  image.src = `data:image/svg+xml,${encodeURIComponent(new XMLSerializer().serializeToString(svg))}`
  await image.decode()
  const context = new OffscreenCanvas(300, 300).getContext('2d')!
  context.drawImage(image, 0, 0)
  return jsQR(context.getImageData(0, 0, 300, 300).data, 300, 300)?.data
}

/** One grey point. */
const imageUrl =
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=='
