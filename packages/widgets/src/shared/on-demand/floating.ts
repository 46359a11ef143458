import { autoUpdate, computePosition, flip, offset, type Placement, shift } from '@floating-ui/dom'

/** Keeps a floating element at its anchor while things move; says when the anchor has left the page. Returns the stop. */
export function follow(
  anchor: HTMLElement,
  floating: HTMLElement,
  placement: Placement,
  place: (x: number, y: number) => void,
  onGone: () => void,
): () => void {
  return autoUpdate(anchor, floating, async () => {
    if (!anchor.isConnected) return onGone()
    const middleware = [offset(4), flip({ padding: 8 }), shift({ padding: 8 })]
    const { x, y } = await computePosition(anchor, floating, { placement, strategy: 'fixed', middleware })
    place(x, y)
  })
}
