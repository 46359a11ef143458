import type { Item } from '@rai/stores'
import { html, nothing, type TemplateResult } from 'lit'
import { keyed } from 'lit/directives/keyed.js'
import { webUrl } from '../shared/web-url.js'

/** A picture in a box of its size, over the first letter of the name that stands beside it, which shows where none comes. */
export function picture(image: Item['image'], name: string): TemplateResult {
  const src = webUrl(image?.url)
  return html`<span class="picture" part="picture">
    <span aria-hidden="true">${name.match(/[\p{L}\p{N}]/u)}</span>
    ${
      src
        ? keyed(
            src,
            html`<img src=${src} alt=${image!.alt} width="512" height="384" loading="lazy" decoding="async" referrerpolicy="no-referrer" @error=${broken} />`,
          )
        : nothing
    }
  </span>`
}

const broken = ({ target }: Event) => (target as HTMLElement).classList.add('broken')
