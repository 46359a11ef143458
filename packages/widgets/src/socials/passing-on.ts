import { html, type LitElement, nothing, type TemplateResult, unsafeCSS } from 'lit'
import { type Text, textOf } from '../shared/messages.js'
import { checkIcon, copyIcon, icon, iconStyles, shareIcon } from '../shared/on-demand/icons.js'
import css from './passing-on.styles.css?inline'

export const styles = [iconStyles, unsafeCSS(css)]

export const words = {
  yourLink: 'Your link',
  share: 'Share',
  copyLink: 'Copy',
  copied: 'Copied',
}

/** A link that a member passes on, by the device's own dialog or by copying it. */
export class PassingOn {
  #copied: string | undefined
  readonly #host: LitElement
  readonly #say: Text<keyof typeof words>

  constructor(host: LitElement, text: Text<never>) {
    this.#host = host
    this.#say = textOf(text, words)
  }

  /**
   * @param url What is passed on; a text where it is no address.
   * @param used Is told that somebody did.
   */
  render({ url, text = '' }: { url: string; text?: string }, used?: () => void): TemplateResult {
    const isCopied = this.#copied === url
    const share = () => {
      used?.()
      // Who changes their mind has shared nothing.
      navigator.share({ url, text }).catch(() => undefined)
    }
    return html`<div class="passing">
      <code class="address" part="address" dir="ltr" aria-label=${this.#say('yourLink')}>${url}</code>
      <button class="button quiet" part="copy-button" @click=${() => this.#copy(url, used)}>
        ${icon(isCopied ? checkIcon : copyIcon)}<span role="status">${this.#say(isCopied ? 'copied' : 'copyLink')}</span>
      </button>
      ${
        'share' in navigator && URL.canParse(url)
          ? html`<button class="button quiet" part="share-button" @click=${share}>${icon(shareIcon)}${this.#say('share')}</button>`
          : nothing
      }
    </div>`
  }

  /** Where the page has no clipboard, for want of https, the link is chosen whole. */
  async #copy(url: string, used?: () => void) {
    used?.()
    const isCopied = await (navigator.clipboard?.writeText(url).then(
      () => true,
      () => false,
    ) ?? false)
    this.#copied = isCopied ? url : undefined
    const shown = [...this.#host.renderRoot.querySelectorAll('.address')].find(({ textContent }) => textContent === url)
    if (!isCopied && shown) getSelection()?.selectAllChildren(shown)
    this.#host.requestUpdate()
  }
}
