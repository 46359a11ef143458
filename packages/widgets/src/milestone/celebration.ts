import { html, render, unsafeCSS } from 'lit'
import css from './celebration.styles.css?inline'

/** Somebody has been congratulated on this visit of the page. */
let celebrated = false
const pieces = 18
const duration = 900

const { styleSheet } = unsafeCSS(css)

/**
 * A small burst over the element, for the eye alone. Whatever a person does next ends it.
 * @param once Not again until the page is visited anew.
 */
export function celebrate(root: ShadowRoot, once: boolean): void {
  if (once && celebrated) return
  celebrated = true
  if (!root.adoptedStyleSheets.includes(styleSheet!)) root.adoptedStyleSheets.push(styleSheet!)
  const box = document.createElement('div')
  box.className = 'celebration'
  box.setAttribute('aria-hidden', 'true')
  render(
    Array.from({ length: pieces }, () => html`<i></i>`),
    box,
  )
  // Over a dialog, where one is open.
  ;(root.querySelector('dialog[open]') ?? root.querySelector('.base'))?.append(box)
  const ended = new AbortController()
  const end = () => {
    ended.abort()
    box.remove()
  }
  for (const [n, piece] of box.querySelectorAll('i').entries()) {
    const angle = (2 * Math.PI * n) / pieces
    const [x, y] = [Math.cos(angle) * 140, Math.sin(angle) * 90 - 60]
    const frames = [
      { transform: 'translate(0, 0) scale(0.4)', opacity: 1 },
      { transform: `translate(${x}px, ${y}px) rotate(${angle}rad)`, opacity: 1, offset: 0.6 },
      { transform: `translate(${x * 1.1}px, ${y + 60}px) rotate(${2 * angle}rad)`, opacity: 0 },
    ]
    const { finished } = piece.animate(frames, { duration, easing: 'cubic-bezier(0.2, 0.7, 0.2, 1)' })
    if (n === 0) finished.then(end, () => undefined)
  }
  for (const type of ['pointerdown', 'keydown']) addEventListener(type, end, { signal: ended.signal, capture: true })
}
