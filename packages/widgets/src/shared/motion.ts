const move = { duration: 200, easing: 'cubic-bezier(0.2, 0.7, 0.2, 1)' }
/** How long a number counts to its new value, in milliseconds. */
const counting = 300

/** Where each item of a list stands and which number it shows. Items carry both in `data-id` and `data-score`. */
export type Places = Map<string, { box: DOMRect; score: number }>
type Items = Iterable<HTMLElement>

/** Remembers the items of a list before it changes. */
export function remember(items: Items): Places {
  return new Map(
    Array.from(items, (item) => [
      item.dataset.id as string,
      { box: item.getBoundingClientRect(), score: Number(item.dataset.score) },
    ]),
  )
}

/**
 * Lets items slide from where they stood to where they stand now, and their numbers count (FLIP): only transforms move,
 * so nothing is laid out again. Nothing moves where less motion is wanted.
 */
export function play(items: Items, before: Places, write: (score: number) => string) {
  if (matchMedia('(prefers-reduced-motion: reduce)').matches) return
  const now = [...remember(items)]
  for (const [index, item] of Array.from(items).entries()) {
    const [id, { box, score }] = now[index]!
    const was = before.get(id)
    if (!was) item.animate({ opacity: [0, 1] }, move)
    else if (was.box.x !== box.x || was.box.y !== box.y)
      item.animate({ transform: [`translate(${was.box.x - box.x}px, ${was.box.y - box.y}px)`, 'none'] }, move)
    if (was && was.score !== score) count(item.querySelector('.score')!, was.score, score, write)
  }
}

/** Counts in the text that the template has written already; gives way when the template writes another. */
function count(cell: Element, from: number, to: number, write: (score: number) => string) {
  const text = [...cell.childNodes].findLast((node) => node instanceof Text) as Text
  const end = text.data
  const start = performance.now()
  let shown = ''
  const step = (now: number) => {
    if (shown && text.data !== shown) return
    const part = Math.max(0, Math.min(1, (now - start) / counting))
    text.data = shown = part < 1 ? write(Math.round(from + (to - from) * (1 - (1 - part) ** 3))) : end
    if (part < 1) requestAnimationFrame(step)
  }
  step(start)
}
