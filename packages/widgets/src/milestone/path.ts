import type { Milestone, MilestoneStage, MilestoneTask } from '@rai/stores'
import { html, nothing, type TemplateResult, unsafeCSS } from 'lit'
import { textOf } from '../shared/messages.js'
import { webUrl } from '../shared/web-url.js'
import { claimButton, meter, next, open, reasonText, reward, rewardText, stagesText, taskText } from './facts.js'
import css from './path.styles.css?inline'
import type { Scene } from './scene.js'

export const styles = [unsafeCSS(css)]

export const words = {
  stage: 'Stage {number}',
  allOf: 'All of these',
  anyOf: 'One of these is enough',
  newTab: 'opens in a new tab',
  left: '{left} of {count} left',
}

/** Speaks the texts above. */
const speaker = ({ text }: Scene) => textOf(text, words)

/** What is asked: a task, or a group of them. */
type Condition = MilestoneTask | Group
interface Group {
  kind: 'all' | 'any'
  conditions: readonly Condition[]
}

function task(item: MilestoneTask, scene: Scene) {
  const { have, need, met } = item
  const words = taskText(item, scene)
  const href = webUrl(item.link)
  const { text, number } = scene
  return html`<li class=${met ? 'task met' : 'task'} role="listitem" part="task">
    <span class="tick" aria-hidden="true"></span>
    <span class="what"
      >${
        href && !met
          ? html`<a part="task-link" href=${href} target="_blank" rel="noopener noreferrer" @click=${scene.hands()?.left}
              ><bdi>${words}</bdi><span class="visually-hidden"> (${speaker(scene)('newTab')})</span></a
            >`
          : html`<bdi>${words}</bdi>`
      }${met ? html`<span class="visually-hidden"> ${text('complete')}</span>` : nothing}</span
    >
    ${need > 1 ? html`<span class="numbers">${text('amount', { have: number(have), need: number(need) })}</span>` : nothing}
    ${need > 1 && !met ? meter(words, item, scene) : nothing}
  </li>`
}

const isGroup = (condition: Condition): condition is Group => 'conditions' in condition

/** What is asked, as a list to tick off; groups within it say how many of them are enough. */
function checklist(condition: Condition, scene: Scene, isInner = false): TemplateResult {
  if (!isGroup(condition)) return html`<ul class="tasks" role="list">${task(condition, scene)}</ul>`
  const { kind, conditions } = condition
  const caption = speaker(scene)(kind === 'any' ? 'anyOf' : 'allOf')
  return html`${isInner || kind === 'any' ? html`<p class="caption" aria-hidden="true">${caption}</p>` : nothing}
    <ul class="tasks" role="list" aria-label=${caption}>
      ${conditions.map((inner) =>
        isGroup(inner)
          ? html`<li class="group" role="listitem">${checklist(inner, scene, true)}</li>`
          : task(inner, scene),
      )}
    </ul>`
}
function detail(milestone: Milestone, stage: MilestoneStage, scene: Scene) {
  const { number } = scene
  const { state, supply, description } = stage
  const hands = scene.hands()
  const gives = rewardText(stage.reward, scene) !== ''
  return html`<div class="detail" id="detail" part="stage-detail">
    ${description ? html`<p class="description"><bdi>${description}</bdi></p>` : nothing}
    ${checklist(stage.conditions, scene)}
    <div class="gives">
      ${state === 'claimable' || state === 'claimed' ? claimButton(milestone, stage, scene) : gives ? reward(stage.reward, scene) : nothing}
      ${supply && state !== 'claimed' ? html`<span class="supply" part="supply">${speaker(scene)('left', { left: number(supply.left), count: number(supply.total) })}</span>` : nothing}
      ${hands?.boosts(stage)}
    </div>
    ${hands?.problem(milestone, stage)}
  </div>`
}

/** A stage as a step of the path, with its name and how it stands; the open one with what it asks and gives. */
function step(milestone: Milestone, stage: MilestoneStage, scene: Scene) {
  const { number, state, name } = stage
  const isOpen = scene.opened(milestone) === number
  const isCurrent = milestone.current === number
  return html`<li
    class="stage ${state} ${isOpen ? 'open' : ''} ${isCurrent ? 'current' : ''}"
    role="listitem"
    part=${isCurrent ? 'stage stage-current' : 'stage'}
    aria-current=${isCurrent ? 'step' : 'false'}
  >
    <button
      class="step"
      part="stage-button"
      aria-expanded=${isOpen ? 'true' : 'false'}
      aria-controls=${isOpen ? 'detail' : nothing}
      @click=${() => scene.open(milestone, isOpen ? 0 : number)}
    >
      <span class="marker" part="marker" aria-hidden="true">${scene.number(number)}</span>
      <span class="visually-hidden">${speaker(scene)('stage', { number: scene.number(number) })}: </span>
      <span class="stage-name" part="stage-name"><bdi>${name}</bdi></span>
      <span class="visually-hidden">, </span>
      <span class="stage-state">${reasonText(stage, milestone.startsAt, scene)}</span>
    </button>
    ${isOpen ? detail(milestone, stage, scene) : nothing}
  </li>`
}

/** A milestone in full: how far it is, what to do next, and its stages as a path. */
export default function path(milestone: Milestone, scene: Scene): TemplateResult {
  const { description, requires, reason, stages } = milestone
  return html`<div class="whole">
    ${description ? html`<p class="description" part="description"><bdi>${description}</bdi></p>` : nothing}
    <div class="far">
      <span>${stagesText(milestone, scene)}</span>${open(milestone, scene)}
      ${meter(milestone.name, milestone, scene)}
    </div>
    ${requires && reason.code === 'requirement' ? html`<div class="requires">${checklist(requires, scene)}</div>` : nothing}
    ${next(milestone, scene)}
    <ol class="path" role="list" part="path" aria-label=${milestone.name}>
      ${stages.map((stage) => step(milestone, stage, scene))}
    </ol>
  </div>`
}
