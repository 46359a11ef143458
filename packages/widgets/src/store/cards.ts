import type { Item } from '@rai/stores'
import { html, nothing, type TemplateResult } from 'lit'
import { formatMoment } from '../shared/format.js'
import { picture } from './picture.js'
import type { Scene } from './scene.js'

/** From so few on it is said how many are left. */
const few = 5

type Words = Pick<Scene, 'text' | 'locale' | 'number' | 'amount'>

/** Why an item cannot be had now, or what to know of it; nothing where there is nothing to say. */
export function noteOf(item: Item, { text, locale, number, amount }: Words): string {
  const { state, missing, availableAt, startsAt, endsAt, remaining, price, lockedBy, wish } = item
  const at = (key: 'until' | 'againFrom' | 'startsAt', time: string) =>
    text(key, { time: formatMoment(locale(), new Date(time)) })
  const notes: Record<Item['state'], () => string> = {
    available() {
      if (remaining !== null && remaining <= few) return text('low', { count: number(remaining) }, remaining)
      if (wish?.backAt) return text('backInStock')
      const until = (price.kind === 'fixed' && price.until) || endsAt
      return until ? at('until', until) : ''
    },
    not_enough: () => text('missing', { amount: amount(missing ?? 0) }),
    sold_out: () => text('soldOut'),
    limit_reached: () => (availableAt ? at('againFrom', availableAt) : text('limitReached')),
    locked: () =>
      lockedBy === 'xp' ? text('lockedByXp', { amount: amount(missing ?? 0, 'xp') }) : text('lockedByGroup'),
    not_started: () => at('startsAt', availableAt ?? startsAt ?? ''),
    ended: () => text('ended'),
  }
  return notes[state]()
}

/** What an item costs, beside what it costs otherwise. */
export function priceOf({ price }: Item, { text, number, amount }: Words): TemplateResult {
  if (price.kind === 'variable')
    return html`<span>${text('range', { from: number(price.min), to: amount(price.max) })}</span>`
  return html`<span>${price.amount ? amount(price.amount) : text('free')}</span> ${
    price.before === null
      ? nothing
      : html`<s><span class="visually-hidden">${text('before')} </span>${number(price.before)}</s>`
  }`
}

/** What can be had, or could be with more of the currency. */
export const isOpen = ({ state }: Item): boolean => state === 'available' || state === 'not_enough'

const parts = {
  available: 'card card-available',
  not_enough: 'card card-not_enough',
  sold_out: 'card card-sold_out',
  limit_reached: 'card card-limit_reached',
  locked: 'card card-locked',
  not_started: 'card card-not_started',
  ended: 'card card-ended',
}

/** An item of the catalogue: the whole card is the button that opens it. `heart` lies over the picture. */
export const card = (item: Item, position: number, total: number, scene: Words, heart: unknown): TemplateResult =>
  html`<li
    class="card ${isOpen(item) ? '' : 'shut'} ${item.state === 'available' && (item.remaining ?? few + 1) <= few ? 'low' : ''}"
    part=${parts[item.state]}
    aria-posinset=${position}
    aria-setsize=${total}
    data-id=${item.id}
  >
    ${picture(item.image, item.name)}
    <div class="about">
      <h3>
        <button class="open" part="open-button" aria-haspopup="dialog"><span class="name" part="name"><bdi>${item.name}</bdi></span></button>
      </h3>
      <div class="price" part="price">${priceOf(item, scene)}</div>
      <div class="note" part="note">${noteOf(item, scene)}</div>
    </div>
    ${heart}
  </li>`

/** The layout of the element before there is anything to show; `label` says so to those who do not see it. */
export const skeleton = (label: string): TemplateResult => html`<div class="skeleton" aria-hidden="true">
    <div class="header"><span class="title"><span class="bone line short"></span></span></div>
    <div class="tools"></div>
    <div class="scroller">
      <div class="cards">
        ${Array(8).fill(
          html`<div class="card">
            <span class="picture"></span>
            <div class="about">
              <span class="name"><span class="bone line"></span></span>
              <span class="bone line short"></span>
              <span class="note"></span>
            </div>
          </div>`,
        )}
      </div>
    </div>
  </div>
  <span class="visually-hidden">${label}</span>`
