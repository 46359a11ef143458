import { expect, fixture, html } from '@open-wc/testing'
import '../define.js'

/** Accents that customers bring: dark, light, loud, and none at all. */
const accents = ['', '#0b1f4b', '#ffff00', '#000000', '#ffffff', '#ff69b4', '#e11d48', '#0f766e', 'rgb(0 0 255)']

/** Text on what it stands on must have 4.5 : 1, a control's edge or a focus ring 3 : 1. */
const pairs: [ink: string, ground: string, least: number][] = [
  ['--_text', '--_surface', 4.5],
  ['--_text', '--_surface-raised', 4.5],
  ['--_text', '--_surface-sunken', 4.5],
  ['--_text', '--_own', 4.5],
  ['--_text-muted', '--_surface', 4.5],
  ['--_text-muted', '--_surface-raised', 4.5],
  ['--_text-muted', '--_surface-sunken', 4.5],
  ['--_text-muted', '--_own', 4.5],
  ['--_accent-ink', '--_surface', 4.5],
  ['--_accent-text', '--_accent', 4.5],
  ['--_focus', '--_surface-sunken', 3],
  ['--_focus', '--_own', 3],
]

const canvas = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true })!

/** WCAG's relative luminance of a CSS colour, as the browser paints it. */
function luminance(colour: string): number {
  canvas.fillStyle = colour
  canvas.fillRect(0, 0, 1, 1)
  const [red = 0, green = 0, blue = 0] = [...canvas.getImageData(0, 0, 1, 1).data].map((part) => {
    const value = part / 255
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

function contrast(one: string, two: string): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(two)].sort((a, b) => a - b)
  return (light + 0.05) / (dark + 0.05)
}

/** What a page sets for itself, whatever the scheme is. */
const brands = [
  '--rai-surface: #0b3d2e; --rai-text: #fff; --rai-accent: #ffd400',
  '--rai-surface: #0b3d2e; --rai-text: #fff',
  '--rai-surface: #222',
  '--rai-surface: #fff4e0',
]

describe('design tokens', () => {
  for (const theme of ['light', 'dark'] as const) {
    for (const style of [...accents.map((accent) => accent && `--rai-accent: ${accent}`), ...brands]) {
      it(`have enough contrast in ${theme} with ${style || 'values of their own'}`, async () => {
        const element = await fixture<HTMLElement>(
          html`<rai-leaderboard theme=${theme} style=${style}></rai-leaderboard>`,
        )
        const probe = document.createElement('i')
        element.shadowRoot!.querySelector('.base')!.append(probe)
        const colourOf = (token: string) => {
          probe.style.color = `var(${token})`
          return getComputedStyle(probe).color
        }
        const poor = pairs.flatMap(([ink, ground, least]) => {
          const ratio = contrast(colourOf(ink), colourOf(ground))
          return ratio < least ? [`${ink} on ${ground}: ${ratio.toFixed(2)} < ${least}`] : []
        })
        expect(poor).to.deep.equal([])
      })
    }
  }
})
