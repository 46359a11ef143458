import { type ApiError, linkedAccounts, type SocialAccount } from '@rai/stores'
import { html, type LitElement, nothing, type TemplateResult } from 'lit'
import { errorEvent } from '../shared/events.js'
import { formatMoment } from '../shared/format.js'
import { type Text, textOf } from '../shared/messages.js'
import { styles as buttonStyles } from '../shared/on-demand/states.js'
import { StoreController } from '../shared/store-controller.js'
import { Connector } from './connecting.js'
import { mark } from './marks.js'
import { RaiAccountRequestEvent } from './own-events.js'
import type { Scene } from './scene.js'
import { sectionStyles } from './sections.js'

export const styles = [...buttonStyles, sectionStyles]

export const words = {
  accountsTitle: 'Your accounts',
  connected: 'Connected as {name}',
  notLinked: 'Not connected',
  expired: '{network} takes our permission no more',
  disconnected: 'Disconnected',
  disconnect: 'Disconnect',
  disconnectNow: 'Disconnect your {network} account? What it gave you stays yours.',
  keep: 'Keep it',
  whatIsKept: 'What is kept of it',
  nothingKept: 'Nothing is kept.',
  account_id: 'Its number',
  account_name: 'Its name',
  account_age: 'When it was made',
  permission: 'Our permission to ask {network}: {permissions}',
  fingerprint: 'A fingerprint, by which it is found again and which tells nothing else',
  connectedAt: 'Connected {time}',
  usedAt: 'Last asked {time}',
  stayed: 'That did not work. The account is still connected.',
}

/** The member's accounts on networks: connects and disconnects them, and says what is kept. */
export default class AccountsController {
  /** The network whose account the member is about to disconnect. */
  #asked: string | undefined
  #busy = false
  #failed: string | undefined
  readonly #host: LitElement
  readonly #scene: Scene
  readonly #say: Text<keyof typeof words>
  readonly #connector: Connector
  readonly #accounts: StoreController<ReturnType<ReturnType<typeof linkedAccounts>['$accounts']['get']>>

  constructor(host: LitElement, text: Text<never>, scene: Scene) {
    this.#host = host
    this.#scene = scene
    this.#say = textOf(text, words)
    this.#connector = new Connector(host, text, scene)
    this.#accounts = new StoreController(host, () => {
      const environment = scene.environment()
      return environment && linkedAccounts(environment).$accounts
    })
  }

  render() {
    const state = this.#accounts.value
    const accounts = state?.state === 'ready' && state.value
    if (!accounts || accounts.length === 0) return nothing
    return html`<section class="section" part="accounts" aria-labelledby="accounts-title">
      <h3 class="section-title" id="accounts-title">${this.#say('accountsTitle')}</h3>
      <ul class="accounts" role="list">
        ${accounts.map((account) => this.#renderAccount(account))}
      </ul>
    </section>`
  }

  #renderAccount(one: SocialAccount): TemplateResult {
    const { network, state, account } = one
    const isOn = account !== null
    const states = {
      connected: () => this.#say('connected', { name: account?.name ?? '' }),
      expired: () => this.#say('expired', { network: network.name }),
      not_connected: () => this.#say('notLinked'),
      disconnected: () => this.#say('disconnected'),
    }
    return html`<li class="account" role="listitem" part="account">
      <span class="account-name">${mark(network.id)}<bdi>${network.name}</bdi></span>
      <span class="muted small">${states[state]()}</span>
      ${state === 'connected' ? nothing : html`<div class="way">${this.#connector.render(network, 'button quiet')}</div>`}
      ${isOn ? this.#renderDisconnect(one) : nothing}
      ${isOn || state === 'disconnected' ? this.#renderKept(one) : nothing}
      ${this.#failed === network.id ? html`<p class="problem" part="problem" role="alert">${this.#say('stayed')}</p>` : nothing}
    </li>`
  }

  /** In two steps: what is taken back must be given anew at the network. */
  #renderDisconnect(one: SocialAccount) {
    const { id, name } = one.network
    const ask = (asked: string | undefined) => {
      this.#asked = asked
      void this.#focus(asked ? 'keep-button' : 'disconnect-button')
    }
    if (this.#asked !== id)
      return html`<button class="text-button" part="disconnect-button" aria-describedby="accounts-title" @click=${() => ask(id)}>
        ${this.#say('disconnect')}<span class="visually-hidden"> ${name}</span>
      </button>`
    return html`<div class="way">
      <p>${this.#say('disconnectNow', { network: name })}</p>
      <button class="button quiet" part="keep-button" @click=${() => ask(undefined)}>${this.#say('keep')}</button>
      <button
        class="button"
        part="disconnect-button"
        aria-disabled=${this.#busy ? 'true' : 'false'}
        @click=${() => this.#disconnect(one)}
      >
        ${this.#say('disconnect')}
      </button>
    </div>`
  }

  /** What is stored of an account, and what we may ask. */
  #renderKept({ network, stored, permissions, connectedAt, usedAt }: SocialAccount) {
    const kept = stored.map((what) => this.#say(what, { network: network.name, permissions: permissions.join(', ') }))
    const moment = (at: string) => ({ time: formatMoment(this.#scene.locale(), new Date(at)) })
    return html`<details class="kept" part="stored">
      <summary>${this.#say('whatIsKept')}</summary>
      ${kept.length ? html`<ul>${kept.map((words) => html`<li>${words}</li>`)}</ul>` : html`<p>${this.#say('nothingKept')}</p>`}
      ${connectedAt ? html`<p>${this.#say('connectedAt', moment(connectedAt))}</p>` : nothing}
      ${usedAt ? html`<p>${this.#say('usedAt', moment(usedAt))}</p>` : nothing}
    </details>`
  }

  async #disconnect({ network: { id } }: SocialAccount) {
    const environment = this.#scene.environment()
    if (this.#busy || !environment) return
    if (!this.#host.dispatchEvent(new RaiAccountRequestEvent(id, 'disconnect'))) return
    this.#busy = true
    this.#failed = undefined
    this.#host.requestUpdate()
    try {
      await linkedAccounts(environment).disconnect(id)
      this.#asked = undefined
    } catch (error) {
      this.#failed = id
      this.#host.dispatchEvent(errorEvent(error as ApiError))
    }
    this.#busy = false
    if (!this.#failed) void this.#focus('connect-button')
    this.#host.requestUpdate()
  }

  /** What had the focus has made way for what comes next. */
  async #focus(name: string) {
    this.#host.requestUpdate()
    await this.#host.updateComplete
    this.#host.renderRoot.querySelector<HTMLElement>(`.accounts [part="${name}"]`)?.focus()
  }
}
