import { type ApiError, claimPrize, type Environment, type RunChoice, sendSeen, setEntry, viewer } from '@rai/stores'
import { html, type LitElement, nothing, type ReactiveController, type TemplateResult, unsafeCSS } from 'lit'
import { avatar } from '../shared/avatar.js'
import { errorEvent } from '../shared/events.js'
import { type Text, textOf } from '../shared/messages.js'
import { Announcer } from '../shared/on-demand/announcer.js'
import { RaiClaimRequestEvent } from '../shared/on-demand/claim-event.js'
import {
  checkIcon,
  copyIcon,
  eyeIcon,
  eyeOffIcon,
  icon,
  iconStyles,
  leaveIcon,
  locateIcon,
  trophyIcon,
} from '../shared/on-demand/icons.js'
import { Menu, type MenuItem } from '../shared/on-demand/menu.js'
import menuCss from '../shared/on-demand/menu.styles.css?inline'
import css from './own.styles.css?inline'
import { RaiEntryRequestEvent, RaiRankChangeEvent, RaiVisibilityRequestEvent } from './own-events.js'
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
  notJoined: 'Take part to be ranked. What you have so far counts.',
  join: 'Take part',
  leave: 'Leave this leaderboard',
  joined: 'You take part now',
  left: 'You no longer take part',
  won: 'Rank {rank}: you won “{prize}”',
  claim: 'Claim',
  claimed: 'Claimed',
  notClaimed: 'That did not work. The prize is still yours: try again.',
  movedUp: 'You moved up to rank {rank}',
  movedDown: 'You are now at rank {rank}',
  brokenTitle: 'That did not work',
}

/** Why a member has no row. */
const reasons = {
  hidden: 'hidden',
  no_score: 'noScore',
  not_joined: 'notJoined',
  not_eligible: 'notEligible',
  ranked: undefined,
} as const

/** So long a rank stands before the member has seen it, in milliseconds. */
const look = 3000

/** What a board has for the member who looks at it: their place, what they can do, and news of their rank. */
export default class OwnController implements ReactiveController {
  #last: { key: string; rank: number } | undefined
  #looking: ReturnType<typeof setTimeout> | undefined
  /** What the member asked for is under way. */
  #busy = false
  /** The run whose prize looks claimed, and the one where that failed. */
  #claimed: string | undefined
  #notClaimed: string | undefined
  readonly #host: LitElement
  readonly #scene: Scene
  readonly #say: Text<keyof typeof words>
  readonly #menu: Menu
  readonly #announcer: Announcer

  constructor(host: LitElement, text: Text<never>, scene: Scene) {
    this.#host = host
    this.#say = textOf(text, words)
    this.#scene = scene
    this.#menu = new Menu(host)
    this.#announcer = new Announcer(host)
    host.addController(this)
  }

  hostUpdated() {
    const { own, key } = this.#scene.model()
    const before = this.#last
    this.#last = own && { key, rank: own.rank }
    const isSame = before?.key === key
    if (!own || (isSame && before?.rank === own.rank)) return
    this.#look()
    if (!before || !isSame) return
    this.#host.dispatchEvent(new RaiRankChangeEvent(own.rank, before.rank))
    this.#announcer.say(
      this.#say(own.rank < before.rank ? 'movedUp' : 'movedDown', { rank: this.#scene.number(own.rank) }),
    )
  }

  hostDisconnected() {
    clearTimeout(this.#looking)
    this.#last = undefined
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

  /** What one has won, or why one is not in the list, and what to do about it. */
  renderNotice() {
    const { mine } = this.#scene.model()
    // What is over cannot be joined.
    const reason = mine && (this.#isOver && mine.state === 'not_joined' ? 'notEligible' : reasons[mine.state])
    return html`${this.#renderPrize()}${
      reason
        ? html`<div class="notice" part="notice">
            <span>${this.#say(reason)}</span>
            ${
              reason === 'hidden'
                ? html`<button class="text-button" @click=${() => this.#show('public')}>${icon(eyeIcon)}${this.#say('showMe')}</button>`
                : nothing
            }
            ${
              reason === 'notJoined'
                ? html`<button class="text-button strong" part="join-button" @click=${() => this.#enter(true)}>${this.#say('join')}</button>`
                : nothing
            }
          </div>`
        : nothing
    }`
  }

  /** The button stays when it has done its work, and the focus on it. */
  #renderPrize() {
    const { mine, key } = this.#scene.model()
    if (!mine?.prize) return nothing
    const { prize, rank, state } = mine.prize
    const isClaimed = state === 'claimed' || this.#claimed === key
    const text = this.#say('won', { rank: this.#scene.number(rank), prize: prize.title })
    return html`<div class="notice" part="prize">
      ${icon(trophyIcon)}
      <span
        >${text}${this.#notClaimed === key ? html`<span class="failed">${this.#say('notClaimed')}</span>` : nothing}</span
      >
      <button
        class=${isClaimed ? 'text-button' : 'text-button strong'}
        part="claim-button"
        aria-disabled=${isClaimed ? 'true' : 'false'}
        @click=${() => isClaimed || this.#claim()}
      >
        ${isClaimed ? icon(checkIcon) : nothing}${this.#say(isClaimed ? 'claimed' : 'claim')}
      </button>
    </div>`
  }

  get #label(): string {
    return this.#say('actions', { name: this.#scene.model().own?.member.name ?? '' })
  }

  get #items(): MenuItem[] {
    const { own, board } = this.#scene.model()
    if (!own) return []
    const { clipboard } = navigator
    const copy = () => void clipboard.writeText(own.member.name).catch(() => undefined)
    return [
      // Pages without https have no clipboard.
      ...(clipboard ? [{ text: this.#say('copyName'), icon: copyIcon, run: copy }] : []),
      { text: this.#say('hideMe'), icon: eyeOffIcon, run: () => void this.#show('hidden') },
      ...(board?.requiresOptIn && !this.#isOver
        ? [{ text: this.#say('leave'), icon: leaveIcon, run: () => void this.#enter(false) }]
        : []),
    ]
  }

  get #isOver(): boolean {
    const state = this.#scene.model().mine?.run.state
    return state === 'in_review' || state === 'ended'
  }

  /** Remembers the rank that is shown, once it has stood for a while before the member's eyes. */
  #look() {
    clearTimeout(this.#looking)
    this.#looking = setTimeout(() => {
      const { own, mine, choice } = this.#scene.model()
      const environment = this.#scene.environment()
      if (!environment || !choice || !own || !mine || document.visibilityState !== 'visible') return
      // Nobody asked for it: the next visit knows less then, and that is all.
      sendSeen(environment, choice, mine.run, own.rank).catch(() => undefined)
    }, look)
  }

  /** Hides the member, or shows them again. */
  #show(visibility: 'public' | 'hidden') {
    return this.#act(new RaiVisibilityRequestEvent(visibility), (environment) =>
      viewer(environment).setVisibility(visibility),
    )
  }

  /** Lets the member take part, or no longer. */
  #enter(joined: boolean) {
    return this.#act(new RaiEntryRequestEvent(joined), async (environment, choice) => {
      await setEntry(environment, choice, joined)
      this.#announcer.say(this.#say(joined ? 'joined' : 'left'))
    })
  }

  /** Claims the prize: it looks claimed at once, and as before where that fails. */
  #claim() {
    const { mine, key } = this.#scene.model()
    return this.#act(new RaiClaimRequestEvent(), async (environment, choice) => {
      this.#claimed = key
      this.#notClaimed = undefined
      this.#host.requestUpdate()
      try {
        await claimPrize(environment, choice, mine!.run)
        this.#announcer.say(this.#say('claimed'))
      } catch (error) {
        this.#claimed = undefined
        this.#notClaimed = key
        this.#host.requestUpdate()
        throw error
      }
    })
  }

  /** Asks the page, then the API. One thing at a time: a second click does nothing. */
  async #act(request: Event, act: (environment: Environment, choice: RunChoice) => Promise<void>) {
    const environment = this.#scene.environment()
    const { choice } = this.#scene.model()
    if (this.#busy || !environment || !choice || !this.#host.dispatchEvent(request)) return
    this.#busy = true
    const { activeElement } = this.#host.renderRoot as ShadowRoot
    try {
      await act(environment, choice)
    } catch (error) {
      this.#host.dispatchEvent(errorEvent(error as ApiError))
      this.#announcer.say(this.#say('brokenTitle'))
    }
    this.#busy = false
    await this.#host.updateComplete
    // The button has done its work and is gone: whoever pressed it goes on with the list.
    if (activeElement && !activeElement.isConnected)
      this.#host.renderRoot.querySelector<HTMLElement>('.scroller')?.focus({ preventScroll: true })
  }
}
