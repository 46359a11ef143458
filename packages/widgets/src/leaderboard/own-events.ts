import { RaiEvent } from '../shared/events.js'

/** The asking member's rank changed while the element showed it. */
export class RaiRankChangeEvent extends RaiEvent {
  readonly rank: number
  readonly previousRank: number

  constructor(rank: number, previousRank: number) {
    super('rai-rank-change')
    this.rank = rank
    this.previousRank = previousRank
  }
}

/** The member asks to be hidden from, or shown on, every leaderboard of the community. Cancel it to keep things as they are. */
export class RaiVisibilityRequestEvent extends RaiEvent {
  readonly visibility: 'public' | 'hidden'

  constructor(visibility: 'public' | 'hidden') {
    super('rai-visibility-request', { cancelable: true })
    this.visibility = visibility
  }
}

/** The member asks to take part in a board that ranks only who joined it, or no longer to. Cancel it to keep things as they are. */
export class RaiEntryRequestEvent extends RaiEvent {
  readonly joined: boolean

  constructor(joined: boolean) {
    super('rai-entry-request', { cancelable: true })
    this.joined = joined
  }
}

declare global {
  interface HTMLElementEventMap {
    'rai-rank-change': RaiRankChangeEvent
    'rai-entry-request': RaiEntryRequestEvent
    'rai-visibility-request': RaiVisibilityRequestEvent
  }
}
