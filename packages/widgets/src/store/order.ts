import { type ApiError, failureOf, type Order, showVoucher } from '@rai/stores'
import { html, type LitElement, nothing, type TemplateResult, unsafeCSS } from 'lit'
import { formatMoment } from '../shared/format.js'
import { type Text, textOf } from '../shared/messages.js'
import { checkIcon, copyIcon, eyeIcon, icon, iconStyles, outIcon } from '../shared/on-demand/icons.js'
import { webUrl } from '../shared/web-url.js'
import css from './order.styles.css?inline'
import type { Scene } from './scene.js'

export const styles = [iconStyles, unsafeCSS(css)]

export const words = {
  orderNumber: 'Order',
  orderDate: 'Bought',
  orderPaid: 'Paid',
  orderStatus: 'Status',
  instructions: 'What to do now',
  openLink: 'Open what you got',
  newTab: 'opens in a new tab',
  showCode: 'Show the code',
  code: 'Your code',
  copyCode: 'Copy',
  copied: 'Copied',
  codeUntil: 'Good until {time}',
  codeExpired: 'The code has run out.',
  codeVoid: 'The code is no longer good: the order was paid back.',
  codeFailed: 'The code could not be shown. Try again.',
}

/** How far an order is, in the operator's word and color. */
export const statusOf = ({ status }: Order): TemplateResult => html`<span class="status" part="order-status"
  ><svg viewBox="0 0 8 8" aria-hidden="true"><circle cx="4" cy="4" r="4" fill=${status.color}></circle></svg
  ><bdi>${status.name}</bdi></span
>`

/** An order that was bought: its code or where it is, what to do with it, what was told. */
export class OrderView {
  /** Codes that were shown since, by order: they stay in the memory of the page. */
  readonly #codes = new Map<string, string>()
  #busy = false
  #copied = false
  #failed = false
  readonly #host: LitElement
  readonly #scene: Scene
  readonly #say: Text<keyof typeof words>

  constructor(host: LitElement, text: Text<never>, scene: Scene) {
    this.#host = host
    this.#scene = scene
    this.#say = textOf(text, words)
  }

  /** Shows no code any more. */
  close() {
    this.#codes.clear()
    this.#copied = this.#failed = false
  }

  render(order: Order): TemplateResult {
    const { number, createdAt, price, link, instructions, information } = order
    return html`${this.#renderVoucher(order)} ${this.#renderLink(link)}
      ${
        instructions
          ? html`<section><h3 class="heading">${this.#say('instructions')}</h3><p class="words"><bdi>${instructions}</bdi></p></section>`
          : nothing
      }
      <dl class="facts">
        <div><dt>${this.#say('orderStatus')}</dt><dd>${statusOf(order)}</dd></div>
        <div><dt>${this.#say('orderNumber')}</dt><dd class="number">${number}</dd></div>
        <div>
          <dt>${this.#say('orderDate')}</dt>
          <dd><time datetime=${createdAt}>${formatMoment(this.#scene.locale(), new Date(createdAt))}</time></dd>
        </div>
        <div><dt>${this.#say('orderPaid')}</dt><dd>${price ? this.#scene.amount(price) : this.#scene.text('free')}</dd></div>
        ${information.map(({ label, value }) => html`<div><dt><bdi>${label}</bdi></dt><dd><bdi>${value}</bdi></dd></div>`)}
      </dl>`
  }

  #renderVoucher(order: Order) {
    const { id, voucher } = order
    if (!voucher) return nothing
    if (voucher.state === 'void') return html`<p class="words">${this.#say('codeVoid')}</p>`
    const code = this.#codes.get(id)
    const { expiresAt, state } = voucher
    return html`<section class="voucher">
      <h3 class="heading">${this.#say('code')}</h3>
      ${
        code === undefined
          ? html`<button class="button quiet" part="reveal-button" aria-busy=${this.#busy ? 'true' : 'false'} @click=${() => this.#reveal(order)}>
              ${icon(eyeIcon)}${this.#say('showCode')}
            </button>`
          : html`<code class="code" part="code">${code}</code>
              <button class="button quiet" part="copy-button" @click=${() => this.#copy(code)}>
                ${icon(this.#copied ? checkIcon : copyIcon)}${this.#say(this.#copied ? 'copied' : 'copyCode')}
              </button>
              ${this.#renderLink(code)}`
      }
      ${this.#failed ? html`<p class="wrong" part="alert" role="alert">${this.#say('codeFailed')}</p>` : nothing}
      ${
        expiresAt
          ? html`<p class="small muted">${
              state === 'expired'
                ? this.#say('codeExpired')
                : this.#say('codeUntil', { time: formatMoment(this.#scene.locale(), new Date(expiresAt)) })
            }</p>`
          : nothing
      }
    </section>`
  }

  /** The way to what was bought; nothing for what is no address of a page. The page there is not told where one comes from. */
  #renderLink(link: string | null) {
    const href = webUrl(link)
    return href
      ? html`<a class="button to-it" part="item-link" href=${href} target="_blank" rel="noopener noreferrer"
          >${this.#say('openLink')}${icon(outIcon, true)}<span class="visually-hidden"> (${this.#say('newTab')})</span></a
        >`
      : nothing
  }

  async #reveal({ id }: Order) {
    const environment = this.#scene.environment()
    if (this.#busy || !environment) return
    this.#busy = true
    this.#failed = false
    this.#host.requestUpdate()
    try {
      this.#codes.set(id, (await showVoucher(environment, id)).code)
    } catch (error) {
      this.#failed = true
      console.warn(`[rai] A code could not be shown: ${failureOf(error as ApiError).code}`)
    }
    this.#busy = false
    this.#host.requestUpdate()
    await this.#host.updateComplete
    // The button has made way for the code.
    this.#host.renderRoot.querySelector<HTMLElement>('[part="copy-button"]')?.focus()
  }

  /** Where the page has no clipboard, for want of https, the code is chosen whole by a click on it. */
  async #copy(code: string) {
    this.#copied = await (navigator.clipboard?.writeText(code).then(
      () => true,
      () => false,
    ) ?? false)
    if (!this.#copied) getSelection()?.selectAllChildren(this.#host.renderRoot.querySelector('.code')!)
    this.#host.requestUpdate()
  }
}
