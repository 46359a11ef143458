import type { Loadable } from '@rai/stores'
import { cleanStores, type ReadableAtom } from 'nanostores'
import { afterAll, afterEach, beforeEach, vi } from 'vitest'
import { createBoard } from '../../packages/server/src/domain/leaderboards/index.js'
import { post } from '../../packages/server/src/domain/ledger.js'
import { createMember } from '../../packages/server/src/domain/members/members.js'
import { createMilestone } from '../../packages/server/src/domain/milestones/milestones.js'
import { createQuest } from '../../packages/server/src/domain/socials/quests.js'
import { join, openChannel, pageOf } from '../helpers/channels.js'
import { type TestCommunity, testCommunity } from '../helpers/community.js'
import { startFaultProxy } from '../helpers/fault-proxy.js'
import { startTestServer } from '../helpers/server.js'
import { type TestEnvironment, testEnvironment } from '../helpers/test-environment.js'

const move = { unit: 'xp', reason: 'adjustment', actor: 'test' } as const

/** A real server behind a proxy that can break answers, and a page's view of it. Call it at the top of a test file. */
export async function setStage() {
  const server = await startTestServer()
  let community: TestCommunity
  let awards = 0

  const proxy = await startFaultProxy(server.url)
  afterAll(proxy.stop)
  beforeEach(async () => {
    community = await testCommunity(server)
  })
  afterEach(() => {
    while (leaving.length > 0) leaving.pop()!()
    cleanStores(...used.splice(0))
    proxy.fail(undefined)
  })

  const leaving: (() => void)[] = []
  const used: ReadableAtom<unknown>[] = []

  /** Listens as an element does, until the test's end or until the answer is called. */
  function listen($store: ReadableAtom<unknown>): () => void {
    used.push($store)
    const leave = $store.listen(() => {})
    leaving.push(leave)
    return leave
  }

  return {
    proxy,
    listen,
    /**
     * Lets a page's time pass, a little at a time, until something holds. Time waits for answers that are on their way, so
     * that a slow machine is no slow network.
     */
    passes: (page: TestEnvironment, holds: () => unknown, step = 100) =>
      vi.waitFor(
        () => {
          if (page.requests <= proxy.hanging) page.advance(step)
          return holds()
        },
        { interval: 3, timeout: 25_000 },
      ),
    /** What this test's pages asked for, as paths after the key. */
    asked: (part = '') =>
      proxy.seen
        .map(({ path }) => path.split(`${community.publishableKey}/`)[1])
        .filter((path): path is string => path?.includes(part) ?? false),
    /** A page of the community. */
    page: (options: { wrongBy?: number; mayWarn?: boolean } = {}): TestEnvironment =>
      testEnvironment({ apiUrl: proxy.url, key: community.publishableKey, origin: community.origin, ...options }),

    board: (name: string, more = {}) => community.tenant((tx) => createBoard(tx, { name, ...more }, new Date())),

    /** A milestone of one stage: so much XP for ten coins. Answers its id. */
    milestone: (name: string, xp: number) =>
      community.tenant(async (tx) => {
        const conditions = { kind: 'earned', unit: 'xp', atLeast: xp } as const
        const gives = { xp: 0, currency: 10, badgeId: null, multipliers: [], supply: null }
        const stages = [{ name, description: '', conditions, ...gives }]
        return (await createMilestone(tx, { name, stages }, new Date())).id
      }),

    /** A quest on the community's word, for five coins. Answers its id. */
    quest: (more: Partial<Parameters<typeof createQuest>[1]> = {}) =>
      community.tenant(async (tx) => {
        const quest = { title: 'Visit us', network: 'web', action: 'visit', proof: 'self' } as const
        return (await createQuest(tx, { ...quest, reward: { xp: 0, currency: 5 }, ...more }, new Date())).id
      }),

    /** A channel in which a member, who is made for it, has said some things. Answers its id. */
    channel: async (username: string, texts: readonly string[]) => {
      const { id } = await openChannel(community)
      await join(community, username)
      const { say } = await pageOf(server, community, username)
      for (const text of texts) await say(id, text)
      return id
    },

    member: async (username: string, score = 0) => {
      const member = await community.tenant((tx) => createMember(tx, { username, displayName: username }, new Date()))
      if (score > 0) await award(member.id, score)
      return member.id
    },
    /** So many members, with scores from `count` down to 1. Answers their ids, best first. */
    members: (count: number) =>
      community.tenant(async (tx) => {
        const ids: string[] = []
        for (let n = 0; n < count; n++) ids.push((await createMember(tx, { username: `m${n}` }, new Date())).id)
        const moves = ids.map((memberId, n) => ({ ...move, memberId, amount: count - n, key: `award ${++awards}` }))
        await post(tx, moves, new Date())
        return ids
      }),
    award,

    /** What the site's own back-end does: asks for a member's embed token. */
    async token(username: string): Promise<{ embedToken: string; expiresIn: number }> {
      const answer = await fetch(`${server.url}/v2/api/widget-access-keys/token`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ ...community.widgetAccess, userIdentifiers: { 'data-username': username } }),
      })
      return ((await answer.json()) as { data: { embedToken: string; expiresIn: number } }).data
    },
  }

  function award(memberId: string, amount: number) {
    return community.tenant((tx) => post(tx, [{ ...move, memberId, amount, key: `award ${++awards}` }], new Date()))
  }
}

/** The first value that is as wanted. A test that waits in vain ends by its time limit. */
export function until<T>($store: ReadableAtom<T>, wanted: (value: T) => boolean): Promise<T> {
  return new Promise((done) => {
    let leave: (() => void) | undefined
    let found = false
    leave = $store.subscribe((value) => {
      if (found || !wanted(value as T)) return
      found = true
      done(value as T)
      leave?.()
    })
    if (found) leave()
  })
}

/** The value of a loadable, once it is known. */
export async function ready<T>($store: ReadableAtom<Loadable<T>>): Promise<T> {
  const state = await until($store, ({ state }) => state === 'ready' || state === 'failed')
  if (state.state === 'ready') return state.value
  throw state.state === 'failed' ? state.error : new Error('unreachable')
}
