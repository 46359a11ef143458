import { RaiEvent } from '../events.js'

/** The member asks for what they have won or reached. Cancel it to keep things as they are. */
export class RaiClaimRequestEvent extends RaiEvent {
  constructor() {
    super('rai-claim-request', { cancelable: true })
  }
}

declare global {
  interface HTMLElementEventMap {
    'rai-claim-request': RaiClaimRequestEvent
  }
}
