import { type ApiError, type ConnectableNetwork, linkedAccounts } from '@rai/stores'
import { html, type LitElement, nothing, type ReactiveController } from 'lit'
import { errorEvent } from '../shared/events.js'
import { type Text, textOf } from '../shared/messages.js'
import { webUrl } from '../shared/web-url.js'
import { onComingBack } from './coming-back.js'
import { RaiAccountRequestEvent } from './own-events.js'
import type { Scene } from './scene.js'

export const words = {
  connect: 'Connect your {network} account',
  newWindow: 'opens in a new window',
  blocked: 'Your browser opened no window. Go on by this link:',
  goOn: 'Go on to {network}',
  notConnected: 'That did not work. Try again.',
}

interface Network {
  id: ConnectableNetwork
  name: string
}

/** As long as the API takes an address to come back to. */
const longest = 2000

/**
 * Connects accounts, in a window that the click opens: what is asked for later, browsers block. The window hears nothing of
 * this page and tells it nothing; what came of it the server says. Where there is no window, a link leads the same way.
 */
export class Connector implements ReactiveController {
  /** Where the link leads, and of which network. */
  #link: { network: ConnectableNetwork; url: string } | undefined
  /** Of which network something did not work. */
  #failed: ConnectableNetwork | undefined
  #busy = false
  #coming: AbortController | undefined
  readonly #host: LitElement
  readonly #scene: Scene
  readonly #say: Text<keyof typeof words>

  constructor(host: LitElement, text: Text<never>, scene: Scene) {
    this.#host = host
    this.#scene = scene
    this.#say = textOf(text, words)
    host.addController(this)
  }

  hostDisconnected() {
    this.#coming?.abort()
    this.#link = this.#failed = undefined
  }

  /**
   * What connects an account of a network.
   * @param kind The class of its button: `button`, or `button quiet` where it is not what one does next.
   */
  render(network: Network, kind = 'button') {
    const { id, name } = network
    const url = this.#link?.network === id && webUrl(this.#link.url)
    const failed = this.#failed === id && html`<p class="problem" part="problem">${this.#say('notConnected')}</p>`
    if (url)
      // Our page does not let itself be framed.
      return html`<p class="words">${this.#say('blocked')}</p>
        <a class="button" part="connect-link" href=${url} target=${self === top ? '_self' : '_blank'} rel="noopener" @click=${this.#comeBack}
          ><bdi>${this.#say('goOn', { network: name })}</bdi></a
        >`
    return html`<button
        class=${kind}
        part="connect-button"
        aria-disabled=${this.#busy ? 'true' : 'false'}
        @click=${() => this.#connect(network)}
      >
        ${this.#say('connect', { network: name })}<span class="visually-hidden"> (${this.#say('newWindow')})</span>
      </button>
      ${failed || nothing}`
  }

  async #connect({ id }: Network) {
    const environment = this.#scene.environment()
    if (this.#busy || !environment) return
    if (!this.#host.dispatchEvent(new RaiAccountRequestEvent(id, 'connect'))) return
    const opened = open('', '_blank', 'popup,width=560,height=760')
    if (opened) opened.opener = null
    this.#busy = true
    this.#link = this.#failed = undefined
    this.#host.requestUpdate()
    try {
      const { href, origin, pathname } = location
      const url = await linkedAccounts(environment).connect(id, href.length > longest ? origin + pathname : href)
      if (opened && !opened.closed) {
        opened.location.replace(url)
        this.#comeBack()
      } else this.#link = { network: id, url }
    } catch (error) {
      opened?.close()
      this.#failed = id
      this.#host.dispatchEvent(errorEvent(error as ApiError))
    }
    this.#busy = false
    this.#host.requestUpdate()
    await this.#host.updateComplete
    if (this.#link) this.#host.renderRoot.querySelector<HTMLElement>('[part="connect-link"]')?.focus()
  }

  /** The stream tells what came of it; where it cannot, the server is asked. */
  readonly #comeBack = () => {
    this.#coming?.abort()
    this.#coming = onComingBack(() => {
      const environment = this.#scene.environment()
      if (environment) void linkedAccounts(environment).refresh()
      void this.#scene.source()?.refresh()
    })
  }
}
