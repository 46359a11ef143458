import {
  type ApiError,
  type Evidence,
  failureOf,
  type Loadable,
  linkedAccounts,
  type SocialAccount,
  type SocialProgress,
  type SocialQuest,
  type SocialState,
} from '@rai/stores'
import { html, type LitElement, nothing, type ReactiveController, type TemplateResult, unsafeCSS } from 'lit'
import { ClockController } from '../shared/clock-controller.js'
import { errorEvent } from '../shared/events.js'
import { formatCountdown, formatMoment } from '../shared/format.js'
import { type Text, textOf } from '../shared/messages.js'
import { Announcer } from '../shared/on-demand/announcer.js'
import { icon, outIcon } from '../shared/on-demand/icons.js'
import { styles as buttonStyles } from '../shared/on-demand/states.js'
import { StoreController } from '../shared/store-controller.js'
import { webUrl } from '../shared/web-url.js'
import { onComingBack } from './coming-back.js'
import { Connector } from './connecting.js'
import { rewardText, stateText } from './facts.js'
import css from './interaction.styles.css?inline'
import { RaiQuestChangeEvent, RaiQuestClaimRequestEvent, RaiQuestStartRequestEvent } from './own-events.js'
import { PassingOn, styles as passingStyles } from './passing-on.js'
import type { Scene } from './scene.js'

export const styles = [...buttonStyles, ...passingStyles, unsafeCSS(css)]

export const words = {
  howAccount: '{network} is asked whether it is done, as the account that you connect.',
  howCounted: 'It counts who becomes a member with your link.',
  howApi: 'The community’s own service is asked whether it is done.',
  howCode: 'You enter the code that you find there.',
  howAnswer: 'You answer the question.',
  howReview: 'A person looks at what you send in.',
  howSelf: 'Nobody checks this: your word is enough.',
  goTo: 'Go to {network}',
  goThere: 'Go there',
  newTab: 'opens in a new tab',
  back: 'Welcome back. Say here when it is done.',
  check: 'Check now',
  send: 'Send',
  sendIn: 'Send in',
  didIt: 'I did it',
  codeLabel: 'The code',
  noteLabel: 'What you did',
  linkLabel: 'A link to it',
  pictureLabel: 'A picture of it',
  fillIn: 'Please fill this in.',
  linkWanted: 'Please enter a whole web address.',
  triesLeft: { one: 'One try left', other: '{count} tries left' },
  came: '{have} of {need} have come',
  bonusDays: '{have} of {need} days in a row: the last one gives {reward} more.',
  bonusWeeks: '{have} of {need} weeks in a row: the last one gives {reward} more.',
  tooSoon: 'You can say that it is done in {time}.',
  later: 'It does not show yet. It can be checked again in {time}.',
  notYetOn: '{network} does not show it yet.',
  notYet: 'It does not show yet.',
  wrongCode: 'That is not it.',
  wasRejected: 'It was turned down: {why}',
  connectFirst: 'Connect your {network} account first.',
  connectAgain: '{network} takes our permission no more. Connect your account again.',
  accountTooNew: 'Your {network} account is too new for this one so far.',
  unreachable: 'Nobody answered who knows. Nothing is lost.',
  tryIn: 'You can try again in {time}.',
  tryFrom: 'You can try again from {time}.',
  reviewUntil: 'Somebody looks at it by {time}.',
  reviewLonger: 'Somebody looks at it soon. It takes longer than usual.',
  youGot: 'You got {reward}.',
  nextTime: 'You can do it again from {time}.',
  timesDone: { one: 'Done once', other: 'Done {count} times so far' },
  lost: 'No answer came. If it worked, it shows here by itself; to try again does no harm.',
  busy: 'Many people are here right now. Try again in a moment.',
  notTaken: 'What you sent could not be taken. Look at it, and try again.',
  tooLarge: 'The picture is too large.',
  failedNow: 'That did not work. Try again.',
}

type Key = keyof typeof words
type Field = keyof Evidence

/** Why a claim was refused, by the server's code. */
const refusals: Record<string, Key> = {
  network: 'lost',
  rate_limited: 'busy',
  unavailable: 'busy',
  invalid_request: 'notTaken',
  invalid_file: 'notTaken',
  too_large: 'tooLarge',
}

const labels = { code: 'codeLabel', note: 'noteLabel', link: 'linkLabel', picture: 'pictureLabel' } as const
const pictures = 'image/png,image/jpeg,image/webp'

/** What one can do with quests once they are seen: open one, leave to do it and come back, say that it is done, hear what changed. */
export default class Interaction implements ReactiveController {
  readonly #host: LitElement
  readonly #scene: Scene
  readonly #say: Text<Key>
  readonly #announcer: Announcer
  readonly #connector: Connector
  readonly #passingOn: PassingOn
  readonly #accounts: StoreController<Loadable<readonly SocialAccount[] | null>>
  /** How each quest stood when it was drawn last; and of whom that is. */
  #before: Map<string, SocialState> | undefined
  /** What the member has entered, by quest. */
  readonly #evidence = new Map<string, Evidence>()
  /** What is wrong with the last claim of a quest: with what was entered, or with the claim. */
  #problem: { id: string; words: Key; field?: Field } | undefined
  #coming: AbortController | undefined

  constructor(host: LitElement, text: Text<never>, scene: Scene) {
    this.#host = host
    this.#scene = scene
    this.#say = textOf(text, words)
    this.#announcer = new Announcer(host)
    this.#connector = new Connector(host, text, scene)
    this.#passingOn = new PassingOn(host, text)
    this.#accounts = new StoreController(host, () => {
      const environment = scene.environment()
      const isNeeded = scene.model().items.some(({ account, progress }) => account && progress)
      return environment && isNeeded ? linkedAccounts(environment).$accounts : undefined
    })
    new ClockController(host, () => this.#timeLeft())
    host.addController(this)
  }

  hostDisconnected() {
    this.#coming?.abort()
    this.#before = undefined
  }

  hostUpdated() {
    const { shown, items } = this.#scene.model()
    if (!shown) {
      this.#before = this.#problem = undefined
      this.#evidence.clear()
      return
    }
    const before = this.#before
    this.#before = new Map()
    for (const { id, progress } of items) {
      if (!progress) continue
      this.#before.set(id, progress.state)
      const previous = before?.get(id)
      if (previous && previous !== progress.state)
        this.#host.dispatchEvent(new RaiQuestChangeEvent(id, progress.state, previous))
    }
  }

  /** The voice: stands once in the element. */
  render() {
    return this.#announcer.render()
  }

  /** What it takes to do a quest. */
  detail(quest: SocialQuest): TemplateResult {
    const { description, notices, progress } = quest
    const told = [notices.paidPromotion, notices.age, notices.region].filter(Boolean)
    return html`<div class="detail" id="detail" part="quest-detail">
      ${description ? html`<p class="words" part="description"><bdi>${description}</bdi></p>` : nothing}
      ${told.map((notice) => html`<p class="notice" part="notice"><bdi>${notice}</bdi></p>`)}
      <p class="muted small">${this.#howKnown(quest)}</p>
      ${progress ? this.#renderProgress(quest, progress) : html`<p class="words">${this.#scene.text('signIn')}</p>`}
    </div>`
  }

  #howKnown({ proof, account, question, network }: SocialQuest): string {
    const how = {
      api: 'howApi',
      code: question ? 'howAnswer' : 'howCode',
      review: 'howReview',
      self: 'howSelf',
    } as const
    if (proof !== 'account') return this.#say(how[proof])
    return account ? this.#say('howAccount', { network: network.name }) : this.#say('howCounted')
  }

  #renderProgress(quest: SocialQuest, progress: SocialProgress) {
    const { id, share, network, account } = quest
    const { state, reason, count, bonus } = progress
    const isOver = state === 'done' || state === 'in_review' || reason === 'attempts_used'
    const needsAccount = account !== null && !isOver && this.#isMissing(account)
    const message = this.#message(quest, progress)
    // A claim whose answer was lost may show meanwhile that it worked.
    const problem = !isOver && this.#problem?.id === id && !this.#problem.field ? this.#problem.words : undefined
    return html`${message ? html`<p class="message" part="message">${message}</p>` : nothing}
      ${count ? html`<p class="words">${this.#say('came', { have: this.#number(count.have), need: this.#number(count.need) })}</p>` : nothing}
      ${
        bonus && rewardText(bonus.reward, this.#scene)
          ? html`<p class="words" part="bonus">${this.#say(quest.repeat === 'weekly' ? 'bonusWeeks' : 'bonusDays', {
              have: this.#number(bonus.have),
              need: this.#number(bonus.need),
              reward: rewardText(bonus.reward, this.#scene),
            })}</p>`
          : nothing
      }
      ${share && !isOver ? this.#passingOn.render(share, () => this.#start(quest)) : nothing}
      ${
        isOver
          ? nothing
          : needsAccount
            ? this.#connector.render({ id: account, name: network.name })
            : html`${this.#fields(quest)}
                <div class="actions">${this.#renderLink(quest, state)}${this.#renderClaim(quest, state)}</div>`
      }
      ${problem ? html`<p class="problem" part="problem">${this.#say(problem)}</p>` : nothing}`
  }

  /** The account that a quest needs is not connected, as far as is known. */
  #isMissing(network: string): boolean {
    const state = this.#accounts.value
    const known = state?.state === 'ready' ? state.value?.find((account) => account.network.id === network) : undefined
    return known !== undefined && known.state !== 'connected'
  }

  /** The way to where a quest is done; none to where one would find only what is to be passed on. */
  #renderLink(quest: SocialQuest, state: SocialState) {
    const { link, share, network } = quest
    const href = webUrl(link)
    if (!href || href === share?.url) return nothing
    const name = network.id === 'web' ? this.#say('goThere') : this.#say('goTo', { network: network.name })
    return html`<a
      class=${state === 'idle' ? 'button' : 'button quiet'}
      part="link"
      href=${href}
      target="_blank"
      rel="noopener noreferrer"
      @click=${(event: Event) => this.#start(quest) || event.preventDefault()}
      >${name}${icon(outIcon, true)}<span class="visually-hidden"> (${this.#say('newTab')})</span></a
    >`
  }

  #renderClaim(quest: SocialQuest, state: SocialState) {
    const { proof, link, share } = quest
    const isChecking = state === 'checking'
    const canClaim = isClaimable(quest)
    const name = { account: 'check', api: 'check', code: 'send', review: 'sendIn', self: 'didIt' } as const
    const isSecond = state === 'idle' && (webUrl(link) || share)
    return html`<button
      class=${isSecond ? 'button quiet' : 'button'}
      part="claim-button"
      aria-disabled=${canClaim ? 'false' : 'true'}
      aria-busy=${isChecking ? 'true' : 'false'}
      @click=${() => this.claim(quest)}
    >
      ${isChecking ? this.#scene.text('checking') : this.#say(name[proof])}
    </button>`
  }

  /** What is asked of the member: a code, an answer, or what a person will look at. */
  #fields(quest: SocialQuest) {
    const { id, question, options, asks, proof, progress } = quest
    const left = progress?.attemptsLeft ?? null
    if (proof !== 'code') return asks.map((field) => this.#renderField(quest, field))
    const counted =
      left === null
        ? nothing
        : html`<p class="muted small">${this.#say('triesLeft', { count: this.#number(left) }, left)}</p>`
    if (!options.length) return html`${this.#renderField(quest, 'code')}${counted}`
    const { code } = this.#evidence.get(id) ?? {}
    const choose = ({ target }: Event) => this.#enter(quest, 'code', (target as HTMLInputElement).value)
    return html`<fieldset class="field" part="field">
        <legend><bdi>${question}</bdi></legend>
        ${options.map(
          (option) =>
            html`<label class="option"
              ><input type="radio" name="code" .value=${option} .checked=${option === code} @change=${choose} /><bdi
                >${option}</bdi
              ></label
            >`,
        )}
        ${this.#wrong(id, 'code')}
      </fieldset>
      ${counted}`
  }

  #renderField(quest: SocialQuest, field: Field) {
    const { id, question } = quest
    const value = this.#evidence.get(id)?.[field]
    const isWrong = this.#problem?.id === id && this.#problem.field === field ? 'true' : 'false'
    const enter = ({ target }: Event) => {
      const { value, files } = target as HTMLInputElement
      this.#enter(quest, field, field === 'picture' ? files?.[0] : value)
    }
    const send = ({ key, isComposing }: KeyboardEvent) => {
      if (key === 'Enter' && !isComposing) void this.claim(quest)
    }
    const asked = field === 'code' && question ? html`<bdi>${question}</bdi>` : this.#say(labels[field])
    const described = isWrong === 'true' ? `wrong-${field}` : nothing
    const typed = typeof value === 'string' ? value : ''
    return html`<div class="field" part="field">
      <label for="field-${field}">${asked}</label>
      ${
        field === 'note'
          ? html`<textarea id="field-note" rows="3" maxlength="1000" aria-required="true" aria-invalid=${isWrong} aria-describedby=${described} .value=${typed} @input=${enter}></textarea>`
          : field === 'picture'
            ? html`<input id="field-picture" type="file" accept=${pictures} aria-required="true" aria-invalid=${isWrong} aria-describedby=${described} @change=${enter} />`
            : html`<input
                id="field-${field}"
                type=${field === 'link' ? 'url' : 'text'}
                maxlength=${field === 'link' ? 2000 : 200}
                autocomplete="off"
                autocapitalize="off"
                spellcheck="false"
                aria-required="true"
                aria-invalid=${isWrong}
                aria-describedby=${described}
                .value=${typed}
                @input=${enter}
                @keydown=${send}
              />`
      }
      ${this.#wrong(id, field)}
    </div>`
  }

  #wrong(id: string, field: Field) {
    const isIt = this.#problem?.id === id && this.#problem.field === field
    return isIt
      ? html`<span class="problem" id="wrong-${field}" part="problem">${this.#say(this.#problem!.words)}</span>`
      : nothing
  }

  #enter({ id }: SocialQuest, field: Field, value: string | Blob | undefined) {
    this.#evidence.set(id, { ...this.#evidence.get(id), [field]: value })
    if (this.#problem?.field === field) {
      this.#problem = undefined
      this.#host.requestUpdate()
    }
  }

  /** Why a quest is in its state, and what comes next. */
  #message({ network, account }: SocialQuest, progress: SocialProgress): string {
    const { state, reason, until, rejection, given, times } = progress
    const left = { time: formatCountdown(this.#scene.locale(), this.#scene.timeTo(until)) }
    const from = until ? { time: this.#moment(until) } : undefined
    const name = { network: network.name }
    const whys: Record<NonNullable<typeof reason>, () => string> = {
      too_soon: () => this.#say('tooSoon', left),
      later: () => this.#say('later', left),
      not_yet: () => this.#say(account ? 'notYetOn' : 'notYet', name),
      wrong_code: () => this.#say('wrongCode'),
      attempts_used: () => '',
      rejected: () => this.#say('wasRejected', { why: rejection ?? '' }),
      not_connected: () => (account && !this.#isMissing(account) ? '' : this.#say('connectFirst', name)),
      disconnected: () => (account && !this.#isMissing(account) ? '' : this.#say('connectAgain', name)),
      account_too_new: () => this.#say('accountTooNew', name),
      unreachable: () => this.#say('unreachable'),
    }
    const why = reason ? [whys[reason]()] : []
    if (state === 'in_review') return from ? this.#say('reviewUntil', from) : this.#say('reviewLonger')
    if (state === 'cooling_down') why.push(this.#say('tryIn', left))
    if (state === 'failed' && from) why.push(this.#say('tryFrom', from))
    if (state === 'done') {
      const got = given ? rewardText(given, this.#scene) : ''
      if (got) why.push(this.#say('youGot', { reward: got }))
      if (times > 1) why.push(`${this.#say('timesDone', { count: this.#number(times) }, times)}.`)
      if (from) why.push(this.#say('nextTime', from))
    }
    return why.filter(Boolean).join(' ')
  }

  /** Somebody leaves to do a quest: the server is told, and asked again when they come back. Answers whether they may. */
  #start(quest: SocialQuest): boolean {
    const source = this.#scene.source()
    if (!source || !this.#host.dispatchEvent(new RaiQuestStartRequestEvent(quest.id))) return false
    // It stays open, also when it is done.
    this.#scene.open(quest.id)
    source.start(quest.id).catch((error: ApiError) => this.#host.dispatchEvent(errorEvent(error)))
    this.#coming?.abort()
    this.#coming = onComingBack(() => {
      void this.#scene.source()?.refresh()
      this.#announcer.say(this.#say('back'))
    })
    return true
  }

  /** Asks the page, then the API: many clicks are one claim. */
  async claim(quest: SocialQuest) {
    const { id } = quest
    const source = this.#scene.source()
    if (!source || !isClaimable(quest) || this.#pointsAtWrong(quest)) return
    if (!this.#host.dispatchEvent(new RaiQuestClaimRequestEvent(id))) return
    this.#problem = undefined
    this.#scene.open(id)
    const { activeElement } = this.#host.renderRoot as ShadowRoot
    try {
      const answer = await source.claim(id, this.#evidenceOf(quest))
      const { progress } = answer
      if (progress?.state === 'done' || progress?.state === 'in_review') this.#evidence.delete(id)
      if (progress) this.#announcer.say(`${stateText(answer, this.#scene)}. ${this.#message(answer, progress)}`)
    } catch (error) {
      const { code } = failureOf(error as ApiError)
      this.#problem = { id, words: refusals[code] ?? 'failedNow' }
      this.#host.requestUpdate()
      this.#host.dispatchEvent(errorEvent(error as ApiError))
      this.#announcer.say(this.#say(this.#problem.words))
    }
    await this.#host.updateComplete
    // The button is gone where it has done its work.
    if (activeElement && !activeElement.isConnected)
      this.#host.renderRoot.querySelector<HTMLElement>('.open .more')?.focus({ preventScroll: true })
  }

  /** What a claim of a quest brings along. */
  #evidenceOf({ id, proof, asks }: SocialQuest): Evidence {
    const entered = this.#evidence.get(id) ?? {}
    const fields: readonly Field[] = proof === 'code' ? ['code'] : asks
    return Object.fromEntries(fields.map((field) => [field, trimmed(entered[field])]))
  }

  /** Points at what is missing, or is no address, if there is something. */
  #pointsAtWrong(quest: SocialQuest): boolean {
    for (const [field, value] of Object.entries(this.#evidenceOf(quest)) as [Field, Evidence[Field]][]) {
      const isWrong = field === 'link' && value && !(webUrl(value as string) && URL.canParse(value as string))
      if (value && !isWrong) continue
      this.#problem = { id: quest.id, words: isWrong ? 'linkWanted' : 'fillIn', field }
      this.#host.requestUpdate()
      this.#host.renderRoot.querySelector<HTMLElement>(`#field-${field}, .option input`)?.focus()
      return true
    }
    return false
  }

  #moment(at: string): string {
    return formatMoment(this.#scene.locale(), new Date(at))
  }

  #number(value: number): string {
    return this.#scene.number(value)
  }

  /** Until whatever of what is shown ends next. */
  #timeLeft(): number | undefined {
    const { environment, model, timeTo } = this.#scene
    if (!environment()) return undefined
    const times = model().items.map(({ progress }) => timeTo(progress?.until ?? null))
    const left = Math.min(...times.filter((time) => time > 0))
    return left === Number.POSITIVE_INFINITY ? undefined : left
  }
}

/** Whether a claim would be looked at. */
const isClaimable = ({ progress }: SocialQuest): boolean =>
  !!progress && ['idle', 'opened', 'failed'].includes(progress.state) && progress.reason !== 'attempts_used'

const trimmed = (value: Evidence[Field]) => (typeof value === 'string' ? value.trim() : value)
