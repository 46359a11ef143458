import type { MilestoneState } from '@rai/stores'
import { RaiEvent } from '../shared/events.js'
import { RaiClaimRequestEvent } from '../shared/on-demand/claim-event.js'

/** The member asks for what a stage gives. Cancel it to keep things as they are. */
export class RaiStageClaimRequestEvent extends RaiClaimRequestEvent {
  /** The milestone's id, and the number of its stage. */
  readonly milestone: string
  readonly stage: number

  constructor(milestone: string, stage: number) {
    super()
    this.milestone = milestone
    this.stage = stage
  }
}

/** The member asks to have a streak back, for what it costs. Cancel it to keep things as they are. */
export class RaiRepairRequestEvent extends RaiEvent {
  /** How many days in a row it was, and what it costs in currency. */
  readonly days: number
  readonly price: number

  constructor(days: number, price: number) {
    super('rai-repair-request', { cancelable: true })
    this.days = days
    this.price = price
  }
}

/** A stage got into another state for the member while the element showed it. */
export class RaiStageChangeEvent extends RaiEvent {
  readonly milestone: string
  readonly stage: number
  readonly state: MilestoneState
  readonly previousState: MilestoneState

  constructor(milestone: string, stage: number, state: MilestoneState, previousState: MilestoneState) {
    super('rai-stage-change')
    this.milestone = milestone
    this.stage = stage
    this.state = state
    this.previousState = previousState
  }
}

declare global {
  interface HTMLElementEventMap {
    'rai-repair-request': RaiRepairRequestEvent
    'rai-stage-change': RaiStageChangeEvent
  }
}
