import type { Message } from '@rai/stores'
import { html, nothing, type TemplateResult } from 'lit'
import { avatar } from '../../shared/avatar.js'
import { each, formatMoment } from '../../shared/format.js'
import type { Text } from '../../shared/messages.js'
import type { Item } from './items.js'
import type { Person } from './naming.js'
import { plainText, richText } from './rich-text.js'
import type { words } from './words.js'

const clocks = each((locale) => new Intl.DateTimeFormat(locale, { timeStyle: 'short' }))
const days = each((locale) => new Intl.DateTimeFormat(locale, { weekday: 'long', day: 'numeric', month: 'long' }))
const longDays = each((locale) => new Intl.DateTimeFormat(locale, { dateStyle: 'long' }))
const relativeDays = each((locale) => new Intl.RelativeTimeFormat(locale, { numeric: 'auto' }))

const day = 86_400_000

/** A day as people say it: today, yesterday, Monday the 3rd, and with its year when that is another. */
export function dayText(locale: string, at: number, now: number): string {
  const dayOf = (time: number) => new Date(time).setHours(12, 0, 0, 0)
  const ago = Math.round((dayOf(at) - dayOf(now)) / day)
  if (ago > -2 && ago < 1) {
    const text = relativeDays(locale).format(ago, 'day')
    return text.charAt(0).toLocaleUpperCase(locale) + text.slice(1)
  }
  const isThisYear = new Date(at).getFullYear() === new Date(now).getFullYear()
  return (isThisYear ? days : longDays)(locale).format(at)
}

export interface RowScene {
  say: Text<keyof typeof words>
  locale: string
  /** By the server's clock. */
  now: number
  me: string | undefined
  myName: string
  /** Whom what is on its way may name. */
  people(): readonly Person[]
  tabbable: string | undefined
  /** Goes to a message. */
  go(messageId: string): void
  /** What a message carries. */
  files(item: Item): unknown
  /** What one can do with a row, where it is drawn for it. */
  tools(item: Item): unknown
  /** What stands below a message: what others think of it, or what became of it. */
  below(item: Item): unknown
  /** Instead of its text, while it is being changed. */
  editor(item: Item): unknown
  /** It is the one that a link led to, or that a menu is open for. */
  marked(item: Item): string
  onEnter(item: Item): void
}

/** A line of the log, with the day that begins with it. */
export function row(item: Item, scene: RowScene): TemplateResult {
  const { say, locale, now } = scene
  return html`<div class="row" data-row=${item.key}>
    ${item.isDayFirst ? html`<p class="day" part="day"><span>${dayText(locale, item.at, now)}</span></p>` : nothing}
    ${item.isUnreadFirst ? html`<p class="unread" part="unread"><span>${say('unread')}</span></p>` : nothing}
    ${said(item, scene)}
  </div>`
}

function said(item: Item, scene: RowScene): TemplateResult {
  const { say, locale, me } = scene
  const { key, message, outgoing, isFirst } = item
  const author = message ? message.author : { id: me ?? 'me', name: scene.myName, avatarUrl: null }
  const name = author ? author.name : say('goneName')
  const moment = new Date(item.at)
  const time = html`<time part="time" datetime=${moment.toISOString()} title=${formatMoment(locale, moment)}>${clocks(locale).format(moment)}</time>`
  return html`<div
    class="message ${isFirst ? 'first' : ''} ${outgoing ? outgoing.state : ''} ${message?.deletedAt ? 'deleted' : ''} ${scene.marked(item)}"
    part="message"
    role="article"
    data-key=${key}
    data-id=${item.id}
    tabindex=${key === scene.tabbable ? 0 : -1}
    aria-labelledby="a-${key} t-${key}"
    @pointerenter=${() => scene.onEnter(item)}
    @focusin=${() => scene.onEnter(item)}
  >
    ${isFirst ? avatar(author ?? { id: '', name, avatarUrl: null }) : html`<span class="beside" aria-hidden="true">${time}</span>`}
    <div class="body">
      ${message?.replyTo || outgoing?.replyTo ? quote((message ?? outgoing)!.replyTo!, scene) : nothing}
      <p class=${isFirst ? 'head' : 'visually-hidden'}>
        <bdi class="author" part="author" id="a-${key}">${name}</bdi>
        ${message?.isViaApi ? html`<span class="sign">${say('viaApi')}</span>` : nothing} ${isFirst ? time : nothing}
      </p>
      <div class="text" part="text" id="t-${key}">${scene.editor(item) ?? textOf(item, scene)}${scene.files(item)}</div>
      ${scene.below(item)}
    </div>
    ${scene.tools(item)}
  </div>`
}

function textOf({ message, outgoing }: Item, { say, me, people }: RowScene): unknown {
  if (message?.deletedAt) return html`<p class="muted">${say('deleted')}</p>`
  return html`${richText((message ?? outgoing)!, message?.mentions ?? people(), me)}${
    message?.editedAt ? html`<span class="edited">(${say('edited')})</span>` : nothing
  }`
}

function quote({ id, author, text }: NonNullable<Message['replyTo']>, { say, go }: RowScene): TemplateResult {
  const name = author?.name ?? say('goneName')
  return html`<button class="quote" part="quote" tabindex="-1" @click=${() => go(id)}>
    <span class="visually-hidden">${say('answers', { name })}</span><bdi class="who" aria-hidden="true">${name}</bdi
    ><bdi class="cut">${text ? plainText(text, []) : say('deleted')}</bdi>
  </button>`
}
