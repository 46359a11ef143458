import type { Message } from '@rai/stores'
import { html, nothing } from 'lit'
import { keyed } from 'lit/directives/keyed.js'
import { webUrl } from '../../shared/web-url.js'

type Card = Message['cards'][number]

/** What the pages say of themselves that a message links to. A card is as high before its picture has come, and without one. */
export const linkCards = (cards: readonly Card[]): unknown =>
  cards.length > 0 ? html`<div class="cards" part="cards">${cards.map(card)}</div>` : nothing

function card({ url, title, description, siteName, image }: Card): unknown {
  const href = webUrl(url)
  if (!href) return nothing
  // Who the page says that it is, and who it is.
  const host = new URL(href).hostname.replace(/^www\./, '')
  const src = webUrl(image?.url)
  return html`<a class="card" part="card" href=${href} target="_blank" rel="noopener noreferrer nofollow ugc">
    <span class="card-said">
      <span class="card-site cut"
        >${siteName && siteName !== host ? html`<bdi>${siteName}</bdi> · ` : nothing}<bdi dir="ltr">${host}</bdi></span
      >
      <span class="card-title cut" dir="auto">${title}</span>
      <span class="card-text" dir="auto">${description}</span>
    </span>
    ${
      src
        ? keyed(
            src,
            html`<img src=${src} alt="" loading="lazy" decoding="async" referrerpolicy="no-referrer" @error=${broken} />`,
          )
        : nothing
    }
  </a>`
}

const broken = ({ target }: Event) => {
  ;(target as HTMLElement).hidden = true
}
