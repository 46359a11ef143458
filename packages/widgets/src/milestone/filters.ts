import type { MilestoneChoice } from '@rai/stores'
import { html, type LitElement, nothing, type TemplateResult, unsafeCSS } from 'lit'
import { type Text, textOf } from '../shared/messages.js'
import { iconStyles } from '../shared/on-demand/icons.js'
import { TabsController, tabStyles } from '../shared/on-demand/tabs.js'
import { tabs } from '../shared/tabs.js'
import css from './filters.styles.css?inline'
import type { Scene } from './scene.js'

export const styles = [iconStyles, tabStyles, unsafeCSS(css)]

export const words = {
  kinds: 'Which milestones',
  all: 'All',
  in_progress: 'In progress',
  expiring: 'Ending soon',
  label: 'Label',
  everyLabel: 'Every label',
  closest: 'Closest to done first',
}

const kinds = ['all', 'in_progress', 'expiring'] as const

/** What narrows a list of milestones down, and puts it in order. */
export default class Filters {
  readonly #say: Text<keyof typeof words>
  readonly #scene: Scene

  constructor(host: LitElement, text: Text<never>, scene: Scene) {
    this.#say = textOf(text, words)
    this.#scene = scene
    new TabsController(host)
  }

  render(): TemplateResult {
    const choice = this.#scene.choice()
    const { shown } = this.#scene.model()
    const labels = shown?.value.labels ?? []
    const choose = (change: MilestoneChoice) => this.#scene.choose({ ...choice, ...change })
    const isClosest = choice.sort === 'closest'
    return html`<div class="tools" part="tools">
      ${tabs({
        label: this.#say('kinds'),
        tabs: kinds.map((id) => ({ id, text: this.#say(id) })),
        selected: choice.filter ?? 'all',
        select: (id) => choose({ filter: id === 'all' ? undefined : id }),
        panel: 'panel',
      })}
      ${
        labels.length
          ? html`<select
              class="select"
              part="label-select"
              aria-label=${this.#say('label')}
              @change=${({ target }: Event) => choose({ label: (target as HTMLSelectElement).value || undefined })}
            >
              <option value="" ?selected=${!choice.label}>${this.#say('everyLabel')}</option>
              ${labels.map((label) => html`<option value=${label} ?selected=${label === choice.label}>${label}</option>`)}
            </select>`
          : nothing
      }
      <button
        class="toggle"
        part="sort-button"
        aria-pressed=${isClosest ? 'true' : 'false'}
        @click=${() => choose({ sort: isClosest ? undefined : 'closest' })}
      >
        ${this.#say('closest')}
      </button>
    </div>`
  }
}
