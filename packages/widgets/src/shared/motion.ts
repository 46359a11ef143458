const move = { duration: 200, easing: 'cubic-bezier(0.2, 0.7, 0.2, 1)' }
/** How long a number counts to its new value, in milliseconds. */
const counting = 300

/** At which position each item of a list stands and which number it shows. Items carry all in `data-id`, `-position`, `-score`. */
export type Places = Map<string, { position: string; score: number }>
type Items = Iterable<HTMLElement>

/** Remembers the items of a list before it changes. */
export const remember = (items: Items): Places =>
  new Map(
    Array.from(items, ({ dataset: { id = '', position = '', score } }) => [id, { position, score: Number(score) }]),
  )

/**
 * Lets items slide from where they stood to where they stand now, and their numbers count (FLIP): only transforms move,
 * so nothing is laid out again. Where an item stood is measured by what stands at its position now, and only when
 * something moved. Nothing moves where less motion is wanted.
 */
export function play(items: Items, before: Places, write: (score: number) => string) {
  if (matchMedia('(prefers-reduced-motion: reduce)').matches) return
  const at = new Map(Array.from(items, (item) => [item.dataset.position, item]))
  const taken = new Set(Array.from(before.values(), ({ position }) => position))
  const frames = new Map<Element, PropertyIndexedKeyframes>()
  for (const [id, { position, score }] of remember(items)) {
    const item = at.get(position)!
    const was = before.get(id)
    const from = was && at.get(was.position)
    if (from) from !== item && frames.set(item, slide(from, item))
    // Where nothing was known before, an item has only been loaded: it came from nowhere.
    else if (taken.has(position)) frames.set(item, { opacity: [0, 1] })
    if (was && was.score !== score) count(item.querySelector('.score')!, was.score, score, write)
  }
  for (const [item, keyframes] of frames) item.animate(keyframes, move)
}

function slide(from: Element, to: Element): PropertyIndexedKeyframes {
  const [then, now] = [from.getBoundingClientRect(), to.getBoundingClientRect()]
  return { transform: [`translate(${then.x - now.x}px, ${then.y - now.y}px)`, 'none'] }
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
