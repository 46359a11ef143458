/** Dispatches an event that leaves every shadow root, with what it has to say as its own properties. */
export function fire(target: EventTarget, type: string, details: object): void {
  target.dispatchEvent(Object.assign(new Event(type, { bubbles: true, composed: true }), details))
}
