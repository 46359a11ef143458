import { type Message, topics } from '@rai/stores'
import { html, type LitElement, nothing, unsafeCSS } from 'lit'
import { type Text, textOf } from '../../shared/messages.js'
import { backIcon, icon, iconStyles, searchIcon } from '../../shared/on-demand/icons.js'
import { Part } from '../../shared/part.js'
import { StoreController } from '../../shared/store-controller.js'
import type { Scene } from '../scene.js'
import type Finder from './finder.js'
import type { View } from './finder.js'
import css from './head.styles.css?inline'
import { pinIcon, topicsIcon } from './own-icons.js'

export const styles = [iconStyles, unsafeCSS(css)]

export const words = {
  findHere: 'Search this channel',
  pins: 'Pinned messages',
  topics: 'Topics',
  allTopics: 'All topics',
}

/** What leads to what was said before: it stands at the element's head, and what it opens comes when it is opened. */
export default class Head {
  #view: View | undefined
  readonly #scene: Scene
  readonly #say: Text<keyof typeof words>
  readonly #finder: Part<Finder>
  readonly #topics: StoreController<ReturnType<ReturnType<typeof topics>['$list']['get']>>

  /** @param go Goes to a message of the channel. */
  constructor(host: LitElement, text: Text<never>, scene: Scene, go: (message: Message) => void) {
    this.#scene = scene
    this.#say = textOf(text, words)
    this.#finder = new Part(host, async () => {
      const { default: Controller, styles } = await import('./finder.js')
      const finder = new Controller(host, text, scene, go)
      // Somebody has asked for it.
      if (this.#view) finder.show(this.#view)
      return { default: finder, styles }
    })
    this.#topics = new StoreController(host, () => {
      const [environment, channel] = [scene.environment(), scene.channel()]
      return environment && channel && scene.topic() ? topics(environment, channel.id).$list : undefined
    })
  }

  readonly show = (view: View) => {
    this.#view = view
    this.#finder.value?.show(view)
  }

  renderActions() {
    const views: [view: View, part: string, label: string, path: string][] = [
      ['search', 'find-button', this.#say('findHere'), searchIcon],
      ['pins', 'pins-button', this.#say('pins'), pinIcon],
    ]
    if (this.#scene.channel()?.type === 'forum')
      views.unshift(['topics', 'topics-button', this.#say('topics'), topicsIcon])
    return views.map(
      ([view, part, label, path]) => html`<button
        class="icon-button"
        part=${part}
        aria-haspopup="dialog"
        aria-label=${label}
        title=${label}
        @click=${() => this.show(view)}
      >
        ${icon(path)}
      </button>`,
    )
  }

  /** Which topic is shown, and the way back to all of them. */
  renderTopic() {
    const id = this.#scene.topic()
    if (!id || this.#scene.channel()?.type !== 'forum') return nothing
    const state = this.#topics.value
    const topic = state?.state === 'ready' ? state.value.items.find((one) => one.id === id) : undefined
    return html`<div class="topic" part="topic">
      <button class="text-button" part="all-topics-button" @click=${() => this.#scene.showTopic(undefined)}>
        ${icon(backIcon, true)}${this.#say('allTopics')}
      </button>
      <bdi class="cut" part="topic-title">${topic?.title}</bdi>
    </div>`
  }

  render() {
    return this.#view ? this.#finder.value?.render() : nothing
  }
}
