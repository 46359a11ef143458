import { RaiEvent } from '../shared/events.js'

/** The member sends a message. Cancel it, and it stays where it was written. */
export class RaiSendRequestEvent extends RaiEvent {
  readonly text: string
  /** The id of the message that it answers. */
  readonly replyTo: string | null
  /** What it carries: with files its text may be empty. */
  readonly files: readonly File[]

  constructor(text: string, replyTo: string | null, files: readonly File[] = []) {
    super('rai-send-request', { cancelable: true })
    this.text = text
    this.replyTo = replyTo
    this.files = files
  }
}

/** How many messages the member has not read has changed: for a badge of the page's. */
export class RaiUnreadChangeEvent extends RaiEvent {
  /** 100 for as many or more. */
  readonly count: number

  constructor(count: number) {
    super('rai-unread-change')
    this.count = count
  }
}

/** The page in an iframe channel leads its visitor elsewhere within itself: what the address of the page around may say. */
export class RaiNavigateEvent extends RaiEvent {
  /** As the framed page calls it, without a query. */
  readonly path: string
  /** What it calls that place. */
  readonly pageTitle: string | undefined
  /** It takes the place of the entry before in the history, instead of being a new one. */
  readonly isReplacing: boolean

  constructor(path: string, pageTitle: string | undefined, isReplacing: boolean) {
    super('rai-navigate')
    this.path = path
    this.pageTitle = pageTitle
    this.isReplacing = isReplacing
  }
}

/** The page in an iframe channel suggests what the member may say. Cancel it where your page has a place to write it into. */
export class RaiDraftEvent extends RaiEvent {
  readonly text: string

  constructor(text: string) {
    super('rai-draft', { cancelable: true })
    this.text = text
  }
}

declare global {
  interface HTMLElementEventMap {
    'rai-send-request': RaiSendRequestEvent
    'rai-unread-change': RaiUnreadChangeEvent
    'rai-navigate': RaiNavigateEvent
    'rai-draft': RaiDraftEvent
  }
}
