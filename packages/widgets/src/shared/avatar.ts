import { html, nothing, type TemplateResult } from 'lit'
import { keyed } from 'lit/directives/keyed.js'
import { each } from './format.js'
import { webUrl } from './web-url.js'

/** How many colours `.hue-…` in base.styles.css has. */
const hues = 10

/** What people count as signs. Few names need it, and it is the slowest of all `Intl` objects to make. */
const signs = each((locale) => new Intl.Segmenter(locale))

/** The first letter of the first and the last word; the first sign of a name without letters (an emoji stays whole). */
export function initials(name: string): string {
  const firsts = name.match(/(?<![\p{L}\p{N}])[\p{L}\p{N}]/gu)
  if (!firsts) return signs('en').segment(name).containing(0)?.segment ?? ''
  return `${firsts[0]}${firsts[1] ? firsts.at(-1) : ''}`.toLocaleUpperCase()
}

/** The same colour for the same id, everywhere. */
function hueOf(id: string): number {
  let sum = 0
  for (let i = 0; i < id.length; i++) sum = (sum * 31 + id.charCodeAt(i)) >>> 0
  return sum % hues
}

/**
 * Draws a member's picture, over initials that show until it has come, or when there is none. The name stands beside it.
 * Another picture is another node: an image whose address changes shows the person before until the new one has come.
 */
export function avatar(member: { id: string; name: string; avatarUrl: string | null }): TemplateResult {
  const src = webUrl(member.avatarUrl)
  return html`<span class="avatar hue-${hueOf(member.id)}" part="avatar" aria-hidden="true"
    >${initials(member.name)}${
      src
        ? keyed(
            src,
            html`<img src=${src} alt="" loading="lazy" decoding="async" referrerpolicy="no-referrer" @error=${broken} />`,
          )
        : nothing
    }</span
  >`
}

const broken = ({ target }: Event) => (target as HTMLElement).classList.add('broken')
