import type { ConnectableNetwork, SocialState } from '@rai/stores'
import { RaiEvent } from '../shared/events.js'
import { RaiClaimRequestEvent } from '../shared/on-demand/claim-event.js'

/** The member leaves for where a quest is done. Cancel it, and it is not opened. */
export class RaiQuestStartRequestEvent extends RaiEvent {
  /** The quest's id. */
  readonly quest: string

  constructor(quest: string) {
    super('rai-start-request', { cancelable: true })
    this.quest = quest
  }
}

/** The member says that a quest is done. Cancel it to keep things as they are. */
export class RaiQuestClaimRequestEvent extends RaiClaimRequestEvent {
  readonly quest: string

  constructor(quest: string) {
    super()
    this.quest = quest
  }
}

/** A quest got into another state for the member while the element showed it. */
export class RaiQuestChangeEvent extends RaiEvent {
  readonly quest: string
  readonly state: SocialState
  readonly previousState: SocialState

  constructor(quest: string, state: SocialState, previousState: SocialState) {
    super('rai-quest-change')
    this.quest = quest
    this.state = state
    this.previousState = previousState
  }
}

/** The member connects an account of a network (`connect`), or disconnects it (`disconnect`). Cancel it to keep things as they are. */
export class RaiAccountRequestEvent extends RaiEvent {
  readonly network: ConnectableNetwork
  readonly change: 'connect' | 'disconnect'

  constructor(network: ConnectableNetwork, change: 'connect' | 'disconnect') {
    super('rai-account-request', { cancelable: true })
    this.network = network
    this.change = change
  }
}

declare global {
  interface HTMLElementEventMap {
    'rai-start-request': RaiQuestStartRequestEvent
    'rai-quest-change': RaiQuestChangeEvent
    'rai-account-request': RaiAccountRequestEvent
  }
}
