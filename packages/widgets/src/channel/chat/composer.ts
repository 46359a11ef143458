import { type Conversation, mostUploads, type Outgoing, type Quoted, type Upload, upload } from '@rai/stores'
import { html, type LitElement, nothing, type ReactiveController, unsafeCSS } from 'lit'
import { ClockController } from '../../shared/clock-controller.js'
import { formatCountdown } from '../../shared/format.js'
import { type Text, textOf } from '../../shared/messages.js'
import { closeIcon, icon, iconStyles } from '../../shared/on-demand/icons.js'
import { Part } from '../../shared/part.js'
import { StoreController } from '../../shared/store-controller.js'
import { RaiSendRequestEvent } from '../own-events.js'
import type { Scene } from '../scene.js'
import type Attaching from './attaching.js'
import css from './composer.styles.css?inline'
import type MentionList from './mention.js'
import { decode, encode, type Person } from './naming.js'
import { plainText } from './rich-text.js'

export const styles = [iconStyles, unsafeCSS(css)]

export const words = {
  write: 'Write a message',
  writeIn: 'Write to {name}',
  send: 'Send',
  attach: 'Attach files',
  tooMany: { one: 'A message carries one file at most', other: 'A message carries {count} files at most' },
  hint: 'Enter sends, Shift and Enter begins a line',
  answering: 'You answer {name}',
  noAnswer: 'Answer nobody',
  readOnly: 'Only some write here.',
  chooseTopic: 'Answer a message to write in its topic.',
  topics: 'Topics',
  slow: 'You can write again in {time}',
  tooLong: { one: 'One sign too many', other: '{count} signs too many' },
  signsLeft: { one: 'One sign left', other: '{count} signs left' },
}

const attachIcon = 'm20 11.5-8 8a5 5 0 0 1-7-7l8.3-8.3a3.3 3.3 0 0 1 4.7 4.7l-8.3 8.3a1.7 1.7 0 0 1-2.4-2.4l7.5-7.5'
const sendIcon = 'M12 19V5M5.5 11.5 12 5l6.5 6.5'
/** How long a message may be, as the server counts; and from when on one is told what is left. */
const longest = 4000
const nearlyLongest = 3600

/** What a member writes, and has not sent yet. It is kept while the page lives, by channel. */
const drafts = new Map<string, Draft>()

interface Draft {
  text: string
  /** Whom the names in it mean. */
  named: ReadonlyMap<string, string>
  uploads: readonly Upload[]
}

const nothingWritten: Draft = { text: '', named: new Map(), uploads: [] }

interface Around {
  conversation(): Conversation | undefined
  /** Is told that something was sent. */
  sent(): void
  /** Whom one may name. */
  people(): readonly Person[]
  /** Shows the topics of a forum. */
  chooseTopic(): void
}

/** Where one writes a message. */
export default class Composer implements ReactiveController {
  #replyTo: Quoted | null = null
  #draft = nothingWritten
  #place = ''
  #isComposing = false
  readonly #host: LitElement
  readonly #scene: Scene
  readonly #say: Text<keyof typeof words>
  readonly #around: Around
  readonly #freeAt: StoreController<number>
  /** Comes with the first `@`. */
  readonly #mentions: Part<MentionList>
  #mayMention = false
  /** Comes with the first file. */
  readonly #attaching: Part<Attaching>
  #isTooMany = false
  #isOver = false

  constructor(host: LitElement, text: Text<never>, scene: Scene, around: Around) {
    this.#host = host
    this.#scene = scene
    this.#say = textOf(text, words)
    this.#around = around
    this.#freeAt = new StoreController(host, () => around.conversation()?.outbox.$freeAt)
    this.#mentions = new Part(host, async () => {
      const { default: List, styles } = await import('./mention.js')
      const list = new List(host, text, {
        people: around.people,
        isNamed: (name) => this.#draft.named.has(name),
        choose: this.#name,
      })
      // What was written meanwhile.
      void host.updateComplete.then(() => this.field?.matches(':focus') && list.read(this.field))
      return { default: list, styles }
    })
    this.#attaching = new Part(host, async () => {
      const { default: Own, styles } = await import('./attaching.js')
      const around = { uploads: () => this.#draft.uploads, drop: this.#takeOff }
      return { default: new Own(host, text, scene, around), styles }
    })
    new ClockController(host, () => this.#wait || undefined)
    host.addController(this)
  }

  hostConnected() {
    this.#host.addEventListener('dragover', this.#onDrag)
    this.#host.addEventListener('dragleave', this.#onDrag)
    this.#host.addEventListener('drop', this.#onDrop)
  }

  hostDisconnected() {
    this.#host.removeEventListener('dragover', this.#onDrag)
    this.#host.removeEventListener('dragleave', this.#onDrag)
    this.#host.removeEventListener('drop', this.#onDrop)
  }

  hostUpdate() {
    const environment = this.#scene.environment()
    const place = `${environment?.apiUrl} ${environment?.key} ${this.#scene.channel()?.id} ${this.#scene.topic() ?? ''}`
    if (place === this.#place) return
    this.#place = place
    this.#draft = drafts.get(place) ?? nothingWritten
    this.#replyTo = null
    this.#isTooMany = this.#isOver = false
  }

  hostUpdated() {
    const { field } = this
    if (!field) return
    if (field.value !== this.#draft.text) field.value = this.#draft.text
    fit(field)
  }

  get field(): HTMLTextAreaElement | null {
    return this.#host.renderRoot.querySelector<HTMLTextAreaElement>('.field textarea')
  }

  /** Puts a text where one writes, as if it had been written. */
  insert(text: string) {
    const { text: before, named } = this.#draft
    const more = decode(text, this.#around.people())
    this.#set(before ? `${before.trimEnd()} ${more.text}` : more.text, new Map([...named, ...more.named]))
    this.field?.focus()
  }

  /** Takes what could not be sent back to where one writes. */
  takeBack({ text, files = [] }: Outgoing) {
    this.#carry([...this.#draft.uploads, ...files].slice(0, mostUploads))
    if (text) this.insert(text)
  }

  /** What a message on its way carries, as the log shows it. */
  carried = ({ files }: Outgoing) => (files ? this.#attaching.value?.carried(files) : undefined)

  /** What is written next answers a message. */
  answer(to: Quoted) {
    this.#replyTo = to
    this.#host.requestUpdate()
    void this.#host.updateComplete.then(() => this.field?.focus())
  }

  /** How long the member still has to wait, in milliseconds. */
  get #wait(): number {
    return Math.max(0, this.#scene.timeTo(this.#freeAt.value ?? 0))
  }

  /** What is written, as it is to be sent. */
  get #written(): string {
    return encode(this.#draft.text.trim(), this.#draft.named)
  }

  #set(text: string, named = this.#draft.named) {
    this.#keep({ ...this.#draft, text, named: text ? named : nothingWritten.named })
  }

  #carry(uploads: readonly Upload[]) {
    this.#keep({ ...this.#draft, uploads })
  }

  #keep(draft: Draft) {
    this.#draft = draft
    if (draft.text || draft.uploads.length) drafts.set(this.#place, draft)
    else drafts.delete(this.#place)
    this.#host.requestUpdate()
  }

  /** Has files go with what one writes, and begins to send them. */
  #add(files: Iterable<File>) {
    const environment = this.#scene.environment()
    const channel = this.#scene.channel()
    if (!environment || !channel?.may.attach) return
    const wanted = [...files]
    const { uploads } = this.#draft
    const room = mostUploads - uploads.length
    this.#isTooMany = wanted.length > room
    this.#carry([...uploads, ...wanted.slice(0, room).map((file) => upload(environment, channel.id, file))])
    this.field?.focus()
  }

  readonly #takeOff = (gone: Upload) => {
    gone.drop()
    this.#isTooMany = false
    this.#carry(this.#draft.uploads.filter((one) => one !== gone))
    this.field?.focus()
  }

  readonly #onChoose = (event: Event) => {
    const chooser = event.target as HTMLInputElement
    this.#add(chooser.files ?? [])
    // The same file may be chosen again.
    chooser.value = ''
  }

  /** A picture that is copied comes as a file; what comes as words too is meant as words. */
  readonly #onPaste = (event: ClipboardEvent) => {
    const { files = [], types = [] } = event.clipboardData ?? {}
    if (!files.length || types.includes('text/plain') || !this.#scene.channel()?.may.attach) return
    event.preventDefault()
    this.#add(files)
  }

  /** Files that are held over any place of the element can be let go of there. */
  readonly #onDrag = (event: DragEvent) => {
    if (!this.field || !this.#scene.channel()?.may.attach || !event.dataTransfer?.types.includes('Files')) return
    event.preventDefault()
    const isOver = event.type === 'dragover' || this.#host.contains(event.relatedTarget as Node | null)
    if (isOver === this.#isOver) return
    this.#isOver = isOver
    this.#host.requestUpdate()
  }

  readonly #onDrop = (event: DragEvent) => {
    this.#onDrag(event)
    if (!event.defaultPrevented) return
    this.#isOver = false
    this.#add(event.dataTransfer!.files)
  }

  readonly #onInput = (event: Event) => {
    const { value } = event.target as HTMLTextAreaElement
    this.#set(value)
    this.#lookForName()
    if (value.trim()) this.#around.conversation()?.type()
  }

  /** Offers whom a name that is being written may mean. */
  readonly #lookForName = () => {
    const { field } = this
    if (!field || !this.#scene.channel()?.may.mention) return
    if (this.#mayMention || field.value.includes('@')) {
      this.#mayMention = true
      this.#mentions.value?.read(field)
    }
  }

  /** The list of those who can be named, once one was needed. */
  get #list(): MentionList | undefined {
    return this.#mayMention ? this.#mentions.value : undefined
  }

  /** Puts somebody's name where one was writing it. */
  readonly #name = ({ id, name }: Person, from: number, to: number) => {
    const { field } = this
    if (!field) return
    field.setRangeText(`@${name} `, from, to, 'end')
    this.#set(field.value, new Map([...this.#draft.named, [name, id]]))
    field.focus()
  }

  /** Enter sends, unless it ends what an input method composes: some browsers say so only by the key's code. */
  readonly #onKeydown = (event: KeyboardEvent) => {
    event.stopPropagation()
    if (this.#list?.keydown(event)) return
    if (event.key === 'Escape' && this.#replyTo) {
      event.preventDefault()
      this.#replyTo = null
      this.#host.requestUpdate()
    }
    if (event.key !== 'Enter' || event.shiftKey || event.altKey || this.#isComposing) return
    if (event.isComposing || event.keyCode === 229) return
    event.preventDefault()
    if (!event.repeat) this.#send()
  }

  readonly #onSubmit = (event: Event) => {
    event.preventDefault()
    this.#send()
    this.field?.focus()
  }

  #send() {
    const text = this.#written
    const { uploads } = this.#draft
    const conversation = this.#around.conversation()
    if (!this.#isReady || !conversation) return
    const files = uploads.map(({ file }) => file)
    if (!this.#host.dispatchEvent(new RaiSendRequestEvent(text, this.#replyTo?.id ?? null, files))) return
    conversation.outbox.send(text, this.#replyTo, this.#scene.channel()?.slowModeSeconds, uploads)
    this.#replyTo = null
    this.#isTooMany = false
    this.#keep(nothingWritten)
    this.#around.sent()
  }

  /** Whether what is written can be sent: files may still be on their way, and none has failed. */
  get #isReady(): boolean {
    const { length } = this.#written
    const { uploads } = this.#draft
    const isGood = uploads.every(({ $state }) => $state.get().state !== 'failed')
    return (length > 0 || uploads.length > 0) && isGood && length <= longest && !this.#wait
  }

  #renderAnswered() {
    const to = this.#replyTo
    if (!to) return nothing
    return html`<div class="answered" part="answered">
      <span class="cut"
        >${this.#say('answering', { name: to.author?.name ?? '…' })} <bdi class="muted">${plainText(to.text, [])}</bdi></span
      >
      <button
        type="button"
        class="icon-button"
        aria-label=${this.#say('noAnswer')}
        title=${this.#say('noAnswer')}
        @click=${() => {
          this.#replyTo = null
          this.#host.requestUpdate()
          this.field?.focus()
        }}
      >
        ${icon(closeIcon)}
      </button>
    </div>`
  }

  /** What keeps one from sending, or soon will. */
  #renderLimit() {
    const { length } = this.#written
    const left = longest - length
    const wait = this.#wait
    if (wait) return this.#say('slow', { time: formatCountdown(this.#scene.locale(), wait) })
    if (left < 0) return this.#say('tooLong', { count: this.#scene.number(-left) }, -left)
    if (this.#isTooMany) return this.#say('tooMany', { count: this.#scene.number(mostUploads) }, mostUploads)
    return length > nearlyLongest ? this.#say('signsLeft', { count: this.#scene.number(left) }, left) : ''
  }

  #renderAttach() {
    const text = this.#say('attach')
    const choose = (event: Event) => (event.currentTarget as HTMLElement).parentElement!.querySelector('input')!.click()
    return html`<input type="file" multiple hidden @change=${this.#onChoose} /><button
        type="button"
        class="icon-button attach"
        part="attach-button"
        aria-label=${text}
        title=${text}
        @click=${choose}
      >
        ${icon(attachIcon)}
      </button>`
  }

  render() {
    const channel = this.#scene.channel()
    if (!channel) return nothing
    if (!channel.may.post) return html`<p class="closed" part="closed">${this.#say('readOnly')}</p>`
    const isTopicless = channel.type === 'forum' && !this.#scene.topic() && !this.#replyTo
    if (isTopicless)
      return html`<p class="closed" part="closed">
        ${this.#say('chooseTopic')}
        <button class="text-button" part="choose-topic-button" @click=${this.#around.chooseTopic}>${this.#say('topics')}</button>
      </p>`
    const limit = this.#renderLimit()
    const active = this.#list?.active
    return html`<form class="composer ${this.#isOver ? 'over' : ''}" part="composer" @submit=${this.#onSubmit}>
      ${this.#renderAnswered()} ${this.#draft.uploads.length ? this.#attaching.value?.render() : nothing}
      <div class="field">
        ${channel.may.attach ? this.#renderAttach() : nothing}
        <textarea
          part="field"
          rows="1"
          dir="auto"
          enterkeyhint="send"
          aria-label=${this.#say('writeIn', { name: channel.topic })}
          placeholder=${this.#say('write')}
          title=${this.#say('hint')}
          aria-describedby="limit"
          aria-autocomplete=${channel.may.mention ? 'list' : 'none'}
          aria-controls=${active ? 'people' : nothing}
          aria-activedescendant=${active ?? nothing}
          @input=${this.#onInput}
          @paste=${this.#onPaste}
          @selectionchange=${this.#lookForName}
          @blur=${() => this.#list?.close()}
          @keydown=${this.#onKeydown}
          @compositionstart=${() => {
            this.#isComposing = true
          }}
          @compositionend=${() => {
            this.#isComposing = false
          }}
        ></textarea>
        <button class="send" part="send-button" aria-disabled=${this.#isReady ? 'false' : 'true'} aria-label=${this.#say('send')} title=${this.#say('send')}>
          ${icon(sendIcon)}
        </button>
      </div>
      <p class="limit" part="limit" id="limit" ?hidden=${!limit}>${limit}</p>
      ${this.#list?.render()}
    </form>`
  }
}

/** As high as what is written, up to what the styles allow; through CSSOM, which no content security policy forbids. */
function fit(field: HTMLTextAreaElement) {
  field.style.blockSize = 'auto'
  field.style.blockSize = `${field.scrollHeight + 2}px`
}
