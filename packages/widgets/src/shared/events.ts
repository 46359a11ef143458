import { type ApiError, failureOf } from '@rai/stores'

/** An event of a widget: it bubbles out of every shadow root, so that a page can listen in one place. */
export class RaiEvent extends Event {
  constructor(type: `rai-${string}`, init?: EventInit) {
    super(type, { bubbles: true, composed: true, ...init })
  }
}

/** The element shows data for the first time, or for the first time since it was pointed at something else. */
export class RaiLoadEvent extends RaiEvent {
  constructor() {
    super('rai-load')
  }
}

/** The element could not load or do what was asked. `code` is an error code of the API, or `network` or `internal`. */
export class RaiErrorEvent extends RaiEvent {
  readonly code: string
  /** What to quote when asking for help. */
  readonly requestId: string | undefined

  constructor(code: string, requestId?: string) {
    super('rai-error')
    this.code = code
    this.requestId = requestId
  }
}

export function errorEvent(error: ApiError): RaiErrorEvent {
  const { code, requestId } = failureOf(error)
  return new RaiErrorEvent(code, requestId)
}

declare global {
  interface HTMLElementEventMap {
    'rai-load': RaiLoadEvent
    'rai-error': RaiErrorEvent
  }
}
