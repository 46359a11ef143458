import { type ChannelStore, channel, serverNow } from '@rai/stores'
import { type CSSResult, type CSSResultGroup, html, nothing, type PropertyDeclarations, unsafeCSS } from 'lit'
import { RaiElement } from '../shared/element.js'
import { errorEvent, RaiLoadEvent } from '../shared/events.js'
import { formatNumber } from '../shared/format.js'
import { MessagesController } from '../shared/messages.js'
import { Part } from '../shared/part.js'
import { StoreController } from '../shared/store-controller.js'
import styles from './channel.styles.css?inline'
import { catalog } from './messages/index.js'
import { decide, nothingKnown, standOf } from './model.js'
import type { Mode, PartClass, Scene } from './scene.js'
import { skeleton } from './skeleton.js'

/**
 * A channel of a community.
 *
 * @customElement rai-channel
 * @summary Shows what members say in a channel, live, and lets them say something.
 *
 * @attr {string} channel - The channel's id. Default: the first that the member sees.
 * @attr {string} topic - Of a forum: the id of the topic that is shown. Default: all of them.
 * @attr {string} route - Of a channel that shows a page: the path in it that one is led to. Follow `rai-navigate` with it.
 * @attr {boolean} without-header - Leaves out the title line.
 *
 * @slot - What stands here until the channel has come, or for good if the script never does.
 * @slot header - Instead of the channel's name.
 * @slot empty - Instead of the words where nothing was said yet.
 * @slot error - Instead of the words for a failure.
 * @slot sign-in - What guests are told, best a link to your sign-in; without one it is plain text.
 *
 * @event {RaiLoadEvent} rai-load - The channel is there.
 * @event {RaiErrorEvent} rai-error - Something failed; has `code` and `requestId`. Of a page that is shown also `page_silent` and `page_flood`.
 * @event {RaiNavigateEvent} rai-navigate - The page that is shown leads elsewhere within itself; has `path`, `pageTitle` and `isReplacing`.
 * @event {RaiDraftEvent} rai-draft - The page that is shown suggests what to say; has `text`; cancel it where your page takes it.
 * @event {RaiSendRequestEvent} rai-send-request - The member sends a message; has `text`, `replyTo` and `files`; cancelable.
 * @event {RaiUnreadChangeEvent} rai-unread-change - More or less is unread; has `count`, for a badge of the page's.
 *
 * @csspart base - The outermost inner element.
 * @csspart header - The title line.
 * @csspart title - The channel's name.
 * @csspart description - What it is about.
 * @csspart find-button - Opens the search of the channel.
 * @csspart pins-button - Opens what is pinned.
 * @csspart topics-button - Of a forum: opens its topics.
 * @csspart topic - Of a forum: the line of the topic that is shown.
 * @csspart topic-title - What it is about.
 * @csspart all-topics-button - Shows all topics again.
 * @csspart choose-topic-button - Of a forum: opens its topics, where one may not write yet.
 * @csspart log - The messages.
 * @csspart message - One of them.
 * @csspart avatar - The picture of who said it.
 * @csspart author - Their name.
 * @csspart time - When it was said.
 * @csspart text - What was said.
 * @csspart quote - What it answers.
 * @csspart day - The day that begins.
 * @csspart unread - Where what is new begins.
 * @csspart jump-button - Goes to the newest message.
 * @csspart fate - What becomes of a message that is on its way.
 * @csspart mention - Somebody who is named.
 * @csspart link - A link in a message.
 * @csspart attachments - What a message carries.
 * @csspart picture - A picture among that.
 * @csspart file - Another file among that.
 * @csspart cards - What the pages say of themselves that a message links to.
 * @csspart card - One of these.
 * @csspart reactions - What others think of a message.
 * @csspart reaction - One of these, with how many.
 * @csspart tools - What one can do with the message that one is at.
 * @csspart react-button - Opens the choice of reactions.
 * @csspart picker - That choice.
 * @csspart emoji - One of them.
 * @csspart reply-button - Answers a message.
 * @csspart menu-button - Opens what else one can do.
 * @csspart menu - That.
 * @csspart menu-item - One of these.
 * @csspart editor - Where a message is changed.
 * @csspart question - What is asked before one is deleted or reported.
 * @csspart save-button - Keeps the change.
 * @csspart confirm-button - Deletes or reports it.
 * @csspart problem - Why a message could not be sent.
 * @csspart discard-button - Takes it back to where one writes.
 * @csspart typing - Who is writing.
 * @csspart composer - Where one writes.
 * @csspart attach-button - Chooses files for the message.
 * @csspart uploads - The files that it is to carry.
 * @csspart upload - One of them.
 * @csspart progress - How much of it is on its way.
 * @csspart upload-again-button - Sends one that failed again.
 * @csspart take-off-button - Takes one off.
 * @csspart field - What one writes into.
 * @csspart answered - What is answered.
 * @csspart send-button - Sends it.
 * @csspart limit - What keeps one from sending, or soon will.
 * @csspart mention-list - Who can be named, while one writes a name.
 * @csspart mention-item - One of them.
 * @csspart closed - What stands there where one may not write.
 * @csspart search - The box to search in.
 * @csspart search-input - What one types into it.
 * @csspart found - A message or topic in a list.
 * @csspart more-button - Goes on with the list.
 * @csspart begin-button - Leads to where one begins a topic.
 * @csspart topic-form - That.
 * @csspart title-field - What the topic is about.
 * @csspart back-button - Leads back to the topics.
 * @csspart start-button - Begins the topic.
 * @csspart guest - What guests see instead.
 * @csspart sign-in - The line that invites them to sign in.
 * @csspart empty - What stands where nothing was said yet.
 * @csspart error - What stands where loading failed.
 * @csspart retry-button - Tries again.
 * @csspart app - Whose page is shown, and what it may.
 * @csspart origin - Whose it is.
 * @csspart permission - Something that it may.
 * @csspart reload-button - Loads it again.
 * @csspart tab-link - Opens it in a tab of its own.
 * @csspart stage - What it stands in.
 * @csspart frame - The page itself.
 * @csspart broken - What stands where it does not answer, or was stopped.
 * @csspart show-button - Shows it all the same.
 * @csspart off - What stands where it was switched off.
 * @csspart toast - What it says for a moment.
 * @csspart dialog - The window of a search, of pins and of topics, and the one that asks whether to leave for another site.
 * @csspart dialog-title - Its title.
 * @csspart close-button - Closes it.
 * @csspart stay-button - Stays.
 * @csspart leave-button - Leaves.
 * @csspart footer - The last line: of when the messages are, where they could not be refreshed.
 *
 * @cssproperty [--rai-channel-height=30rem] - The element's height; the messages scroll inside.
 *
 * @cssstate loading - Nothing to show yet.
 * @cssstate empty - Nothing was said yet.
 * @cssstate error - Loading failed.
 * @cssstate stale - What is shown could not be refreshed.
 */
export class RaiChannel extends RaiElement {
  static override styles: CSSResultGroup = [RaiElement.styles, unsafeCSS(styles)]

  static override get properties(): PropertyDeclarations {
    return {
      ...RaiElement.properties,
      channel: {},
      topic: {},
      route: {},
      withoutHeader: { type: Boolean, attribute: 'without-header' },
    }
  }

  /** The channel's id. Default: the first that the member sees. */
  declare channel: string | undefined
  /** Of a forum: the id of the topic that is shown. Default: all of them. */
  declare topic: string | undefined
  /** Of a channel that shows a page: the path in it that one is led to. Default: `/`. */
  declare route: string | undefined
  /** Leaves out the title line. */
  declare withoutHeader: boolean

  readonly #words = new MessagesController(this, catalog)
  readonly #store = new StoreController(this, () => this.#source?.$channel)
  readonly #scene: Scene = {
    text: this.#words.text,
    locale: () => this.#words.locale,
    environment: () => this.environment,
    source: () => this.#source,
    channel: () => this.#model.channel ?? undefined,
    topic: () => this.topic || undefined,
    showTopic: (id) => {
      this.topic = id
    },
    route: () => this.route || '/',
    number: (value) => formatNumber(this.#words.locale, value),
    timeTo: (at) => (this.environment ? at - serverNow(this.environment) : 0),
  }
  /** The channel's type says which of them draws it. */
  readonly #chat = this.#part<Mode>(() => import('./chat/chat.js'))
  readonly #frame = this.#part<Mode>(() => import('./frame/frame.js'))
  readonly #noChannel = new Part(this, () => import('./no-channel.js'))

  #source: ChannelStore | undefined
  /** What address, key and the channel's id together; the fields around it are about it. */
  #subject = ''
  #model = nothingKnown
  #stand: ReturnType<typeof standOf> | undefined
  #loaded = false
  #error: unknown

  constructor() {
    super()
    // After the store above, and before the modes.
    this.addController({ hostUpdate: () => this.#decide() })
  }

  /** A part that works with what the element shows. */
  #part<T>(load: () => Promise<{ default: PartClass<T>; styles: readonly CSSResult[] }>): Part<T> {
    return new Part(this, async () => {
      const { default: Controller, styles } = await load()
      return { default: new Controller(this, this.#words.text, this.#scene), styles }
    })
  }

  override disconnectedCallback() {
    super.disconnectedCallback()
    this.#source = undefined
  }

  protected override willUpdate() {
    const { environment } = this
    const subject = `${environment?.apiUrl} ${environment?.key} ${this.channel ?? ''}`
    if (subject !== this.#subject) {
      this.#subject = subject
      this.#loaded = false
    }
    this.#source = environment && channel(environment, this.channel || undefined)
  }

  protected override updated() {
    const error = this.#model.error ?? this.#stand?.error
    const isReady = !this.#failure && !this.#isPending
    this.setStates({
      loading: this.#isPending,
      empty: isReady && !!this.#stand?.isEmpty,
      error: !!this.#failure,
      stale: this.#stand?.stale !== undefined,
    })
    if (error && error !== this.#error) this.dispatchEvent(errorEvent(error))
    this.#error = error
    if (this.#loaded || !isReady) return
    this.#loaded = true
    this.dispatchEvent(new RaiLoadEvent())
    // What is to be said when the network is gone is fetched while it is there.
    void this.#noChannel.value
  }

  /** Takes in what is known, before anything is drawn. */
  #decide() {
    this.#model = decide(this.#model, { subject: this.#subject, channel: this.#store.value })
  }

  /** What draws the channel, by its type. */
  get #mode() {
    const { channel } = this.#model
    if (!channel) return undefined
    return channel.type === 'iframe' ? this.#frame : this.#chat
  }

  get #failure() {
    return this.#model.failure ?? this.#stand?.failure
  }

  /** What it takes to draw is on its way. */
  get #isPending(): boolean {
    // Another language later is no reason to take away what is there: the page of an iframe channel would be loaded anew.
    if ((this.#words.pending && !this.#loaded) || (this.#failure && this.#noChannel.pending)) return true
    return !this.#failure && (this.#model.channel === undefined || !!this.#stand?.isPending)
  }

  readonly #retry = () => {
    void this.#source?.refresh()
    this.#mode?.value?.refresh()
  }

  /** The way on, where the words for what is wrong could not be had. */
  #renderRetry() {
    return html`<button class="text-button" part="retry-button" @click=${this.#retry}>${this.#words.text('retry')}</button>`
  }

  #renderHeader() {
    const { channel } = this.#model
    if (this.withoutHeader || !channel) return nothing
    return html`<div class="header" part="header">
      <div class="names">
        <h2 class="title cut" part="title"><slot name="header"><bdi>${channel.topic}</bdi></slot></h2>
        ${
          channel.description
            ? html`<p class="description cut" part="description" title=${channel.description}><bdi>${channel.description}</bdi></p>`
            : nothing
        }
      </div>
      ${this.#mode?.value?.renderActions?.()}
    </div>`
  }

  #renderFailure() {
    const failure = this.#failure
    if (!failure) return nothing
    return this.#noChannel.value?.failed(failure, this.#words.text, this.#retry) ?? this.#renderRetry()
  }

  #renderGuest() {
    const { text } = this.#words
    return html`<div class="guest" part="guest">
      <p class="title">${text('signInTitle')}</p>
      <p class="sign-in" part="sign-in"><slot name="sign-in">${text('signIn')}</slot></p>
    </div>`
  }

  #renderStale(at: number) {
    const { text, locale } = this.#words
    return html`<div class="footer" part="footer">
      ${this.#noChannel.value?.stale(at, text, locale, this.#retry) ?? this.#renderRetry()}
    </div>`
  }

  #renderContent() {
    const { channel } = this.#model
    const failure = this.#failure
    const stale = this.#stand?.stale
    return html`${this.#renderHeader()}
      <div class="fallback" ?hidden=${!failure || this.#loaded || !this.hasContent}><slot></slot></div>
      <div class="state" part="error" ?hidden=${!failure}><slot name="error">${this.#renderFailure()}</slot></div>
      ${failure ? nothing : channel ? this.#mode?.value?.render() : this.#renderGuest()}
      ${stale === undefined || failure ? nothing : this.#renderStale(stale)}`
  }

  /** What is seen until there is something to say. */
  #renderLoading() {
    // A skeleton promises something: not while nothing may be asked for.
    return !this.environment || this.hasContent
      ? html`<div class="fallback"><slot></slot></div>`
      : skeleton(this.#words.text('loading'), !this.withoutHeader)
  }

  protected override render() {
    const { locale } = this.#words
    const mode = this.#mode
    this.#stand = mode && standOf(mode)
    return html`<div
      class="base ${this.scheme} ${this.#stand?.stale === undefined ? '' : 'is-stale'}"
      part="base"
      lang=${locale}
      dir=${this.directionOf(locale)}
    >
      ${this.#isPending ? this.#renderLoading() : this.#renderContent()}
    </div>`
  }
}
