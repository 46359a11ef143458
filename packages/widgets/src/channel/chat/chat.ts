import {
  type Conversation,
  conversation,
  type Loadable,
  type Message,
  type Outgoing,
  serverNow,
  shortText,
  type Talk,
  viewer,
} from '@rai/stores'
import { html, type LitElement, nothing, type ReactiveController, unsafeCSS } from 'lit'
import { repeat } from 'lit/directives/repeat.js'
import { type Text, textOf } from '../../shared/messages.js'
import { Announcer } from '../../shared/on-demand/announcer.js'
import { downIcon, icon, iconStyles } from '../../shared/on-demand/icons.js'
import { Part } from '../../shared/part.js'
import { StoreController } from '../../shared/store-controller.js'
import { RaiUnreadChangeEvent } from '../own-events.js'
import type { Mode, Scene } from '../scene.js'
import type Actions from './actions.js'
import type attached from './attachments.js'
import css from './chat.styles.css?inline'
import type Composer from './composer.js'
import type Head from './head.js'
import { type Item, itemsOf } from './items.js'
import type { Person } from './naming.js'
import { plainText } from './rich-text.js'
import { type RowScene, row } from './row.js'
import { LogWindow } from './window.js'
import { words } from './words.js'

export const styles = [iconStyles, unsafeCSS(css)]

const bubbleIcon = 'M20 11.5a7.5 7 0 0 1-11 6.2L4.5 19.5l1.3-3.9A7 7 0 1 1 20 11.5Z'

/** So long after the newest message has come into view it counts as read, in milliseconds. */
const readAfter = 1000
/** More than so many are told as so many. */
const mostCounted = 100

/** What members say in a channel. */
export default class ChatController implements Mode, ReactiveController {
  readonly #host: LitElement
  readonly #scene: Scene
  readonly #say: Text<keyof typeof words>
  readonly #talk: StoreController<Loadable<Talk>>
  readonly #outgoing: StoreController<readonly Outgoing[]>
  readonly #typing: StoreController<readonly string[]>
  readonly #viewer: StoreController<ReturnType<ReturnType<typeof viewer>['$viewer']['get']>>
  readonly #window: LogWindow
  readonly #announcer: Announcer
  /** Where one writes, and what one can do with messages: they come after what was said. */
  readonly #composer: Part<Composer>
  readonly #actions: Part<Actions>
  /** What messages carry. */
  readonly #attached: Part<typeof attached>
  /** What leads to what was said before, at the element's head. */
  readonly #head: Part<Head>
  #items: readonly Item[] = []
  #subject = ''
  #readTo: string | null | undefined
  /** The newest message that was told of, and the newest that was seen. */
  #heard: string | undefined
  #seen = ''
  /** The message that is gone to, and the one that was. */
  #target: string | undefined
  #reached: string | undefined
  /** How many of others came since. */
  #unread = 0
  #reading: ReturnType<typeof setTimeout> | undefined
  #inView = false
  #observer: IntersectionObserver | undefined

  constructor(host: LitElement, text: Text<never>, scene: Scene) {
    this.#host = host
    this.#scene = scene
    this.#say = textOf(text, words)
    this.#talk = new StoreController(host, () => this.#conversation?.$talk)
    this.#outgoing = new StoreController(host, () => this.#conversation?.outbox.$outgoing)
    this.#typing = new StoreController(host, () => this.#conversation?.$typing)
    this.#viewer = new StoreController(host, () => {
      const environment = scene.environment()
      return environment && viewer(environment).$viewer
    })
    this.#announcer = new Announcer(host)
    host.addController(this)
    this.#window = new LogWindow(host, {
      items: () => this.#items,
      older: () => this.#conversation?.older(),
      newer: () => this.#conversation?.newer(),
      hasAfter: () => this.#known?.hasAfter ?? false,
      latest: () => this.#conversation?.latest(),
    })
    const conversation = () => this.#conversation
    this.#composer = new Part(host, async () => {
      const { default: Controller, styles } = await import('./composer.js')
      const around = {
        conversation,
        sent: this.#window.toEnd,
        people: this.#people,
        chooseTopic: () => this.#head.value?.show('topics'),
      }
      return { default: new Controller(host, text, scene, around), styles }
    })
    this.#attached = new Part(host, () => import('./attachments.js'))
    this.#head = new Part(host, async () => {
      const { default: Controller, styles } = await import('./head.js')
      return { default: new Controller(host, text, scene, this.#find), styles }
    })
    this.#actions = new Part(host, async () => {
      const { default: Controller, styles } = await import('./actions.js')
      const around = {
        conversation,
        me: () => this.#me?.id,
        answer: (message: Message) =>
          this.#composer.value?.answer({ id: message.id, author: message.author, text: shortText(message) }),
        takeBack: (outgoing: Outgoing) => this.#composer.value?.takeBack(outgoing),
        tell: (words: string) => this.#announcer.say(words),
      }
      return { default: new Controller(host, text, scene, around), styles }
    })
  }

  get state() {
    return this.#talk.value
  }

  get isEmpty() {
    return this.#items.length === 0
  }

  readonly refresh = () => void this.#conversation?.refresh()

  hostConnected() {
    this.#observer = new IntersectionObserver((entries) => {
      this.#inView = entries.at(-1)?.isIntersecting ?? false
      this.#read()
    })
    this.#observer.observe(this.#host)
    document.addEventListener('visibilitychange', this.#read)
  }

  hostDisconnected() {
    this.#observer?.disconnect()
    clearTimeout(this.#reading)
    this.#reading = undefined
    document.removeEventListener('visibilitychange', this.#read)
  }

  /** Before the element is drawn: what there is to show. */
  hostUpdate() {
    const channel = this.#scene.channel()
    const subject = `${channel?.id} ${this.#scene.topic()}`
    if (subject !== this.#subject) {
      this.#subject = subject
      this.#heard = undefined
      this.#seen = ''
      this.#readTo = channel?.unread ? channel.readTo : undefined
      this.#window.begin()
      this.#setUnread(channel?.unread ?? 0)
    }
    const talk = this.#known
    const outgoing = this.#outgoing.value ?? []
    this.#items = talk ? itemsOf({ talk, outgoing, me: this.#me?.id, readTo: this.#readTo }) : []
    const target = this.#items.find(({ id }) => id === this.#target)
    if (!target) return
    this.#reached = target.id
    this.#target = undefined
    this.#window.to(target.key)
  }

  hostUpdated() {
    const talk = this.#known
    if (!talk) return
    this.#conversation?.outbox.arrived(talk.messages)
    this.#tell(talk)
    this.#read()
  }

  get #conversation(): Conversation | undefined {
    const environment = this.#scene.environment()
    const channel = this.#scene.channel()
    return environment && channel && conversation(environment, { channelId: channel.id, topicId: this.#scene.topic() })
  }

  get #known(): Talk | undefined {
    const state = this.#talk.value
    return state?.state === 'ready' ? state.value : undefined
  }

  get #me() {
    const state = this.#viewer.value
    return state?.state === 'ready' ? state.value?.member : undefined
  }

  /** How many came since one scrolled away from the newest. */
  get #newCount(): number {
    return this.#items.filter(
      ({ message, authorId }) => message && message.id > this.#seen && authorId !== this.#me?.id,
    ).length
  }

  /** Tells those who do not see it what others have just said. */
  #tell({ messages, hasAfter }: Talk) {
    const last = messages.at(-1)?.id ?? ''
    const heard = this.#heard
    if (!hasAfter) this.#heard = last
    if (heard === undefined || hasAfter || last <= heard) return
    const fresh = messages.filter(
      ({ id, author, deletedAt }) => id > heard && author?.id !== this.#me?.id && !deletedAt,
    )
    const [one] = fresh
    if (!one) return
    this.#setUnread(this.#unread + fresh.length)
    const { length } = fresh
    const text =
      length === 1
        ? this.#say('said', {
            name: one.author?.name ?? this.#say('goneName'),
            text: plainText(shortText(one), one.mentions),
          })
        : this.#say('saidMany', { count: this.#scene.number(length) }, length)
    this.#announcer.say(text)
  }

  /** What one has had before one's eyes for a while is read. */
  readonly #read = () => {
    const last = this.#known?.messages.at(-1)?.id
    const isSeen = this.#inView && document.visibilityState === 'visible' && this.#window.isAtEnd
    if (!last || !isSeen || last <= this.#seen) return
    this.#reading ??= setTimeout(() => {
      this.#reading = undefined
      if (!this.#window.isAtEnd || document.visibilityState !== 'visible') return
      const newest = this.#known?.messages.at(-1)?.id ?? ''
      this.#seen = newest
      this.#setUnread(0)
      const channel = this.#scene.channel()
      if (channel && newest > (channel.readTo ?? ''))
        this.#scene
          .source()
          ?.read(newest)
          .catch(() => {})
      this.#host.requestUpdate()
    }, readAfter)
  }

  /** Says to the page how many are not read, once the element is drawn. */
  #setUnread(count: number) {
    const shown = Math.min(count, mostCounted)
    if (shown === this.#unread) return
    this.#unread = shown
    void this.#host.updateComplete.then(() => this.#host.dispatchEvent(new RaiUnreadChangeEvent(shown)))
  }

  /** Goes to a message, wherever it stands. */
  readonly #go = (messageId: string) => {
    this.#target = messageId
    if (!this.#items.some(({ id }) => id === messageId)) this.#conversation?.around(messageId)
    this.#host.requestUpdate()
  }

  /** Goes to one that was found in the channel: in a forum it may be of another topic. */
  readonly #find = ({ id, topicId }: Message) => {
    if (this.#scene.topic() && topicId !== this.#scene.topic()) this.#scene.showTopic(topicId ?? undefined)
    this.#go(id)
  }

  /** Who says something here, and who is named, the last first. */
  readonly #people = (): Person[] => {
    const all = [...(this.#known?.messages ?? [])].reverse().flatMap(({ author, mentions }) => [author, ...mentions])
    const others = all.flatMap((one) => (one && one.id !== this.#me?.id ? [[one.id, one] as const] : []))
    // The first of an id counts.
    return [...new Map(others.reverse()).values()].reverse()
  }

  get #rows(): RowScene {
    const environment = this.#scene.environment()
    const actions = this.#actions.value
    return {
      say: this.#say,
      locale: this.#scene.locale(),
      now: environment ? serverNow(environment) : Date.now(),
      me: this.#me?.id,
      myName: this.#me?.name ?? '',
      people: this.#people,
      tabbable: this.#window.tabbable,
      go: this.#go,
      files: ({ key, message, outgoing }) =>
        outgoing
          ? this.#composer.value?.carried(outgoing)
          : message?.attachments[0] && this.#attached.value?.(key, message, this.#scene.locale()),
      tools: (item) => actions?.tools(item) ?? nothing,
      below: (item) => html`${this.#renderFate(item)}${actions?.below(item) ?? nothing}`,
      editor: (item) => actions?.editor(item),
      marked: (item) => (item.id === this.#reached ? 'marked' : (actions?.marked(item) ?? '')),
      onEnter: (item) => actions?.enter(item),
    }
  }

  /** What becomes of a message that is on its way. */
  #renderFate({ outgoing }: Item) {
    if (!outgoing || outgoing.state === 'sent' || outgoing.state === 'failed') return nothing
    return html`<p class="fate" part="fate">${this.#say(outgoing.state === 'waiting' && outgoing.code ? 'waiting' : 'sending')}</p>`
  }

  #renderEmpty() {
    const say = this.#say
    const isOpen = this.#scene.channel()?.may.post
    return html`<div class="empty" part="empty">
      <slot name="empty"
        >${icon(bubbleIcon)}
        <p class="title">${say('emptyTitle')}</p>
        <p class="muted">${say(isOpen ? 'emptyText' : 'emptyQuiet')}</p></slot
      >
    </div>`
  }

  #renderLog(talk: Talk) {
    const rows = this.#rows
    const { first, last, onScroll, onKeydown, onFocus } = this.#window
    return html`<div
      class="log"
      part="log"
      role="log"
      aria-live="off"
      aria-label=${this.#say('log')}
      @scroll=${onScroll}
      @keydown=${onKeydown}
      @focusin=${onFocus}
    >
      <div class="rows">
        ${
          first > 0 || talk.hasBefore
            ? html`<div class="more skeleton" aria-hidden="true"><span class="bone"></span><span class="bone"></span></div>`
            : html`<p class="beginning">${this.#say('beginning')}</p>`
        }
        ${repeat(
          this.#items.slice(first, last),
          ({ key }) => key,
          (item) => row(item, rows),
        )}
      </div>
    </div>`
  }

  #renderJump() {
    if (this.#window.isAtEnd) return nothing
    const count = this.#newCount
    const text = count ? this.#say('newMessages', { count: this.#scene.number(count) }, count) : this.#say('toLatest')
    return html`<div class="jump-place">
      <button class="jump" part="jump-button" aria-label=${text} title=${text} @click=${this.#window.toEnd}>
        ${icon(downIcon)}${count ? html`<span>${text}</span>` : nothing}
      </button>
    </div>`
  }

  #renderTyping(talk: Talk) {
    const writing = (this.#typing.value ?? []).filter((id) => id !== this.#me?.id)
    const nameOf = (id: string | undefined) =>
      talk.messages.find(({ author }) => author?.id === id)?.author?.name ?? this.#say('someone')
    const [name, other] = writing.map(nameOf)
    const key = (['typingOne', 'typingTwo'] as const)[writing.length - 1] ?? 'typingMany'
    return html`<p class="typing" part="typing">${
      writing.length ? this.#say(key, { name: name ?? '', other: other ?? '' }) : nothing
    }</p>`
  }

  renderActions = () => this.#head.value?.renderActions()

  render() {
    const talk = this.#known
    if (!talk) return nothing
    const head = this.#head.value
    return html`${head?.renderTopic()} ${this.isEmpty ? this.#renderEmpty() : this.#renderLog(talk)} ${this.#renderJump()}
      ${this.#renderTyping(talk)}
      <div class="foot">${this.#composer.value?.render()}</div>
      ${this.#actions.value?.render()} ${head?.render()} ${this.#announcer.render()}`
  }
}
