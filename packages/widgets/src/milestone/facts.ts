import type { Milestone, MilestoneStage, MilestoneTask } from '@rai/stores'
import { html, nothing, type TemplateResult } from 'lit'
import { formatCountdown, formatMoment } from '../shared/format.js'
import type { Scene } from './scene.js'

interface Progress {
  have: number
  need: number
  percent: number
}

/** How far something is, as a bar and in words. */
export const meter = (label: string, { have, need, percent }: Progress, { text, number }: Scene): TemplateResult =>
  html`<progress
    class="meter"
    part="meter"
    max="100"
    .value=${percent}
    aria-label=${label}
    aria-valuetext=${text('amount', { have: number(have), need: number(need) })}
  ></progress>`

/** What a task asks, in words. */
export function taskText({ kind, title, subject, need }: MilestoneTask, { text, number }: Scene): string {
  if (title || kind === 'field' || kind === 'social') return title ?? subject ?? ''
  return text(kind, { count: number(need), what: subject ?? '' }, need)
}

type Given = Pick<MilestoneStage['reward'], 'xp' | 'currency'> & { badge?: MilestoneStage['reward']['badge'] }

/** What something gives, piece by piece: a sign to the eye, and words. */
function pieces(
  { xp, currency, badge }: Given,
  { amount, model }: Scene,
): { sign?: string | undefined; words: string }[] {
  const units = model().shown?.value.units
  return [
    ...(xp ? [{ sign: units?.xp.icon, words: amount('xp', xp) }] : []),
    ...(currency ? [{ sign: units?.currency.icon, words: amount('currency', currency) }] : []),
    ...(badge ? [{ words: badge.title }] : []),
  ]
}

/** What something gives, in one line of text. */
export const rewardText = (given: Given, scene: Scene): string =>
  pieces(given, scene)
    .map(({ words }) => words)
    .join(' + ')

/** What something gives, to look at. */
export const reward = (given: Given, scene: Scene) =>
  html`<span class="reward" part="reward"
    >${pieces(given, scene).map(
      ({ sign, words }) =>
        html`<span class="piece">${sign ? html`<span aria-hidden="true">${sign}</span> ` : nothing}<bdi>${words}</bdi></span>`,
    )}</span
  >`

/** When it begins or ends. */
export function when({ startsAt, endsAt }: Milestone, { text, locale, timeTo }: Scene): unknown {
  const at = timeTo(startsAt) > 0 ? startsAt : endsAt
  if (!at) return nothing
  const left = timeTo(at)
  const key = at === startsAt ? 'startsIn' : left > 0 ? 'endsIn' : 'ended'
  return html`<time class="when" part="when" datetime=${at} title=${formatMoment(locale(), new Date(at))}
    >${text(key, { time: formatCountdown(locale(), left) })}</time
  >`
}

/** Why something stands as it does, in words and numbers. */
export function reasonText(
  { state, reason }: Pick<MilestoneStage, 'state' | 'reason'>,
  startsAt: string | null,
  scene: Scene,
): string {
  const { text, number, locale } = scene
  const [have, need] = [number(reason.have), number(reason.need)]
  const before = reason.need - reason.have
  switch (reason.code) {
    case 'signed_out':
      return text('signedOut')
    case 'not_started':
      return text('notStarted', { time: formatMoment(locale(), new Date(startsAt ?? 0)) })
    case 'requirement':
      return text('requirement', { have, need })
    case 'stage_before':
      return text('stageBefore', { count: number(before) }, before)
    case 'ended':
      return text('expired', { have, need })
    case 'none_left':
      return text('soldOut', { count: need }, reason.need)
    case 'to_do':
      return text('doneOf', { have, need })
    case 'done':
      return text(state === 'claimable' || state === 'claimed' ? state : 'complete')
  }
}

/** The button that claims what a stage gives. It stays when it has done its work, and the focus on it. */
export function claimButton(milestone: Milestone, stage: MilestoneStage, scene: Scene): TemplateResult {
  const hands = scene.hands()
  const isClaimed = stage.state === 'claimed'
  return html`<button
    class=${isClaimed ? 'claim claimed' : 'claim'}
    part="claim-button"
    aria-disabled=${isClaimed || !hands ? 'true' : 'false'}
    @click=${() => isClaimed || hands?.claim(milestone, stage)}
  >
    ${scene.text(isClaimed ? 'claimed' : 'claim', { reward: rewardText(stage.reward, scene) })}
  </button>`
}

/** The best next step. */
export const next = ({ next }: Milestone, scene: Scene): unknown =>
  next
    ? html`<p class="next" part="next"
        >${scene.text('next', { task: taskText(next, scene) })}
        ${next.need > 1 ? html`<span class="missing">${scene.text('missing', { count: scene.number(next.missing) })}</span>` : nothing}</p
      >`
    : nothing

/** How many stages are done. */
export const stagesText = ({ have, need }: Milestone, { text, number }: Scene): string =>
  text('stages', { have: number(have), count: number(need) }, need)

/** What can still be earned. */
export function open({ open }: Milestone, scene: Scene): unknown {
  const { badges, ...units } = open
  if (!units.xp && !units.currency) return nothing
  return html`<span class="still" part="still">${scene.text('open')} ${reward(units, scene)}</span>`
}
