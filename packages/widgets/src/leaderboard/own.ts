import { type ApiError, viewer } from '@rai/stores'
import { html, type LitElement, nothing, type ReactiveController, type TemplateResult, unsafeCSS } from 'lit'
import { avatar } from '../shared/avatar.js'
import { errorEvent } from '../shared/events.js'
import { type Text, textOf } from '../shared/messages.js'
import { Announcer } from '../shared/on-demand/announcer.js'
import { copyIcon, eyeIcon, eyeOffIcon, icon, iconStyles, locateIcon } from '../shared/on-demand/icons.js'
import { MenuController, type MenuItem } from '../shared/on-demand/menu.js'
import menuCss from '../shared/on-demand/menu.styles.css?inline'
import css from './own.styles.css?inline'
import { RaiRankChangeEvent, RaiVisibilityRequestEvent } from './own-events.js'
import { name, type RowView, rank } from './rows.js'
import type { RowsController } from './rows-controller.js'
import type { Scene } from './scene.js'

export const styles = [iconStyles, unsafeCSS(menuCss), unsafeCSS(css)]

export const words = {
  myPosition: 'My position',
  jump: 'Jump to me',
  actions: 'Actions for {name}',
  copyName: 'Copy name',
  hideMe: 'Hide me',
  showMe: 'Show me',
  hidden: 'You are hidden from leaderboards.',
  noScore: 'You have no score here yet.',
  notEligible: 'You do not take part in this one.',
  movedUp: 'You moved up to rank {rank}',
  movedDown: 'You are now at rank {rank}',
  brokenTitle: 'That did not work',
}

/** Why a member has no row. */
const reasons = {
  hidden: 'hidden',
  no_score: 'noScore',
  not_joined: 'notEligible',
  not_eligible: 'notEligible',
  ranked: undefined,
} as const

/** What a board has for the member who looks at it: their place, what they can do, and news of their rank. */
export default class OwnController implements ReactiveController {
  #last: { key: string; rank: number } | undefined
  readonly #host: LitElement
  readonly #scene: Scene
  readonly #say: Text<keyof typeof words>
  readonly #menu: MenuController
  readonly #announcer: Announcer

  constructor(host: LitElement, text: Text<never>, scene: Scene) {
    this.#host = host
    this.#say = textOf(text, words)
    this.#scene = scene
    this.#menu = new MenuController(host)
    this.#announcer = new Announcer(host)
    host.addController(this)
  }

  hostUpdated() {
    const { own, key } = this.#scene.model()
    const before = this.#last
    this.#last = own && { key, rank: own.rank }
    if (!own || !before || before.key !== key || before.rank === own.rank) return
    this.#host.dispatchEvent(new RaiRankChangeEvent(own.rank, before.rank))
    this.#announcer.say(
      this.#say(own.rank < before.rank ? 'movedUp' : 'movedDown', { rank: this.#scene.number(own.rank) }),
    )
  }

  /** Opens the menu; stands in one's own row. */
  button() {
    return this.#menu.button(this.#label)
  }

  /** The menu, and the voice: stand once in the element. */
  render() {
    return html`${this.#scene.model().own ? this.#menu.render(this.#label, this.#items) : nothing}${this.#announcer.render()}`
  }

  /** One's own place, over the bottom edge of the list while it is not seen in it. */
  renderBar(view: RowView, rows: RowsController | undefined): TemplateResult | undefined {
    const { own: item, found, total } = this.#scene.model()
    if (!item || !rows || found || rows.ownIsSeen) return undefined
    const jump = item.position <= total ? () => rows.jump(item.position) : undefined
    return html`<div class="row me own" part="me-row" role="group" aria-label=${this.#say('myPosition')}>
      <span class="rank">${rank(item, view)}</span>
      <span class="who">
        ${avatar(item.member)}${name(item, view)}${view.change(item)}${
          jump
            ? html`<button class="icon-button" part="jump-button" aria-label=${this.#say('jump')} title=${this.#say('jump')} @click=${jump}>
                ${icon(locateIcon)}
              </button>`
            : nothing
        }${this.button()}
      </span>
      <span class="score">${view.number(item.score)}</span>
    </div>`
  }

  /** Why one is not in the list, and what to do about it. */
  renderNotice() {
    const { mine } = this.#scene.model()
    const reason = mine && reasons[mine.state]
    if (!reason) return nothing
    return html`<div class="notice" part="notice">
      <span>${this.#say(reason)}</span>
      ${
        reason === 'hidden'
          ? html`<button class="text-button" @click=${() => this.#show('public')}>${icon(eyeIcon)}${this.#say('showMe')}</button>`
          : nothing
      }
    </div>`
  }

  get #label(): string {
    return this.#say('actions', { name: this.#scene.model().own?.member.name ?? '' })
  }

  get #items(): MenuItem[] {
    const { own } = this.#scene.model()
    if (!own) return []
    const { clipboard } = navigator
    const copy = () => void clipboard.writeText(own.member.name).catch(() => undefined)
    return [
      // Pages without https have no clipboard.
      ...(clipboard ? [{ text: this.#say('copyName'), icon: copyIcon, run: copy }] : []),
      { text: this.#say('hideMe'), icon: eyeOffIcon, run: () => void this.#show('hidden') },
    ]
  }

  /** Asks the page, then the API, to hide the member or to show them again. */
  async #show(visibility: 'public' | 'hidden') {
    const { environment } = this.#scene.scope() ?? {}
    if (!environment || !this.#host.dispatchEvent(new RaiVisibilityRequestEvent(visibility))) return
    try {
      await viewer(environment).setVisibility(visibility)
    } catch (error) {
      this.#host.dispatchEvent(errorEvent(error as ApiError))
      this.#announcer.say(this.#say('brokenTitle'))
    }
  }
}
