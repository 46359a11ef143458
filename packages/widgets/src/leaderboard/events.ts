import type { BoardRow } from '@rai/stores'
import { RaiEvent } from '../shared/events.js'

/** Somebody pressed Enter on a row, or clicked it. */
export class RaiRowActivateEvent extends RaiEvent {
  readonly row: BoardRow

  constructor(row: BoardRow) {
    super('rai-row-activate')
    this.row = row
  }
}

declare global {
  interface HTMLElementEventMap {
    'rai-row-activate': RaiRowActivateEvent
  }
}
