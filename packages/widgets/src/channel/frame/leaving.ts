import { html, type LitElement, nothing, unsafeCSS } from 'lit'
import { type Text, textOf } from '../../shared/messages.js'
import { Dialog, styles as dialogStyles } from '../../shared/on-demand/dialog.js'
import css from './leaving.styles.css?inline'

export const styles = [...dialogStyles, unsafeCSS(css)]

export const words = {
  leaveTitle: 'Leave for another site?',
  leaveText: '{name} wants to open this address in a new tab.',
  leave: 'Open {host}',
  stay: 'Stay here',
}

/** Asks the visitor whether they want to leave for an address that a page names. */
export default class LeavingController {
  #asked: { url: URL; answer: (yes: boolean) => void } | undefined
  readonly #say: Text<keyof typeof words>
  readonly #dialog: Dialog

  constructor(host: LitElement, text: Text<never>) {
    this.#say = textOf(text, words)
    this.#dialog = new Dialog(host, () => {
      this.#asked?.answer(false)
      this.#asked = undefined
    })
  }

  /** One question at a time: a second one would come under the finger that answers the first. */
  ask(url: URL): Promise<boolean> {
    if (this.#asked) return Promise.resolve(false)
    this.#dialog.open()
    return new Promise((answer) => {
      this.#asked = { url, answer }
    })
  }

  readonly close = () => this.#dialog.close()

  readonly #leave = () => {
    this.#asked?.answer(true)
    this.#dialog.close()
  }

  render(name: string) {
    if (!this.#asked) return nothing
    const { url } = this.#asked
    return this.#dialog.render({
      title: this.#say('leaveTitle'),
      close: this.#say('stay'),
      body: html`<p>${this.#say('leaveText', { name })}</p>
        <p class="address">${url.href}</p>`,
      actions: html`<button class="button quiet" part="stay-button" @click=${this.close}>${this.#say('stay')}</button>
        <button class="button" part="leave-button" @click=${this.#leave}>
          <span class="cut">${this.#say('leave', { host: url.host })}</span>
        </button>`,
    })
  }
}
