import { type ApiError, type Ladder, ladder, type Recap, recap, repairStreak, type Streak, streak } from '@rai/stores'
import { html, type LitElement, nothing, type TemplateResult, unsafeCSS } from 'lit'
import { errorEvent } from '../shared/events.js'
import { each, formatMoment } from '../shared/format.js'
import { type Text, textOf } from '../shared/messages.js'
import { backIcon, forwardIcon, icon, iconStyles } from '../shared/on-demand/icons.js'
import { styles as buttonStyles } from '../shared/on-demand/states.js'
import { StoreController } from '../shared/store-controller.js'
import { meter, rewardText } from './facts.js'
import { RaiRepairRequestEvent } from './own-events.js'
import css from './progress.styles.css?inline'
import type { Scene } from './scene.js'

export const styles = [...buttonStyles, iconStyles, unsafeCSS(css)]

export const words = {
  streakTitle: { one: '{count} day in a row', other: '{count} days in a row' },
  longest: 'Longest: {count}',
  freezes: {
    one: '{count} freeze left: it saves a missed day',
    other: '{count} freezes left: each saves a missed day',
  },
  freezeEvery: 'One more for every {count} days in a row',
  broken: { one: 'Your streak of {count} day broke.', other: 'Your streak of {count} days broke.' },
  repairUntil: 'You can have it back until {time}.',
  repairFor: 'Get it back for {price}',
  repairFree: 'Get it back',
  repairNotEnough: 'You do not have enough for it.',
  notRepaired: 'That did not work. Try again.',
  nextStreak: '{count} days in a row give {reward}',
  monthBefore: 'Month before',
  monthAfter: 'Month after',
  came: 'you came',
  saved: 'saved by a freeze',
  today: 'today',
  tiersTitle: 'Tiers',
  levels: 'level {level} of 3',
  notReached: 'not reached yet',
  toNext: '{amount} to {name}',
  top: 'You are at the top',
  lostTier: 'You were {name} until XP were taken off. {amount} more, and you are again.',
  recapTitle: 'Your {month}',
  earnedIn: 'Earned',
  spentIn: 'Spent',
  daysIn: 'Days you came',
  stagesIn: 'Stages claimed',
  badgesIn: 'Badges',
  bestDay: 'Best day',
}

type Say = Text<keyof typeof words>
type State<T> = { state: string; value?: T }

/** Days have no time zone: they are read, and written, as if all the world had one. */
const timeZone = 'UTC'
const months = each((locale) => new Intl.DateTimeFormat(locale, { month: 'long', year: 'numeric', timeZone }))
const monthNames = each((locale) => new Intl.DateTimeFormat(locale, { month: 'long', timeZone }))
const dates = each((locale) => new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'long', timeZone }))
const weekdays = each((locale) => new Intl.DateTimeFormat(locale, { weekday: 'narrow', timeZone }))

const day = 86_400_000

/** How a member comes along over time: their streak, the ladder of tiers, and what the month has been like. */
export default class ProgressController {
  readonly #host: LitElement
  readonly #scene: Scene
  readonly #say: Say
  /** The month of the calendar, such as `2026-11`; none for the one that is on. */
  #month: string | undefined
  readonly #streak: StoreController<State<Streak | null>>
  readonly #ladder: StoreController<State<Ladder>>
  readonly #recap: StoreController<State<Recap | null>>
  /** Whether a streak is being had back, and why that failed. */
  #isRepairing = false
  #problem: 'repairNotEnough' | 'notRepaired' | undefined
  /** The streak before, while another month is on its way. */
  #last: Streak | undefined

  constructor(host: LitElement, text: Text<never>, scene: Scene) {
    this.#host = host
    this.#scene = scene
    this.#say = textOf(text, words)
    const { environment, wants } = scene
    const when =
      <T>(what: 'streak' | 'tiers' | 'recap', pick: (at: NonNullable<ReturnType<typeof environment>>) => T) =>
      () => {
        const at = environment()
        return at && wants(what) ? pick(at) : undefined
      }
    this.#streak = new StoreController(
      host,
      when('streak', (at) => streak(at, this.#month).$streak),
    )
    this.#ladder = new StoreController(
      host,
      when('tiers', (at) => ladder(at).$ladder),
    )
    this.#recap = new StoreController(
      host,
      when('recap', (at) => recap(at, 'month').$recap),
    )
  }

  render(): TemplateResult {
    const shown = this.#streak.value
    if (shown?.state === 'ready') this.#last = shown.value ?? undefined
    const steps = this.#scene.wants('streak') && this.#last
    const { value: tiers } = this.#ladder.value ?? {}
    const { value: month } = this.#recap.value ?? {}
    return html`<div class="progress">
      ${steps ? this.#renderStreak(steps) : nothing} ${tiers?.levels.length ? this.#renderLadder(tiers) : nothing}
      ${month ? this.#renderRecap(month) : nothing}
    </div>`
  }

  #renderStreak({ days, longest, freezes, repair, next, ...calendar }: Streak) {
    const { number } = this.#scene
    return html`<section class="section" part="streak" aria-labelledby="streak-title">
      <h3 class="section-title" id="streak-title">${this.#say('streakTitle', { count: number(days) }, days)}</h3>
      <p class="facts">
        <span>${this.#say('longest', { count: number(longest) })}</span>
        ${
          freezes.max
            ? html`<span>${this.#say('freezes', { count: number(freezes.left) }, freezes.left)}</span>
                <span>${this.#say('freezeEvery', { count: number(freezes.everyDays) })}</span>`
            : nothing
        }
        ${next ? html`<span>${this.#say('nextStreak', { count: number(next.days), reward: rewardText(next, this.#scene) })}</span>` : nothing}
      </p>
      ${repair ? this.#renderRepair(repair) : nothing} ${this.#renderCalendar(calendar)}
    </section>`
  }

  #renderRepair(repair: NonNullable<Streak['repair']>) {
    const { days, price, until } = repair
    const { amount, locale, number } = this.#scene
    const time = formatMoment(locale(), new Date(until))
    return html`<div class="repair" part="repair">
      <p>
        ${this.#say('broken', { count: number(days) }, days)}
        <span class="muted">${this.#say('repairUntil', { time })}</span>
      </p>
      <button class="button" part="repair-button" aria-busy=${this.#isRepairing ? 'true' : 'false'} @click=${() => this.#repair(repair)}>
        ${price ? this.#say('repairFor', { price: amount('currency', price) }) : this.#say('repairFree')}
      </button>
      ${this.#problem ? html`<p class="problem" part="problem" role="alert">${this.#say(this.#problem)}</p>` : nothing}
    </div>`
  }

  /** Asks the page, then the API. Not by the second click of a double click: it may cost something. */
  async #repair({ days, price }: NonNullable<Streak['repair']>) {
    const environment = this.#scene.environment()
    if (!environment || this.#isRepairing) return
    if (!this.#host.dispatchEvent(new RaiRepairRequestEvent(days, price))) return
    this.#isRepairing = true
    this.#problem = undefined
    this.#host.requestUpdate()
    try {
      await repairStreak(environment)
    } catch (error) {
      this.#problem = (error as ApiError).code === 'not_enough' ? 'repairNotEnough' : 'notRepaired'
      this.#host.dispatchEvent(errorEvent(error as ApiError))
    }
    this.#isRepairing = false
    this.#host.requestUpdate()
  }

  #renderCalendar({ month, today, calendar, weekStart }: Pick<Streak, 'month' | 'today' | 'calendar' | 'weekStart'>) {
    const locale = this.#scene.locale()
    const first = new Date(`${month}-01`)
    const states = new Map(calendar.map((item) => [item.day, item.state]))
    const after = new Date(first)
    after.setUTCMonth(first.getUTCMonth() + 1)
    const count = Math.round((+after - +first) / day)
    const column = ((first.getUTCDay() - weekStart + 7) % 7) + 1
    // 4 January 1970 was a Sunday.
    const heads = Array.from({ length: 7 }, (_, n) => weekdays(locale).format(new Date((3 + weekStart + n) * day)))
    const go = (by: number) => {
      const other = new Date(first)
      other.setUTCMonth(first.getUTCMonth() + by)
      this.#month = other.toISOString().slice(0, 7)
      this.#host.requestUpdate()
    }
    const step = (label: 'monthBefore' | 'monthAfter', path: string, by: number, isOff: boolean) =>
      html`<button
        class="icon-button"
        part="calendar-button"
        aria-label=${this.#say(label)}
        title=${this.#say(label)}
        ?disabled=${isOff}
        @click=${() => go(by)}
      >
        ${icon(path, true)}
      </button>`
    const line = (_: unknown, n: number) => {
      const date = new Date(+first + n * day)
      const name = date.toISOString().slice(0, 10)
      const state = states.get(name)
      const isToday = name === today
      const told = [
        dates(locale).format(date),
        ...(state ? [this.#say(state)] : []),
        ...(isToday ? [this.#say('today')] : []),
      ]
      return html`<li
        class="day ${state ?? ''} ${isToday ? 'today' : ''} ${n === 0 ? `column-${column}` : ''}"
        role="listitem"
        part=${state ? 'day' : ''}
      >
        <span aria-hidden="true">${this.#scene.number(n + 1)}</span><span class="visually-hidden">${told.join(', ')}</span>
      </li>`
    }
    return html`<div class="calendar" part="calendar">
      <div class="month">
        ${step('monthBefore', backIcon, -1, false)}
        <span id="month" aria-live="polite">${months(locale).format(first)}</span>
        ${step('monthAfter', forwardIcon, 1, today.startsWith(month))}
      </div>
      <div class="weekdays" aria-hidden="true">${heads.map((head) => html`<span>${head}</span>`)}</div>
      <ol class="days" role="list" aria-labelledby="month">
        ${Array.from({ length: count }, line)}
      </ol>
    </div>`
  }

  #renderLadder({ levels, current, next, lost }: Ladder) {
    const { amount } = this.#scene
    const tiers = levels.filter(({ level }) => level === 1)
    const reached = (tier: number) => (!current || tier > current.tier ? 0 : tier === current.tier ? current.level : 3)
    const rung = ({ tier, name, icon: sign }: Ladder['levels'][number]) => {
      const level = reached(tier)
      const isOn = current?.tier === tier
      const told = level ? this.#say('levels', { level }) : this.#say('notReached')
      return html`<li
        class="tier ${level ? '' : 'ahead'} ${isOn ? 'on' : ''}"
        role="listitem"
        part=${isOn ? 'tier tier-current' : 'tier'}
        aria-current=${isOn ? 'true' : 'false'}
      >
        <span class="sign" aria-hidden="true">${sign}</span>
        <bdi class="tier-name">${name}</bdi>
        <span class="pips" aria-hidden="true">${[1, 2, 3].map((n) => html`<i class=${n <= level ? 'full' : ''}></i>`)}</span>
        <span class="visually-hidden">, ${told}</span>
      </li>`
    }
    const way = next && this.#say('toNext', { amount: amount('xp', next.missing), name: `${next.name} ${next.level}` })
    return html`<section class="section" part="tiers" aria-labelledby="tiers-title">
      <h3 class="section-title" id="tiers-title">${this.#say('tiersTitle')}</h3>
      ${
        next
          ? html`<p class="facts"><span>${way}</span></p>
              ${meter(way!, { have: next.xp - next.missing, need: next.xp, percent: next.percent }, this.#scene)}`
          : current
            ? html`<p class="facts"><span>${this.#say('top')}</span></p>`
            : nothing
      }
      ${lost ? html`<p class="lost" part="tier-lost">${this.#say('lostTier', { amount: amount('xp', lost.missing), name: `${lost.name} ${lost.level}` })}</p>` : nothing}
      <ol class="tiers" role="list">${tiers.map(rung)}</ol>
    </section>`
  }

  #renderRecap({ start, earned, spent, bestDay, days, stages, badges }: Recap) {
    const { number, amount, locale } = this.#scene
    const fact = (key: keyof typeof words, value: unknown) =>
      html`<div class="fact"><dt>${this.#say(key)}</dt><dd><bdi>${value}</bdi></dd></div>`
    return html`<section class="section" part="recap" aria-labelledby="recap-title">
      <h3 class="section-title" id="recap-title">
        ${this.#say('recapTitle', { month: monthNames(locale()).format(new Date(start ?? Date.now())) })}
      </h3>
      <dl class="recap">
        ${fact('earnedIn', rewardText(earned, this.#scene) || number(0))}
        ${spent ? fact('spentIn', amount('currency', spent)) : nothing} ${fact('daysIn', number(days))}
        ${fact('stagesIn', number(stages))}
        ${badges.length ? fact('badgesIn', badges.map(({ title }) => title).join(', ')) : nothing}
        ${bestDay ? fact('bestDay', dates(locale()).format(new Date(bestDay.day))) : nothing}
      </dl>
    </section>`
  }
}
