import { RaiEvent } from '../shared/events.js'

/** The member sends a message. Cancel it, and it stays where it was written. */
export class RaiSendRequestEvent extends RaiEvent {
  readonly text: string
  /** The id of the message that it answers. */
  readonly replyTo: string | null

  constructor(text: string, replyTo: string | null) {
    super('rai-send-request', { cancelable: true })
    this.text = text
    this.replyTo = replyTo
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

declare global {
  interface HTMLElementEventMap {
    'rai-send-request': RaiSendRequestEvent
    'rai-unread-change': RaiUnreadChangeEvent
  }
}
