import { type ApiError, failureOf, type Loadable } from '@rai/stores'
import { html, nothing, type TemplateResult } from 'lit'
import { alertIcon, icon, offlineIcon, retryIcon } from './icons.js'
import type messages from './messages/en.js'

/** How an element draws each of the four states. */
export interface Views<T> {
  loading: () => unknown
  ready: (value: T, stale: ApiError | undefined) => unknown
  failed: (error: ApiError) => unknown
}

/** Draws a loadable. Nothing asked yet looks like asking. */
export function loadableView<T>(loadable: Loadable<T> | undefined, views: Views<T>): unknown {
  if (loadable?.state === 'ready') return views.ready(loadable.value, loadable.stale)
  if (loadable?.state === 'failed') return views.failed(loadable.error)
  return views.loading()
}

/** What takes the place of content: why there is none, and one way on. */
export function stateView(view: { icon: string; title: string; text?: unknown; action?: unknown; small?: unknown }) {
  return html`<span class="sign">${icon(view.icon)}</span>
    <p class="title">${view.title}</p>
    ${view.text ? html`<p class="muted">${view.text}</p>` : nothing} ${view.action ?? nothing}
    ${view.small ? html`<p class="small muted">${view.small}</p>` : nothing}`
}

type Text = (key: keyof typeof messages, values?: Record<string, string>) => string

/** The sentences for an error code; every other code is our fault until we know better. */
const causes: Record<string, 'network' | 'busy' | 'forbidden' | 'missing'> = {
  network: 'network',
  rate_limited: 'busy',
  unavailable: 'busy',
  forbidden: 'forbidden',
  unauthorized: 'forbidden',
  origin_not_allowed: 'forbidden',
  secret_key_in_browser: 'forbidden',
  not_found: 'missing',
}

/** An error in the member's words. The server's own text never reaches the page. */
export function failureView(error: ApiError, text: Text, retry: () => void): TemplateResult {
  const { kind, code, requestId } = failureOf(error)
  const cause = kind === 'network' ? 'network' : (causes[code] ?? 'broken')
  return stateView({
    icon: cause === 'network' ? offlineIcon : alertIcon,
    title: text(`${cause}Title`),
    text: text(`${cause}Text`),
    action: html`<button class="button quiet" part="retry-button" @click=${retry}>${icon(retryIcon)}${text('retry')}</button>`,
    small: requestId && text('reference', { id: requestId }),
  })
}
