import type { SocialQuest } from '@rai/stores'
import { html, nothing, type TemplateResult } from 'lit'
import { factsText, reward, stateText } from './facts.js'
import { mark } from './marks.js'
import type { Group } from './model.js'
import type { Scene } from './scene.js'

/** A quest as one of many: what it gives, how it is known that it was done, how far one is. A click opens all of it. */
function card(quest: SocialQuest, scene: Scene) {
  const { id, title, progress } = quest
  const isOpen = scene.opened() === id
  const state = progress?.state ?? 'idle'
  const told = stateText(quest, scene)
  return html`<li class="quest ${state} ${isOpen ? 'open' : ''}" role="listitem" part="quest" data-id=${id}>
    <div class="row">
      <button
        class="more"
        part="quest-button"
        aria-expanded=${isOpen ? 'true' : 'false'}
        aria-controls=${isOpen ? 'detail' : nothing}
        @click=${() => scene.open(isOpen ? undefined : id)}
      >
        <bdi>${title}</bdi>
      </button>
      ${reward(quest, scene)}
      <span class="proof" part="proof">${factsText(quest, scene)}</span>
      ${told ? html`<span class="progress" part="state">${told}</span>` : nothing}
    </div>
    ${isOpen ? scene.hands()?.detail(quest) : nothing}
  </li>`
}

/** The quests of a network, below its name. */
export const group = ({ id, name, items }: Group, scene: Scene): TemplateResult => html`<section
  class="group"
  part="group"
  aria-labelledby="network-${id}"
>
  <h3 class="network" id="network-${id}" part="network">${mark(id)}<bdi>${name}</bdi></h3>
  <ul class="list" role="list" part="list">
    ${items.map((quest) => card(quest, scene))}
  </ul>
</section>`

const bone = (width = '') => html`<span class="bone ${width}"></span>`

/** The layout of the element before there is anything to show; `label` says so to those who do not see it. */
export const skeleton = (label: string): TemplateResult => html`<div class="skeleton" aria-hidden="true">
    <div class="header">${bone('line')}</div>
    ${Array(2).fill(
      html`<div class="group">
        <div class="network">${bone('short')}</div>
        ${Array(2).fill(html`<div class="quest"><div class="row">${bone('line')}${bone('short')}</div></div>`)}
      </div>`,
    )}
  </div>
  <span class="visually-hidden">${label}</span>`
