import { type ApiError, failureOf } from '@rai/stores'
import { html, nothing, type TemplateResult, unsafeCSS } from 'lit'
import { each } from '../format.js'
import { type Text, textOf } from '../messages.js'
import { alertIcon, icon, iconStyles, offlineIcon, retryIcon } from './icons.js'
import css from './states.styles.css?inline'

export const styles = [iconStyles, unsafeCSS(css)]

/** The English of the views below. */
export const words = {
  asOf: 'As of {time}',
  reference: 'Reference {id}',
  networkTitle: 'No connection',
  networkText: 'Check your connection and try again.',
  busyTitle: 'A little too busy',
  busyText: 'Many people are here right now. Try again in a moment.',
  forbiddenTitle: 'Not available here',
  forbiddenText: 'This page is not allowed to show this.',
  excludedTitle: 'You cannot take part for now',
  excludedText: 'The team of this community can tell you why.',
  missingTitle: 'Nothing here',
  missingText: 'It may have been moved or taken down.',
  brokenTitle: 'That did not work',
  brokenText: 'The problem is on our side. Try again in a moment.',
}

/** What takes the place of content: why there is none, and one way on. */
export function stateView(view: { icon: string; title: string; text?: unknown; action?: unknown; small?: unknown }) {
  return html`<span class="sign">${icon(view.icon)}</span>
    <p class="title">${view.title}</p>
    ${view.text ? html`<p class="muted">${view.text}</p>` : nothing} ${view.action ?? nothing}
    ${view.small ? html`<p class="small muted">${view.small}</p>` : nothing}`
}

/** The sentences for an error code; every other code is our fault until we know better. */
const causes: Record<string, 'network' | 'busy' | 'forbidden' | 'excluded' | 'missing'> = {
  network: 'network',
  rate_limited: 'busy',
  unavailable: 'busy',
  forbidden: 'forbidden',
  unauthorized: 'forbidden',
  origin_not_allowed: 'forbidden',
  secret_key_in_browser: 'forbidden',
  suspended: 'excluded',
  banned: 'excluded',
  not_found: 'missing',
}

/** The one way on where something failed. */
export const retryButton = (text: Text<'retry'>, retry: () => void): TemplateResult =>
  html`<button class="button quiet" part="retry-button" @click=${retry}>${icon(retryIcon)}${text('retry')}</button>`

/** An error in the member's words. The server's own text never reaches the page. */
export function failureView(error: ApiError, text: Text<'retry'>, retry: () => void): TemplateResult {
  const say = textOf(text, words)
  const { kind, code, requestId } = failureOf(error)
  const cause = kind === 'network' ? 'network' : (causes[code] ?? 'broken')
  return stateView({
    icon: cause === 'network' ? offlineIcon : alertIcon,
    title: say(`${cause}Title`),
    text: say(`${cause}Text`),
    action: retryButton(text, retry),
    small: requestId && say('reference', { id: requestId }),
  })
}

/** The time of day. */
const clocks = each((locale) => new Intl.DateTimeFormat(locale, { timeStyle: 'short' }))

/** Of when the content is that could not be refreshed, in milliseconds by the server's clock. */
export function staleView(at: number, text: Text<'retry'>, locale: string, retry: () => void): TemplateResult {
  const time = new Date(at)
  const when = textOf(text, words)('asOf', { time: clocks(locale).format(time) })
  return html`<span class="as-of">${icon(offlineIcon)}<time datetime=${time.toISOString()}>${when}</time></span>
    <button class="text-button" part="retry-button" @click=${retry}>${text('retry')}</button>`
}
