import {
  type ApiError,
  errorOf,
  failureOf,
  found,
  type Listed,
  type Listing,
  type Loadable,
  type Message,
  pins,
  shortText,
  startTopic,
  type Topic,
  topics,
} from '@rai/stores'
import { html, type LitElement, nothing, type ReactiveController, type TemplateResult, unsafeCSS } from 'lit'
import { avatar } from '../../shared/avatar.js'
import { errorEvent } from '../../shared/events.js'
import { formatMoment } from '../../shared/format.js'
import { type Text, textOf } from '../../shared/messages.js'
import { Dialog, styles as dialogStyles } from '../../shared/on-demand/dialog.js'
import { icon, searchIcon } from '../../shared/on-demand/icons.js'
import { styles as boxStyles, SearchBox } from '../../shared/on-demand/search-box.js'
import { failureView, styles as stateStyles, stateView } from '../../shared/on-demand/states.js'
import { StoreController } from '../../shared/store-controller.js'
import { RaiSendRequestEvent } from '../own-events.js'
import type { Scene } from '../scene.js'
import css from './finder.styles.css?inline'
import { pinIcon, topicsIcon } from './own-icons.js'
import { plainText } from './rich-text.js'

export const styles = [...stateStyles, ...boxStyles, ...dialogStyles, unsafeCSS(css)]

export const words = {
  findHere: 'Search this channel',
  clearFind: 'Clear search',
  pins: 'Pinned messages',
  topics: 'Topics',
  allTopics: 'All topics',
  closeFinder: 'Close',
  moreFound: 'Show more',
  lookFurther: 'Look further back',
  findTitle: 'What are you looking for?',
  findText: 'All that was said here is searched.',
  noneFoundTitle: 'Nothing found',
  noneFoundText: 'Nobody has said {text} here.',
  notYetText: 'Nobody has said {text} here lately.',
  noPinsTitle: 'Nothing is pinned',
  noPinsText: 'What should not get lost can be pinned.',
  noTopicsTitle: 'No topics yet',
  noTopicsText: 'The first one shows up here.',
  beginTopic: 'Start a topic',
  topicTitle: 'What is it about?',
  topicText: 'The first message',
  begin: 'Start',
  back: 'Back',
  goneName: 'Somebody who left',
  notDone: 'That did not work. Try again.',
  mayNot: 'You may not do this here.',
}

/** What one can look through in a channel. */
export type View = 'search' | 'pins' | 'topics'

type List = Listing<Message> | Listing<Topic>

/** So many signs stand before what was looked for. */
const before = 60

/** A search of a channel, what is pinned in it, and the topics of a forum: one window. */
export default class Finder implements ReactiveController {
  #view: View = 'search'
  /** The member writes a new topic. */
  #isBeginning = false
  #isBusy = false
  /** It has been opened, and not been drawn yet. */
  #isFresh = false
  #problem = ''
  /** What to do when the window has closed. */
  #then: (() => void) | undefined
  /** What was there last: it stays until what is searched for has come. */
  #shown: readonly (Message | Topic)[] | undefined
  #place = ''
  readonly #host: LitElement
  readonly #scene: Scene
  readonly #text: Text<never>
  readonly #say: Text<keyof typeof words>
  readonly #go: (message: Message) => void
  readonly #dialog: Dialog
  readonly #box: SearchBox
  readonly #store: StoreController<Loadable<Listed<Message | Topic>>>

  constructor(host: LitElement, text: Text<never>, scene: Scene, go: (message: Message) => void) {
    this.#host = host
    this.#scene = scene
    this.#text = text
    this.#say = textOf(text, words)
    this.#go = go
    this.#dialog = new Dialog(host, () => {
      this.#isBeginning = false
      this.#box.clear()
      this.#then?.()
      this.#then = undefined
    })
    this.#box = new SearchBox(host, () => ({ search: this.#say('findHere'), clear: this.#say('clearFind') }))
    this.#store = new StoreController<Loadable<Listed<Message | Topic>>>(host, () =>
      this.#dialog.isOpen ? this.#source?.$list : undefined,
    )
    host.addController(this)
  }

  show(view: View) {
    this.#view = view
    this.#dialog.open()
    this.#isFresh = true
  }

  hostUpdate() {
    const state = this.#store.value
    const place = `${this.#dialog.isOpen} ${this.#view} ${this.#scene.channel()?.id}`
    const isSearchless = this.#view === 'search' && !this.#box.text
    if (place !== this.#place || isSearchless) this.#shown = undefined
    this.#place = place
    if (state?.state === 'ready' && !isSearchless) this.#shown = state.value.items
    else if (state?.state === 'failed') this.#shown = undefined
  }

  hostUpdated() {
    if (!this.#isFresh || !this.#find('*')) return
    this.#isFresh = false
    // One who searches has something to write.
    this.#find<HTMLElement>('input[type=search]')?.focus()
  }

  get #source(): List | undefined {
    const [environment, channel] = [this.#scene.environment(), this.#scene.channel()]
    if (!environment || !channel) return undefined
    if (this.#view === 'pins') return pins(environment, channel.id)
    if (this.#view === 'topics') return topics(environment, channel.id)
    return this.#box.text ? found(environment, channel.id, this.#box.text) : undefined
  }

  #find<E extends Element>(selector: string) {
    return this.#host.renderRoot.querySelector<E>(`dialog ${selector}`)
  }

  render(): TemplateResult | undefined {
    if (!this.#dialog.isOpen) return undefined
    const titles = { search: 'findHere', pins: 'pins', topics: 'topics' } as const
    return this.#dialog.render({
      close: this.#say('closeFinder'),
      title: this.#say(this.#isBeginning ? 'beginTopic' : titles[this.#view]),
      body: this.#isBeginning ? this.#renderBeginning() : this.#renderList(),
    })
  }

  #renderList() {
    const state = this.#store.value
    const shown = this.#shown
    const hasMore = state?.state === 'ready' && state.value.nextCursor !== null
    const isForum = this.#view === 'topics'
    return html`<div class="finder" aria-busy=${shown || !this.#source ? 'false' : 'true'}>
      ${this.#view === 'search' ? html`<div class="finder-search">${this.#box.render()}</div>` : nothing}
      ${isForum && shown && this.#scene.channel()?.may.post ? this.#renderBegin() : nothing}
      ${
        shown?.length
          ? html`<ul class="found-list" role="list">
              ${isForum && this.#scene.topic() ? this.#renderAll() : nothing}
              ${shown.map((one) => html`<li>${'title' in one ? this.#renderTopic(one) : this.#renderMessage(one)}</li>`)}
            </ul>`
          : html`<div class="state">${this.#renderNothing(state && errorOf(state), hasMore)}</div>`
      }
      ${
        shown && hasMore
          ? html`<button class="button quiet" part="more-button" @click=${() => this.#source?.more()}>
              ${this.#say(shown.length || isForum ? 'moreFound' : 'lookFurther')}
            </button>`
          : nothing
      }
    </div>`
  }

  #renderMessage(message: Message) {
    const author = message.author ?? { id: '', name: this.#say('goneName'), avatarUrl: null }
    return html`<button class="found" part="found" @click=${() => this.#leave(() => this.#go(message))}>
      ${avatar(author)}
      <span class="what"
        ><span class="who"><bdi class="name cut">${author.name}</bdi>${this.#when(message.createdAt)}</span>
        <bdi class="said" dir="auto">${marked(plainText(shortText(message), message.mentions), this.#box.text)}</bdi></span
      >
    </button>`
  }

  #renderTopic({ id, title, author, createdAt }: Topic) {
    return html`<button
      class="found"
      part="found"
      aria-current=${id === this.#scene.topic() ? 'true' : 'false'}
      @click=${() => this.#leave(() => this.#scene.showTopic(id))}
    >
      ${icon(topicsIcon, true)}
      <span class="what"
        ><bdi class="name" dir="auto">${title}</bdi>
        <span class="when"><bdi>${author?.name ?? this.#say('goneName')}</bdi> · ${this.#when(createdAt)}</span></span
      >
    </button>`
  }

  #renderAll() {
    return html`<li>
      <button class="found" part="found" @click=${() => this.#leave(() => this.#scene.showTopic(undefined))}>
        ${icon(topicsIcon, true)}<span class="what"><span class="name">${this.#say('allTopics')}</span></span>
      </button>
    </li>`
  }

  #when(at: string) {
    return html`<time class="when" datetime=${at}>${formatMoment(this.#scene.locale(), new Date(at))}</time>`
  }

  #renderNothing(error: ApiError | undefined, hasMore: boolean) {
    if (error) return failureView(error, this.#text as Text<'retry'>, () => void this.#source?.refresh())
    const say = this.#say
    if (!this.#source) return stateView({ icon: searchIcon, title: say('findTitle'), text: say('findText') })
    if (!this.#shown)
      return html`<div class="skeleton found-bones" aria-hidden="true">
          ${[1, 2, 3, 4].map(() => html`<span class="bone"></span>`)}
        </div>
        <span class="visually-hidden">${this.#scene.text('loading')}</span>`
    if (this.#view === 'pins') return stateView({ icon: pinIcon, title: say('noPinsTitle'), text: say('noPinsText') })
    if (this.#view === 'topics')
      return stateView({ icon: topicsIcon, title: say('noTopicsTitle'), text: say('noTopicsText') })
    const text = say(hasMore ? 'notYetText' : 'noneFoundText', { text: this.#box.text })
    return stateView({ icon: searchIcon, title: say('noneFoundTitle'), text })
  }

  #renderBegin() {
    return html`<button class="button" part="begin-button" @click=${() => void this.#setBeginning(true)}>${this.#say('beginTopic')}</button>`
  }

  #renderBeginning() {
    const say = this.#say
    return html`<form class="start" part="topic-form" @submit=${this.#begin} @input=${this.#calm}>
      <label>
        ${say('topicTitle')}
        <input name="title" part="title-field" dir="auto" maxlength="200" required autocomplete="off" />
      </label>
      <label>
        ${say('topicText')}
        <textarea name="text" part="field" rows="4" dir="auto" maxlength="4000" required></textarea>
      </label>
      ${this.#problem ? html`<p class="bad" role="alert">${this.#problem}</p>` : nothing}
      <div class="choices">
        <button type="button" class="button quiet" part="back-button" @click=${() => void this.#setBeginning(false)}>${say('back')}</button>
        <button class="button" part="start-button" aria-disabled=${this.#isBusy ? 'true' : 'false'}>${say('begin')}</button>
      </div>
    </form>`
  }

  /** Closes the window, and then does something. */
  #leave(then: () => void) {
    this.#then = then
    this.#dialog.close()
  }

  /** Shows where one begins a topic, or the topics; the focus goes along. */
  async #setBeginning(isBeginning: boolean) {
    this.#isBeginning = isBeginning
    this.#problem = ''
    this.#host.requestUpdate()
    await this.#host.updateComplete
    this.#find<HTMLElement>(isBeginning ? 'form input' : '[part=begin-button]')?.focus()
  }

  readonly #calm = () => {
    if (!this.#problem) return
    this.#problem = ''
    this.#host.requestUpdate()
  }

  readonly #begin = async (event: Event) => {
    event.preventDefault()
    const [environment, channel] = [this.#scene.environment(), this.#scene.channel()]
    const form = new FormData(event.currentTarget as HTMLFormElement)
    const [title, text] = ['title', 'text'].map((name) => `${form.get(name)}`.trim()) as [string, string]
    if (this.#isBusy || !environment || !channel || !title || !text) return
    if (!this.#host.dispatchEvent(new RaiSendRequestEvent(text, null))) return
    this.#isBusy = true
    this.#host.requestUpdate()
    try {
      const topic = await startTopic(environment, channel.id, { title, text })
      if (this.#dialog.isOpen) this.#leave(() => this.#scene.showTopic(topic.id))
    } catch (error) {
      this.#host.dispatchEvent(errorEvent(error as ApiError))
      this.#problem = this.#say(failureOf(error as ApiError).code === 'forbidden' ? 'mayNot' : 'notDone')
    }
    this.#isBusy = false
    this.#host.requestUpdate()
  }
}

/** A text with what was looked for marked in it, and beginning not far before it. */
function marked(text: string, wanted: string): unknown {
  const at = wanted ? text.toLowerCase().indexOf(wanted.toLowerCase()) : -1
  if (at < 0) return text
  const end = at + wanted.length
  const from = at > before ? at - before / 2 : 0
  return html`${from ? '…' : nothing}${text.slice(from, at)}<mark>${text.slice(at, end)}</mark>${text.slice(end)}`
}
