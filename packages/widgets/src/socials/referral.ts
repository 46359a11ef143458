import { referral } from '@rai/stores'
import { html, type LitElement, nothing } from 'lit'
import { type Text, textOf } from '../shared/messages.js'
import { icon, qrIcon } from '../shared/on-demand/icons.js'
import { styles as buttonStyles } from '../shared/on-demand/states.js'
import { Part } from '../shared/part.js'
import { StoreController } from '../shared/store-controller.js'
import { rewardText } from './facts.js'
import { PassingOn, styles as passingStyles } from './passing-on.js'
import type qrCode from './qr.js'
import type { Scene } from './scene.js'
import { sectionStyles } from './sections.js'

export const styles = [...buttonStyles, ...passingStyles, sectionStyles]

export const words = {
  bringOthers: 'Bring others',
  forYou: '{reward} for you for everybody who joins by your link',
  forThem: '{reward} for them',
  limitADay: { one: 'One a day counts', other: '{count} a day count' },
  cameBy: { one: '{count} has come by you', other: '{count} have come by you' },
  earnedBy: '{reward} earned with that',
  showQr: 'Show as a QR code',
  hideQr: 'Hide the QR code',
  qrOf: 'QR code of your link',
}

/** How the member brings others: their link, what it gives, and what came of it. */
export default class ReferralController {
  readonly #scene: Scene
  readonly #say: Text<keyof typeof words>
  readonly #passingOn: PassingOn
  /** Draws the link as a code; fetched when somebody wants to see one. */
  readonly #qr: Part<typeof qrCode>
  #showsQr = false
  readonly #host: LitElement
  readonly #referral: StoreController<ReturnType<ReturnType<typeof referral>['$referral']['get']>>

  constructor(host: LitElement, text: Text<never>, scene: Scene) {
    this.#host = host
    this.#scene = scene
    this.#say = textOf(text, words)
    this.#passingOn = new PassingOn(host, text)
    this.#qr = new Part(host, () => import('./qr.js'))
    this.#referral = new StoreController(host, () => {
      const environment = scene.environment()
      return environment && referral(environment).$referral
    })
  }

  render() {
    const state = this.#referral.value
    const shown = state?.state === 'ready' && state.value
    // Without a page to send people to there is nothing to do here.
    if (!shown || shown.link === null) return nothing
    const { link, count, earned, rewards, limitPerDay } = shown
    const number = this.#scene.number
    const [forYou, forThem, sum] = [rewards.referrer, rewards.referred, earned].map((given) =>
      rewardText(given, this.#scene),
    )
    return html`<section class="section" part="referral" aria-labelledby="referral-title">
      <h3 class="section-title" id="referral-title">${this.#say('bringOthers')}</h3>
      ${forYou ? html`<p>${this.#say('forYou', { reward: forYou })}</p>` : nothing}
      ${forThem ? html`<p>${this.#say('forThem', { reward: forThem })}</p>` : nothing}
      ${this.#passingOn.render({ url: link })} ${this.#renderQr(link)}
      <p class="facts">
        <span>${this.#say('cameBy', { count: number(count) }, count)}</span>
        ${sum ? html`<span>${this.#say('earnedBy', { reward: sum })}</span>` : nothing}
        ${limitPerDay ? html`<span>${this.#say('limitADay', { count: number(limitPerDay) }, limitPerDay)}</span>` : nothing}
      </p>
    </section>`
  }

  #renderQr(link: string) {
    const toggle = () => {
      this.#showsQr = !this.#showsQr
      this.#host.requestUpdate()
    }
    return html`<button class="button quiet" part="qr-button" aria-expanded=${this.#showsQr ? 'true' : 'false'} @click=${toggle}>
        ${icon(qrIcon)}${this.#say(this.#showsQr ? 'hideQr' : 'showQr')}
      </button>
      ${this.#showsQr ? this.#qr.value?.(link, this.#say('qrOf')) : nothing}`
  }
}
