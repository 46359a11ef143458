import { elementUpdated, fixture, html, waitUntil } from '@open-wc/testing'
import type { RaiLeaderboard } from '@rai/widgets'
import '@rai/widgets/define'
import type { BrowserWorld } from './browser-world.js'
import type { faults } from './fault-proxy.js'

/** The server that test/wtr.config.js has started. */
export const world = (globalThis as unknown as { world: BrowserWorld }).world

/** Asks the site beside the server; `answers` in browser-world.ts says for what. */
export async function site<T>(path: string, query: Record<string, string | number> = {}): Promise<T> {
  const response = await fetch(`${world.siteUrl}${path}?${new URLSearchParams(query as Record<string, string>)}`)
  if (!response.ok) throw new Error(await response.text())
  return response.json() as Promise<T>
}

/** The API under an address of its own: what is broken or signed in there, no other test sees. */
export async function freshApi() {
  const url = await site<string>('/proxy')
  return {
    url,
    fail: (fault: keyof typeof faults, part = '/') => site('/fault', { proxy: url, part, fault }),
    mend: (part = '/') => site('/fault', { proxy: url, part }),
    count: (part: string) => site<number>('/count', { proxy: url, part }),
  }
}

/** Gives a member points, as the community's own back-end would. */
export const award = (member: string, amount: number, unit: 'xp' | 'currency') =>
  site('/award', { member, amount, unit })

/** Where the site answers tokens for a member who is signed in there. */
export const tokenUrlOf = (member: string) => `${world.siteUrl}/token?member=${member}`

export interface Wanted {
  api?: { url: string }
  /** Signs this member in. */
  member?: string
  key?: string
  /** Attributes of the element. */
  attributes?: Record<string, string>
  /** What stands inside the tag. */
  content?: string
  width?: number
}

/** A leaderboard in a box of a width, on an API address of its own unless one is given. */
export const leaderboard = ({ attributes, ...wanted }: Wanted = {}) =>
  place('rai-leaderboard', { ...wanted, attributes: { board: 'champions', ...attributes } })

/** Milestones likewise, of a community that has some. */
export const milestones = (wanted: Wanted = {}) =>
  place('rai-milestone', { key: world.milestones.key, width: 400, ...wanted })

/** Quests likewise. */
export const socials = (wanted: Wanted = {}) => place('rai-socials', { key: world.quests.key, width: 400, ...wanted })

/** A channel likewise, opened for a test. */
export const channel = ({
  attributes,
  ...wanted
}: Wanted & { attributes: { channel: string } & Record<string, string> }) =>
  place('rai-channel', { key: world.channelsKey, width: 420, attributes, ...wanted })

/** Opens a channel as it is wanted; answers its id. */
export const openChannel = (more: object = {}) => site<string>('/channel', { change: JSON.stringify(more) })

/** Lets a member say something in a channel, or so many things at once. Answers the last one's id. */
export const say = (member: string, id: string, text: string, amount = 1) =>
  site<string>('/say', { member, channel: id, name: text, amount })

export const messagesOf = (element: Element) => [
  ...element.shadowRoot!.querySelectorAll<HTMLElement>('[part~=message]'),
]

/** Whether nothing of an element moves by itself; what follows a scrollbar moves only with it. */
export const isAtRest = (element: Element): boolean =>
  element.shadowRoot!.getAnimations().every(({ timeline }) => timeline !== document.timeline)

/** A store, once its items are there. */
export async function shop(wanted: Wanted = {}) {
  const element = await place('rai-store', { key: world.shopKey, ...wanted })
  await until(() => cardsOf(element).length > 0, 'items')
  return element
}

export const cardsOf = (element: Element) => [...element.shadowRoot!.querySelectorAll<HTMLElement>('[part~=card]')]

/** The card of an item, by its name. */
export const cardOf = (element: Element, name: string) =>
  cardsOf(element).find((card) => textOf(card.querySelector('[part=name]')) === name)!

async function place<K extends 'rai-channel' | 'rai-leaderboard' | 'rai-milestone' | 'rai-socials' | 'rai-store'>(
  tag: K,
  { api, member, key, attributes = {}, content = '', width = 420 }: Wanted,
): Promise<HTMLElementTagNameMap[K]> {
  const element = document.createElement(tag)
  element.apiUrl = (api ?? (await freshApi())).url
  element.apiKey = key ?? world.key
  if (member) element.tokenUrl = tokenUrlOf(member)
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value)
  element.innerHTML = content
  const box = await fixture<HTMLElement>(html`<div></div>`)
  box.style.width = `${width}px`
  box.append(element)
  await elementUpdated(element)
  return element
}

/** The same, once its rows are there and can be scrolled and walked through. */
export async function loaded(wanted: Wanted = {}) {
  const element = await leaderboard(wanted)
  await until(() => rowsOf(element).length > 0, 'rows')
  await until(() => find(element, 'table')?.style.blockSize, 'hands')
  return element
}

export const until = (fact: () => unknown, what: string, timeout = 10_000) =>
  waitUntil(fact, `no ${what}`, { interval: 10, timeout })

export const find = <E extends HTMLElement = HTMLElement>(element: Element, selector: string) =>
  element.shadowRoot!.querySelector<E>(selector)

/** By CSS part, as a page's style sheet would name it. */
export const part = <E extends HTMLElement = HTMLElement>(element: Element, name: string) =>
  find<E>(element, `[part~="${name}"]:not([hidden], [hidden] *)`)

/** Whether a part is shown. A node itself must not reach `expect`: the runner cannot send a failure that holds one, and hangs. */
export const shows = (element: Element, name: string): boolean => part(element, name) !== null

export const rowsOf = (element: Element) => [...element.shadowRoot!.querySelectorAll<HTMLElement>('[data-id]')]

/** What a reader sees, without the marks that isolate names. */
export const textOf = (element: Element | null) =>
  (element?.textContent ?? '')
    .replace(/[\u2068\u2069]/g, '')
    .replace(/\s+/g, ' ')
    .trim()

export const namesOf = (element: RaiLeaderboard) => rowsOf(element).map((row) => textOf(row.querySelector('.name')))

/** The engine that runs, 0 to 2: all share one world, and what a member does once is done for the others too. */
export const engine = [/Chrome/, /Firefox/, /WebKit/].findIndex((name) => name.test(navigator.userAgent))

interface Shift {
  value: number
  sources: readonly Record<'previousRect' | 'currentRect', DOMRectReadOnly>[]
}

const placeOf = ({ x, y, width, height }: DOMRectReadOnly) => `${x},${y} ${width}×${height}`

/** What has moved on the page meanwhile: how far, and from where to where. Its nodes are hidden: they are in shadow trees. */
export async function shiftsDuring(act: () => Promise<unknown>): Promise<string[]> {
  const shifts: string[] = []
  const take = (entries: PerformanceEntry[]) => {
    for (const { value, sources } of entries as (PerformanceEntry & Shift)[])
      shifts.push(
        `${value.toFixed(4)} ${sources.map(({ previousRect, currentRect }) => `${placeOf(previousRect)} to ${placeOf(currentRect)}`).join('; ')}`,
      )
  }
  const observer = new PerformanceObserver((list) => take(list.getEntries()))
  observer.observe({ type: 'layout-shift' })
  await act()
  await new Promise(requestAnimationFrame)
  await new Promise(requestAnimationFrame)
  take(observer.takeRecords())
  observer.disconnect()
  return shifts
}

/** The row that has the focus. */
export const focusedRow = (element: Element) =>
  (element.shadowRoot!.activeElement as HTMLElement | null)?.dataset.position
