import type { Page } from 'playwright-core'
import { createBoard } from '../../packages/server/src/domain/leaderboards/index.js'
import { post } from '../../packages/server/src/domain/ledger.js'
import { createMember } from '../../packages/server/src/domain/members/members.js'
import { type TestCommunity, testCommunity } from '../helpers/community.js'
import { startTestServer, type TestServer } from '../helpers/server.js'
import { type Site, startSite } from './site.js'

/** A server, a site of another origin whose key it knows, and a board with a hundred members. */
export interface World {
  server: TestServer
  site: Site
  community: TestCommunity
  /** The one line, as the site's owner writes it. */
  line: string
}

export const memberCount = 100
export const nameOf = (place: number) => `Member ${String(place).padStart(3, '0')}`
export const usernameOf = (place: number) => `member-${place}`

export const tag = '<rai-leaderboard board="points"></rai-leaderboard>'
export const withFallback = tag.replace('><', '><p>See the printed list.</p><')
/** Documented in the loader's README. */
export const queue =
  '<script>window.rai ||= (...call) => new Promise((...settle) => (rai.q ||= []).push([call, settle]))</script>'

export const firstRow = (page: Page) => page.locator('rai-leaderboard').first().getByText(nameOf(1)).first()

/** Call it at the top of a test file. The member in place n has (101 - n) * 10 points. */
export async function startWorld(): Promise<World> {
  const site = await startSite()
  const server = await startTestServer()
  const community = await testCommunity(server, { origin: site.origin })
  const now = new Date()
  await community.tenant(async (tx) => {
    await createBoard(tx, { name: 'Points', slug: 'points', periods: ['all', 'week'] }, now)
    const moves = []
    for (let place = 1; place <= memberCount; place++) {
      const { id } = await createMember(tx, { username: usernameOf(place), displayName: nameOf(place) }, now)
      const amount = (memberCount + 1 - place) * 10
      moves.push({ memberId: id, unit: 'xp', amount, reason: 'import', key: `start:${place}`, actor: 'test' } as const)
    }
    await post(tx, moves, now)
  })
  const line = `<script async src="${server.url}/rai.js" data-key="${community.publishableKey}"></script>`
  return { server, site, community, line }
}
