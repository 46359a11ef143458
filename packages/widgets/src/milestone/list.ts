import type { Milestone } from '@rai/stores'
import { html, nothing, type TemplateResult } from 'lit'
import { claimButton, meter, next, open, reasonText, stagesText, when } from './facts.js'
import type { Scene } from './scene.js'

/** A milestone as one of many: how far it is, what to do next, what waits. A click leads to all of it. */
function card(milestone: Milestone, scene: Scene) {
  const { id, name, icon, state, reason, stages } = milestone
  const claimable = stages.find((stage) => stage.state === 'claimable')
  const isToDo = milestone.need > 1 && (reason.code === 'to_do' || reason.code === 'done')
  return html`<li class="card ${state}" role="listitem" part="milestone" data-id=${id}>
    <div class="head">
      ${icon ? html`<span class="sign" aria-hidden="true">${icon}</span>` : nothing}
      <h3 class="name">
        <button class="more" part="milestone-button" @click=${() => scene.hands()?.show(id)}><bdi>${name}</bdi></button>
      </h3>
      ${when(milestone, scene)}
    </div>
    <div class="far">
      <span>${isToDo ? stagesText(milestone, scene) : reasonText(milestone, milestone.startsAt, scene)}</span>
      ${open(milestone, scene)} ${meter(name, milestone, scene)}
    </div>
    ${claimable ? html`<div class="gives">${claimButton(milestone, claimable, scene)}</div>${scene.hands()?.problem(milestone, claimable)}` : next(milestone, scene)}
  </li>`
}

export const list = (items: readonly Milestone[], scene: Scene): TemplateResult =>
  html`<ul class="list" role="list" part="list" aria-label=${scene.text('milestones')}>
    ${items.map((item) => card(item, scene))}
  </ul>`

const bone = (width = '') => html`<span class="bone ${width}"></span>`

/** The layout of the element before there is anything to show; `label` says so to those who do not see it. */
export const skeleton = (label: string): TemplateResult => html`<div class="skeleton" aria-hidden="true">
    <div class="header">${bone('line')}</div>
    <div class="list">
      ${Array(4).fill(html`<div class="card">${bone('line')}${bone('short')}${bone('bar')}</div>`)}
    </div>
  </div>
  <span class="visually-hidden">${label}</span>`
