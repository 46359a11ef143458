import { createBoard } from '../../packages/server/src/domain/leaderboards/index.js'
import { post } from '../../packages/server/src/domain/ledger.js'
import { createMember } from '../../packages/server/src/domain/members.js'
import { usernameOf, type World } from './world.js'

/**
 * What the tests that every widget must pass need to know of one. A new element is one entry here, with what it shows in
 * `fillFor`.
 */
export interface Widget {
  tag: string
  /** The attributes that make it show much, one thing, nothing, and something that ends in twelve hours. */
  attributes: Record<'full' | 'one' | 'empty' | 'ending', string>
  /** What is drawn only where there is content. */
  content: string
  /** What it says of the thing that ends. */
  endsSoon: RegExp
}

export const widgets: Widget[] = [
  {
    tag: 'rai-leaderboard',
    attributes: { full: 'board="points"', one: 'board="one"', empty: 'board="none"', ending: 'board="ending"' },
    content: '[data-id]',
    endsSoon: /^Ends in \W?1[12]:\d\d:\d\d/,
  },
]

/** A widget as a page writes it. */
export const tagOf = ({ tag, attributes }: Widget, shows: keyof Widget['attributes'] = 'full', more = '') =>
  `<${tag} ${attributes[shows]} ${more}></${tag}>`

/** Adds to a world what widgets show beside much. */
export async function fillFor({ community }: World): Promise<void> {
  const now = new Date()
  const halfDay = 43_200_000
  await community.tenant(async (tx) => {
    const board = (slug: string, more = {}) => createBoard(tx, { name: slug, slug, ...more }, now)
    await board('one', { name: 'One', metric: 'currency', periods: ['all'] })
    await board('none', { name: 'None', startsAt: new Date(+now + halfDay), endsAt: new Date(+now + 60 * halfDay) })
    await board('ending', { name: 'Ending', startsAt: new Date(+now - halfDay), endsAt: new Date(+now + halfDay) })
    const { id } = await createMember(tx, { username: usernameOf(0), displayName: 'Only One' }, now)
    const one = { memberId: id, unit: 'currency', amount: 5, reason: 'import', key: 'one', actor: 'test' } as const
    await post(tx, [one], now)
  })
}
