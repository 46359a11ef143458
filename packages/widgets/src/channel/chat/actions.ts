import {
  type ApiError,
  type Conversation,
  type Deeds,
  deeds,
  failureOf,
  type Message,
  type Outgoing,
} from '@rai/stores'
import { html, type LitElement, nothing, type ReactiveController, unsafeCSS } from 'lit'
import { errorEvent } from '../../shared/events.js'
import { type Text, textOf } from '../../shared/messages.js'
import { copyIcon, flagIcon, icon, iconStyles, retryIcon } from '../../shared/on-demand/icons.js'
import { Menu, type MenuItem } from '../../shared/on-demand/menu.js'
import menuCss from '../../shared/on-demand/menu.styles.css?inline'
import type { Scene } from '../scene.js'
import css from './actions.styles.css?inline'
import { linkCards } from './cards.js'
import cardsCss from './cards.styles.css?inline'
import type { Item } from './items.js'
import { decode, encode } from './naming.js'
import { pinIcon } from './own-icons.js'
import { Picker, words as pickerWords } from './picker.js'
import { plainText } from './rich-text.js'

export const styles = [iconStyles, unsafeCSS(menuCss), unsafeCSS(css), unsafeCSS(cardsCss)]

export const words = {
  ...pickerWords,
  react: 'React',
  reply: 'Answer',
  more: 'More for this message',
  copyText: 'Copy text',
  edit: 'Edit',
  remove: 'Delete',
  pin: 'Pin',
  unpin: 'Take the pin off',
  takeCardsOff: 'Remove link preview',
  report: 'Report',
  save: 'Save',
  cancel: 'Cancel',
  keep: 'Keep it',
  removeNow: 'Delete this message? It cannot be brought back.',
  reportWhy: 'What is wrong with it? Those who look after the community are shown the message and your words.',
  sendReport: 'Send report',
  reported: 'Thank you. They will look at it.',
  pinned: 'Pinned',
  reaction: '{emoji}, {count}',
  notDone: 'That did not work. Try again.',
  mayNot: 'You may not do this here.',
  notSent: 'This could not be sent.',
  again: 'Send again',
  discard: 'Discard',
}

const smileIcon = 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM8.5 14.2a4.2 4.2 0 0 0 7 0M9 9.5h.01M15 9.5h.01'
const replyIcon = 'M9.5 6 4 11.5 9.5 17M4.5 11.5H14a6 6 0 0 1 6 6v.5'
const editIcon = 'M4.5 19.5 5.5 15 16 4.5l3.5 3.5L9 18.5l-4.5 1ZM13.5 7l3.5 3.5'
const cardIcon = 'M4 6.5h16v11H4ZM7.5 10.5h5M7.5 13.5h3M3.5 20.5l17-17'
const removeIcon = 'M4.5 6.5h15M9.5 6V4h5v2M6.5 6.5l1 13.5h9l1-13.5M10 10.5v5.5M14 10.5v5.5'

/** What a member does about a message: below it stands what that asks, and what became of it. */
type Open = { key: string; kind: 'edit' | 'remove' | 'report'; isBusy?: boolean; problem?: string }

interface Around {
  conversation(): Conversation | undefined
  me(): string | undefined
  answer(message: Message): void
  /** Takes what could not be sent back to where one writes. */
  takeBack(outgoing: Outgoing): void
  tell(text: string): void
}

/** What one can do with messages. */
export default class Actions implements ReactiveController {
  /** The row that the pointer is on, or that has the focus. */
  #at: string | undefined
  #menuFor: Item | undefined
  #open: Open | undefined
  readonly #host: LitElement
  readonly #scene: Scene
  readonly #around: Around
  readonly #say: Text<keyof typeof words>
  readonly #menu: Menu
  readonly #picker: Picker

  constructor(host: LitElement, text: Text<never>, scene: Scene, around: Around) {
    this.#host = host
    this.#scene = scene
    this.#around = around
    this.#say = textOf(text, words)
    this.#menu = new Menu(host)
    this.#picker = new Picker(host, this.#say, (item, emoji) => this.#react(item, emoji))
    host.addController(this)
  }

  hostDisconnected() {
    this.#open = this.#at = undefined
  }

  readonly enter = ({ key }: Item) => {
    if (this.#at === key) return
    this.#at = key
    this.#host.requestUpdate()
  }

  marked = (item: Item): string => (this.#open?.key === item.key || this.#picker.isFor(item) ? 'marked' : '')

  /** What stands beside a row that one is at. */
  tools(item: Item) {
    const { key, message } = item
    const isAt = key === this.#at || (key === this.#menuFor?.key && this.#menu.isOpen) || this.#picker.isFor(item)
    if (!message || message.deletedAt || !isAt) return nothing
    const channel = this.#scene.channel()
    const onMenu = () => {
      this.#menuFor = item
    }
    const say = this.#say
    return html`<div class="tools" part="tools">
      <button
        class="icon-button"
        part="react-button"
        aria-haspopup="dialog"
        aria-label=${say('react')}
        title=${say('react')}
        @click=${(event: Event) => this.#picker.toggle(item, event.currentTarget as HTMLElement)}
      >
        ${icon(smileIcon)}
      </button>
      ${
        channel?.may.post
          ? html`<button
              class="icon-button"
              part="reply-button"
              aria-label=${say('reply')}
              title=${say('reply')}
              @click=${() => this.#around.answer(message)}
            >
              ${icon(replyIcon, true)}
            </button>`
          : nothing
      }
      ${this.#menu.button(say('more'), onMenu)}
    </div>`
  }

  /** What others think of a message, and what is being done about it. */
  below(item: Item) {
    const { message, outgoing } = item
    if (outgoing) return outgoing.state === 'failed' ? this.#renderFailed(item) : nothing
    if (!message || message.deletedAt) return nothing
    return html`${linkCards(message.cards)}${message.isPinned ? html`<p class="pinned">${icon(pinIcon)}${this.#say('pinned')}</p>` : nothing}
      ${message.reactions.length ? this.#renderReactions(item, message) : nothing}
      ${this.#open?.key === item.key && this.#open.kind !== 'edit' ? this.#renderQuestion(message) : nothing}`
  }

  editor({ key, message }: Item) {
    const open = this.#open
    if (!message || open?.key !== key || open.kind !== 'edit') return undefined
    return html`<form class="editor" part="editor" @submit=${(event: Event) => this.#save(event, message)} @keydown=${this.#onKeydown}>
      <textarea part="field" rows="3" dir="auto" maxlength="4000" required aria-label=${this.#say('edit')} .defaultValue=${decode(message.text, message.mentions).text}></textarea>
      ${this.#renderProblem()}
      <div class="choices">
        <button type="button" class="text-button" @click=${this.#close}>${this.#say('cancel')}</button>
        <button class="text-button" part="save-button" aria-disabled=${open.isBusy ? 'true' : 'false'}>${this.#say('save')}</button>
      </div>
    </form>`
  }

  render() {
    return html`${this.#menu.render(this.#say('more'), this.#menuFor ? this.#itemsFor(this.#menuFor) : [])}
      ${this.#picker.render()}`
  }

  get #deeds(): Deeds | undefined {
    const environment = this.#scene.environment()
    const conversation = this.#around.conversation()
    return environment && conversation && deeds(environment, conversation)
  }

  #itemsFor(item: Item): MenuItem[] {
    const { message } = item
    const may = this.#scene.channel()?.may
    if (!message || !may) return []
    const isOwn = message.author?.id === this.#around.me()
    const say = this.#say
    const copy = { text: say('copyText'), icon: copyIcon, run: () => void this.#copy(message) }
    const edit = { text: say('edit'), icon: editIcon, run: () => this.#ask(item, 'edit') }
    const pin = {
      text: say(message.isPinned ? 'unpin' : 'pin'),
      icon: pinIcon,
      run: () => void this.#try(item, () => this.#deeds?.pin(message.id, !message.isPinned)),
    }
    const cards = {
      text: say('takeCardsOff'),
      icon: cardIcon,
      run: () => void this.#try(item, () => this.#deeds?.takeCardsOff(message.id)),
    }
    const report = { text: say('report'), icon: flagIcon, run: () => this.#ask(item, 'report') }
    const remove = { text: say('remove'), icon: removeIcon, run: () => this.#ask(item, 'remove') }
    return [
      copy,
      ...((isOwn && may.post) || may.editOthers ? [edit] : []),
      ...(may.pin ? [pin] : []),
      ...(message.cards.length > 0 && (isOwn || may.editOthers) ? [cards] : []),
      ...(isOwn ? [] : [report]),
      ...(isOwn || may.deleteOthers ? [remove] : []),
    ]
  }

  #renderReactions(item: Item, { reactions }: Message) {
    return html`<div class="reactions" part="reactions">
      ${reactions.map(
        ({ emoji, count, isMine }) => html`<button
          class="reaction"
          part="reaction"
          aria-pressed=${isMine ? 'true' : 'false'}
          aria-label=${this.#say('reaction', { emoji, count: this.#scene.number(count) })}
          @click=${() => this.#react(item, emoji)}
        >
          <span aria-hidden="true">${emoji}</span><span aria-hidden="true">${this.#scene.number(count)}</span>
        </button>`,
      )}
    </div>`
  }

  #renderFailed({ outgoing }: Item) {
    const { clientId, code } = outgoing!
    const outbox = this.#around.conversation()?.outbox
    const discard = () => {
      const one = outbox?.drop(clientId)
      if (one) this.#around.takeBack(one)
    }
    return html`<div class="problem" part="problem" role="alert">
      <span>${this.#say('notSent')} ${code === 'forbidden' ? this.#say('mayNot') : nothing}</span>
      <button class="text-button" part="retry-button" @click=${() => outbox?.retry(clientId)}>
        ${icon(retryIcon)}${this.#say('again')}
      </button>
      <button class="text-button" part="discard-button" @click=${discard}>${this.#say('discard')}</button>
    </div>`
  }

  /** In two steps: what is deleted stays so. */
  #renderQuestion(message: Message) {
    const { kind, isBusy } = this.#open!
    const say = this.#say
    const isReport = kind === 'report'
    const text = say(isReport ? 'reportWhy' : 'removeNow')
    return html`<form
      class="question"
      part="question"
      @submit=${(event: Event) => (isReport ? this.#report(event, message) : this.#remove(event, message))}
      @keydown=${this.#onKeydown}
    >
      <p id="question">${text}</p>
      ${isReport ? html`<textarea part="field" rows="2" dir="auto" maxlength="1000" required aria-labelledby="question"></textarea>` : nothing}
      ${this.#renderProblem()}
      <div class="choices">
        <button type="button" class="text-button" data-first @click=${this.#close}>${say(isReport ? 'cancel' : 'keep')}</button>
        <button class="text-button ${isReport ? '' : 'bad'}" part="confirm-button" aria-disabled=${isBusy ? 'true' : 'false'}>
          ${say(isReport ? 'sendReport' : 'remove')}
        </button>
      </div>
    </form>`
  }

  #renderProblem() {
    const problem = this.#open?.problem
    return problem ? html`<p class="bad" role="alert">${problem}</p>` : nothing
  }

  #ask({ key }: Item, kind: Open['kind']) {
    this.#open = { key, kind }
    this.#host.requestUpdate()
    // The menu gives the focus back to its button first.
    void this.#host.updateComplete.then(() =>
      this.#host.renderRoot
        .querySelector<HTMLElement>('.editor textarea, .question textarea, .question [data-first]')
        ?.focus(),
    )
  }

  readonly #close = () => {
    const key = this.#open?.key
    this.#open = undefined
    this.#host.requestUpdate()
    if (key) this.#host.renderRoot.querySelector<HTMLElement>(`[data-key="${CSS.escape(key)}"]`)?.focus()
  }

  readonly #onKeydown = (event: KeyboardEvent) => {
    event.stopPropagation()
    if (event.key === 'Escape') {
      event.preventDefault()
      this.#close()
    }
    const { target } = event
    if (!(target instanceof HTMLTextAreaElement) || event.key !== 'Enter' || event.shiftKey || event.isComposing) return
    event.preventDefault()
    if (!event.repeat) target.form?.requestSubmit()
  }

  readonly #save = (event: Event, { id, text, mentions }: Message) => {
    const written = encode(writtenIn(event), decode(text, mentions).named)
    if (written === text) return this.#close()
    if (written) void this.#do((deeds) => deeds.edit(id, written))
  }

  #remove(event: Event, { id }: Message) {
    event.preventDefault()
    void this.#do((deeds) => deeds.remove(id))
  }

  #report(event: Event, { id }: Message) {
    const reason = writtenIn(event)
    if (!reason) return
    void this.#do(async (deeds) => {
      await deeds.report(id, reason)
      this.#around.tell(this.#say('reported'))
    })
  }

  /** Does what is asked below a message; it stays open where that fails. */
  async #do(act: (deeds: Deeds) => Promise<void>) {
    const open = this.#open
    const deeds = this.#deeds
    if (!open || open.isBusy || !deeds) return
    this.#open = { ...open, isBusy: true, problem: '' }
    this.#host.requestUpdate()
    try {
      await act(deeds)
      this.#close()
    } catch (error) {
      this.#open = { ...open, problem: this.#problemOf(error as ApiError) }
      this.#host.requestUpdate()
    }
  }

  #problemOf(error: ApiError): string {
    this.#host.dispatchEvent(errorEvent(error))
    return this.#say(failureOf(error).code === 'forbidden' ? 'mayNot' : 'notDone')
  }

  async #try(_: Item, act: () => Promise<void> | undefined) {
    try {
      await act()
    } catch (error) {
      this.#around.tell(this.#problemOf(error as ApiError))
    }
  }

  #react(item: Item, emoji: string) {
    const { message } = item
    if (!message) return
    const isMine = message.reactions.some((one) => one.emoji === emoji && one.isMine)
    void this.#try(item, () => this.#deeds?.react(message.id, emoji, !isMine))
  }

  async #copy({ text, mentions }: Message) {
    await navigator.clipboard?.writeText(plainText(text, mentions)).catch(() => {})
  }
}

function writtenIn(event: Event): string {
  event.preventDefault()
  return (event.currentTarget as HTMLElement).querySelector('textarea')?.value.trim() ?? ''
}
