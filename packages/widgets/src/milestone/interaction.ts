import { type ApiError, failureOf, type Milestone, type MilestoneStage, type MilestoneState } from '@rai/stores'
import { html, type LitElement, nothing, type ReactiveController, unsafeCSS } from 'lit'
import { ClockController } from '../shared/clock-controller.js'
import { errorEvent } from '../shared/events.js'
import { formatMoment } from '../shared/format.js'
import { type Text, textOf } from '../shared/messages.js'
import { Announcer } from '../shared/on-demand/announcer.js'
import { Dialog, styles as dialogStyles } from '../shared/on-demand/dialog.js'
import { rewardText, when } from './facts.js'
import css from './interaction.styles.css?inline'
import { RaiStageChangeEvent, RaiStageClaimRequestEvent } from './own-events.js'
import type { Scene } from './scene.js'

export const styles = [...dialogStyles, unsafeCSS(css)]

export const words = {
  close: 'Close',
  given: 'Claimed: {reward}',
  reached: '{stage}: done',
  boostNow: '{times} times as much now',
  boost: '{times} times as much',
  boostFor: 'for {who}',
  tierFrom: 'tier {tier} and up',
  boostUntil: 'until {time}',
  lateLocked: 'This is not open to you yet.',
  lateNotDone: 'Something is still missing.',
  lateEnded: 'It ended a moment before.',
  lateSoldOut: 'Somebody else took the last one a moment before.',
  lost: 'No answer came. If it worked, it shows here by itself; to try again does no harm.',
  notClaimed: 'That did not work. It is still yours to claim: try again.',
}

type Boost = MilestoneStage['reward']['boosts'][number]

/** Why a claim was refused, by the server's code. */
const refusals: Record<string, keyof typeof words> = {
  locked: 'lateLocked',
  not_done: 'lateNotDone',
  ended: 'lateEnded',
  sold_out: 'lateSoldOut',
  network: 'lost',
}

/** How an address names the milestone that is open. */
const link = '#rai-m='

/** What one can do with milestones once they are seen: claim, look closer, follow a task and come back, hear what changed. */
export default class Interaction implements ReactiveController {
  readonly #host: LitElement
  readonly #scene: Scene
  readonly #say: Text<keyof typeof words>
  readonly #announcer: Announcer
  readonly #dialog: Dialog
  /** The milestone in the dialog. */
  #shown: string | undefined
  /** How each stage stood when it was drawn last, by milestone and stage; and of whom that is. */
  #before: Map<string, MilestoneState> | undefined
  /** Why the last claim of a stage failed. */
  #problem: { id: string; words: keyof typeof words } | undefined
  #comingBack: AbortController | undefined

  constructor(host: LitElement, text: Text<never>, scene: Scene) {
    this.#host = host
    this.#scene = scene
    this.#say = textOf(text, words)
    this.#announcer = new Announcer(host)
    this.#dialog = new Dialog(host, () => this.#onClosed())
    new ClockController(host, () => this.#timeLeft())
    host.addController(this)
  }

  hostConnected() {
    addEventListener('hashchange', this.#followLink)
    this.#followLink()
  }

  hostDisconnected() {
    removeEventListener('hashchange', this.#followLink)
    this.#comingBack?.abort()
    this.#before = undefined
  }

  hostUpdated() {
    const { shown, items } = this.#scene.model()
    if (!shown) {
      this.#before = undefined
      return
    }
    const before = this.#before
    this.#before = new Map()
    for (const milestone of items)
      for (const { number, state, name } of milestone.stages) {
        const id = idOf(milestone, number)
        this.#before.set(id, state)
        const previous = before?.get(id)
        if (!previous || previous === state) continue
        this.#host.dispatchEvent(new RaiStageChangeEvent(milestone.id, number, state, previous))
        if (state === 'claimable' || state === 'complete') this.#announcer.say(this.#say('reached', { stage: name }))
      }
  }

  /** Shows all of a milestone, over the page. */
  show(id: string) {
    this.#shown = id
    this.#dialog.open()
    // A page that steers by its fragment keeps it.
    if (!location.hash) history.replaceState(history.state, '', link + id)
  }

  /** The dialog, and the voice: stand once in the element. */
  render() {
    const milestone = this.#open
    const icon = milestone?.icon ? html`<span aria-hidden="true">${milestone.icon}</span> ` : nothing
    return html`${
      milestone
        ? this.#dialog.render({
            title: html`${icon}<bdi>${milestone.name}</bdi>`,
            close: this.#say('close'),
            body: html`${when(milestone, this.#scene)}${this.#scene.path()?.(milestone, this.#scene)}`,
          })
        : nothing
    }${this.#announcer.render()}`
  }

  /** When a reward is larger, and for whom. */
  boosts({ reward, state }: MilestoneStage) {
    if (state === 'claimed') return nothing
    return reward.boosts.map((boost) => html`<span class="boost" part="boost">${this.#boostText(boost)}</span>`)
  }

  #boostText({ percent, role, tier, endsAt, applies }: Boost): string {
    const { locale, number } = this.#scene
    const who = role ?? (tier && this.#say('tierFrom', { tier: number(tier) }))
    return [
      this.#say(applies ? 'boostNow' : 'boost', { times: number(percent / 100) }),
      ...(who && !applies ? [this.#say('boostFor', { who })] : []),
      ...(endsAt ? [this.#say('boostUntil', { time: formatMoment(locale(), new Date(endsAt)) })] : []),
    ].join(' ')
  }

  /** Why the last claim of a stage failed; nothing where it shows meanwhile that it did not. */
  problem(milestone: Milestone, { number, state }: MilestoneStage) {
    const isIt = state !== 'claimed' && this.#problem?.id === idOf(milestone, number)
    return isIt ? html`<p class="problem" part="problem">${this.#say(this.#problem!.words)}</p>` : nothing
  }

  /** Asks the page, then the API: it looks claimed at once, and as before where that fails. */
  async claim(milestone: Milestone, stage: MilestoneStage) {
    const source = this.#scene.source()
    if (!source || stage.state !== 'claimable') return
    if (!this.#host.dispatchEvent(new RaiStageClaimRequestEvent(milestone.id, stage.number))) return
    this.#problem = undefined
    const { activeElement } = this.#host.renderRoot as ShadowRoot
    try {
      const { given } = await source.claim(milestone.id, stage.number)
      this.#announcer.say(this.#say('given', { reward: rewardText(given, this.#scene) }))
      void this.#celebrate()
    } catch (error) {
      const { code } = failureOf(error as ApiError)
      this.#problem = { id: idOf(milestone, stage.number), words: refusals[code] ?? 'notClaimed' }
      this.#host.requestUpdate()
      this.#host.dispatchEvent(errorEvent(error as ApiError))
      this.#announcer.say(this.#say(this.#problem.words))
    }
    await this.#host.updateComplete
    // The next stage is on, and the button is gone: whoever pressed it goes on there.
    if (activeElement && !activeElement.isConnected)
      this.#host.renderRoot.querySelector<HTMLElement>('.current .step, .more')?.focus({ preventScroll: true })
  }

  /** Somebody left for the page where a task is done: when they come back, the server is asked how far they are. */
  readonly left = () => {
    this.#comingBack?.abort()
    const coming = new AbortController()
    this.#comingBack = coming
    addEventListener(
      'focus',
      () => {
        coming.abort()
        void this.#scene.source()?.refresh()
      },
      { signal: coming.signal },
    )
  }

  async #celebrate() {
    const wanted = this.#scene.celebrate() ?? 'once'
    if (wanted === 'off' || matchMedia('(prefers-reduced-motion: reduce)').matches) return
    const { celebrate } = await import('./celebration.js')
    celebrate(this.#host.renderRoot as ShadowRoot, wanted === 'once')
  }

  get #open() {
    return this.#dialog.isOpen ? this.#scene.model().items.find(({ id }) => id === this.#shown) : undefined
  }

  readonly #followLink = () => {
    const id = location.hash.startsWith(link) && decodeURIComponent(location.hash.slice(link.length))
    const { items, one } = this.#scene.model()
    if (id && !one && items.some((item) => item.id === id)) this.show(id)
  }

  #onClosed() {
    if (location.hash === link + this.#shown)
      history.replaceState(history.state, '', location.pathname + location.search)
  }

  /** Until whatever of what is shown begins or ends next. */
  #timeLeft(): number | undefined {
    const { environment, model, timeTo } = this.#scene
    if (!environment()) return undefined
    const times = model().items.flatMap(({ startsAt, endsAt }) => [timeTo(startsAt), timeTo(endsAt)])
    const left = Math.min(...times.filter((time) => time > 0))
    return left === Number.POSITIVE_INFINITY ? undefined : left
  }
}

const idOf = ({ id }: Milestone, stage: number) => `${id} ${stage}`
