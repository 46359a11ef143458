import type { Board } from '@rai/stores'
import { html, nothing, type TemplateResult } from 'lit'
import { type Text, textOf } from '../shared/messages.js'
import { icon, openIcon, trophyIcon } from '../shared/on-demand/icons.js'
import { webUrl } from '../shared/web-url.js'

export const words = {
  prizes: 'Prizes',
  place: 'Rank {rank}',
  places: 'Ranks {from} to {to}',
  prizeXp: '{count} XP',
  prizeCurrency: { one: '{count} coin', other: '{count} coins' },
  terms: 'Terms',
}

type Prize = Board['prizes'][number]

/** What the ranks of a board win: one line that opens. */
export function prizes(
  { prizes, prizeTerms }: Board,
  text: Text<never>,
  number: (value: number) => string,
): TemplateResult {
  const say = textOf(text, words)
  const sorted = prizes.toSorted((a, b) => a.from - b.from)
  /** The content itself where the address leads nowhere. */
  const link = (address: string | null | undefined, content: unknown, part: string) => {
    const href = webUrl(address)
    return href ? html`<a part=${part} href=${href} target="_blank" rel="noopener noreferrer">${content}</a>` : content
  }

  const places = ({ from, to }: Prize) => {
    const all = { from: number(from), to: number(to) }
    return html`<span class=${from === to && from <= 3 ? `medal medal-${from}` : 'places'} aria-hidden="true"
        >${from === to ? all.from : `${all.from}–${all.to}`}</span
      ><span class="visually-hidden">${from === to ? say('place', { rank: all.from }) : say('places', all)}</span>`
  }

  const line = (prize: Prize) => {
    const { title, description, amount } = prize
    const count = amount && number(amount.amount)
    return html`<li class="prize" part="prize-item">
      <span class="rank">${places(prize)}</span>
      <span class="what">
        <bdi class="prize-title">${link(prize.link, title, 'prize-link')}</bdi>
        ${description ? html`<bdi class="small">${description}</bdi>` : nothing}
      </span>
      ${
        amount
          ? html`<span class="amount">${say(amount.unit === 'xp' ? 'prizeXp' : 'prizeCurrency', { count: count! }, amount.amount)}</span>`
          : nothing
      }
    </li>`
  }

  return html`<details part="prizes">
    <summary class="prizes-head" part="prizes-head">
      ${icon(trophyIcon)}<span class="prizes-name">${say('prizes')}</span
      ><bdi class="prizes-first cut">${sorted[0]!.title}</bdi>${icon(openIcon)}
    </summary>
    <ul role="list" tabindex="0" aria-label=${say('prizes')}>
      ${sorted.map(line)}
    </ul>
    ${prizeTerms ? link(prizeTerms, say('terms'), 'prize-terms') : nothing}
  </details>`
}
