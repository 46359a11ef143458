import type { Attachment, Message } from '@rai/stores'
import { html, nothing, type TemplateResult, unsafeCSS } from 'lit'
import { each } from '../../shared/format.js'
import { icon, iconStyles } from '../../shared/on-demand/icons.js'
import { webUrl } from '../../shared/web-url.js'
import css from './attachments.styles.css?inline'

export const styles = [iconStyles, unsafeCSS(css)]

export const fileIcon =
  'M14 3.5H7a1.5 1.5 0 0 0-1.5 1.5v14A1.5 1.5 0 0 0 7 20.5h10a1.5 1.5 0 0 0 1.5-1.5V8L14 3.5ZM14 3.5V8h4.5'

const sizes = each((locale) =>
  (['kilobyte', 'megabyte'] as const).map(
    (unit, maximumFractionDigits) => new Intl.NumberFormat(locale, { style: 'unit', unit, maximumFractionDigits }),
  ),
)

/** How much a file weighs, in words. */
export function sizeText(locale: string, bytes: number): string {
  const kilobytes = Math.max(1, bytes / 1024)
  const isLarge = kilobytes > 999
  return sizes(locale)[isLarge ? 1 : 0]!.format(isLarge ? kilobytes / 1024 : kilobytes)
}

/** How a file's name ends, as its kind. */
export const kindText = (name: string): string => /\.(\w+)$/.exec(name)?.[1]?.toUpperCase() ?? ''

/** A picture's size in a row of so many, so that nothing moves when it comes. */
export function fitted({ width, height }: { width: number; height: number }, count: number): [number, number] {
  // Beside each other most are of one height.
  const [widest, highest] = count > 1 ? [240, 132] : [320, 280]
  const scale = Math.min(1, widest / width, highest / height)
  return [Math.round(width * scale) || 1, Math.round(height * scale) || 1]
}

/** What a message carries: pictures, and other files to be downloaded. */
export default function attached(
  key: string,
  { attachments }: Message,
  locale: string,
): TemplateResult | typeof nothing {
  if (!attachments.length) return nothing
  return html`<div class="files" part="attachments" id="f-${key}">
    ${attachments.map((file) => (file.picture ? drawn(file, attachments.length) : named(file, locale)))}
  </div>`
}

/** A text for `.style` sets all of it: by CSSOM, which no content security policy forbids. */
const inColor = (color: string | null) => `background:${color ?? ''}` as unknown as CSSStyleDeclaration

function drawn({ name, url, picture }: Attachment, count: number) {
  const [width, height] = fitted(picture!, count)
  const address = webUrl(url)
  return address
    ? html`<a class="picture" part="picture" href=${address} target="_blank" rel="noopener noreferrer" title=${name}
        ><img
          src=${address}
          alt=${name}
          width=${width}
          height=${height}
          loading="lazy"
          decoding="async"
          referrerpolicy="no-referrer"
          .style=${inColor(picture!.color)}
      /></a>`
    : nothing
}

function named({ name, url, size }: Attachment, locale: string) {
  const address = webUrl(url)
  return address
    ? html`<a class="file" part="file" href=${address} target="_blank" rel="noopener noreferrer" title=${name}>
        ${icon(fileIcon)}
        <span class="what"
          ><bdi class="cut">${name}</bdi><span class="muted"><bdi>${kindText(name)}</bdi> · <bdi>${sizeText(locale, size)}</bdi></span></span
        >
      </a>`
    : nothing
}
