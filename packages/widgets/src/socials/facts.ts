import type { SocialQuest } from '@rai/stores'
import { html, nothing } from 'lit'
import { formatCountdown, formatMoment } from '../shared/format.js'
import type { Scene } from './scene.js'

type Given = SocialQuest['reward']

/** What something gives, in one line of text. */
export const rewardText = ({ xp, currency }: Given, { amount }: Scene): string =>
  [...(xp ? [amount('xp', xp)] : []), ...(currency ? [amount('currency', currency)] : [])].join(' + ')

/** What a quest gives, to look at. */
export function reward({ reward }: SocialQuest, scene: Scene) {
  const words = rewardText(reward, scene)
  return words ? html`<span class="reward" part="reward"><bdi>${words}</bdi></span>` : nothing
}

/** How it is known that a quest was done, how often it can be, and until when. */
export function factsText(quest: SocialQuest, scene: Scene): string {
  const { repeat, endsAt } = quest
  const facts = [proofText(quest, scene)]
  if (repeat !== 'once') facts.push(scene.text(repeat))
  if (endsAt) facts.push(scene.text('endsAt', { time: formatMoment(scene.locale(), new Date(endsAt)) }))
  return facts.join(' · ')
}

function proofText({ proof, account, question, network }: SocialQuest, { text }: Scene): string {
  if (proof === 'account') return account ? text('account', { network: network.name }) : text('counted')
  return text(proof === 'code' && question ? 'answer' : proof)
}

/** Where the member is with a quest, in words; empty where it has not begun. */
export function stateText({ progress }: SocialQuest, { text, locale, timeTo }: Scene): string {
  if (!progress || progress.state === 'idle') return ''
  const { state, reason, until } = progress
  const time = formatCountdown(locale(), timeTo(until))
  if (state === 'done') return text(until ? 'doneAgain' : 'done', { time })
  return text(reason === 'attempts_used' ? reason : state, { time })
}
