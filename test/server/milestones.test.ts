import type { AnswerOf, BodyOf, Hint } from '@rai/contract'
import { sql } from 'kysely'
import { beforeEach, describe, expect, it } from 'vitest'
import type { Tx } from '../../packages/server/src/db/database.js'
import { awardBadge, badgesOf } from '../../packages/server/src/domain/badges/awards.js'
import { createBadge, deleteBadge } from '../../packages/server/src/domain/badges/badges.js'
import { recordFacts } from '../../packages/server/src/domain/facts.js'
import { createField, deleteField } from '../../packages/server/src/domain/fields/fields.js'
import { setValues } from '../../packages/server/src/domain/fields/values.js'
import { newId } from '../../packages/server/src/domain/ids.js'
import { type Move, post } from '../../packages/server/src/domain/ledger.js'
import { gainsOf } from '../../packages/server/src/domain/members/activity.js'
import { deleteMember } from '../../packages/server/src/domain/members/deletions.js'
import { balancesOf, createMember, type Member } from '../../packages/server/src/domain/members/members.js'
import { claimStage } from '../../packages/server/src/domain/milestones/claiming.js'
import { shownMilestones } from '../../packages/server/src/domain/milestones/milestones.js'
import { standingsOf } from '../../packages/server/src/domain/milestones/standings.js'
import { changeRoles, createRole, deleteRole } from '../../packages/server/src/domain/roles.js'
import { createQuest, deleteQuest } from '../../packages/server/src/domain/socials/quests.js'
import { ask, embedToken } from '../helpers/api.js'
import { type TestCommunity, testCommunity } from '../helpers/community.js'
import { asSuperuser } from '../helpers/database.js'
import { rowsRead } from '../helpers/explain.js'
import { expectOneAnswer } from '../helpers/intents.js'
import { earn, missingId } from '../helpers/people.js'
import { startTestServer } from '../helpers/server.js'
import { openStream } from '../helpers/stream.js'

type NewMilestone = BodyOf<'POST /v1/milestones'>
type Stage = NewMilestone['stages'][number]
type Condition = Stage['conditions']
type Mine = AnswerOf<'GET /widget/v1/{publishableKey}/milestones'>['items'][number]

/** A Wednesday. */
const start = new Date('2026-11-25T12:00:00Z')
const hours = (n: number) => new Date(start.getTime() + n * 3_600_000)
let now = start
const server = await startTestServer({ clock: () => now })
let community: TestCommunity
let ada: Member
beforeEach(async () => {
  now = start
  community = await testCommunity(server, { timeZone: 'Europe/Berlin', at: now })
  ada = await newMember('ada')
})

const tokens = new Map<string, Promise<string>>()
/** A member's token of now. */
const tokenOf = (username: string): Promise<string> => {
  const name = `${community.id} ${username} ${now.getTime()}`
  const token = tokens.get(name) ?? embedToken(server, community, username)
  tokens.set(name, token)
  return token
}
const newMember = (username: string) => community.tenant((tx) => createMember(tx, { username }, now))
const stage = (conditions: Condition, more: Partial<Stage> = {}): Stage => ({
  name: 'Stage',
  conditions,
  rewards: { xp: 10 },
  ...more,
})
const followUs = { title: 'Follow us', network: 'web', action: 'visit', proof: 'self' } as const
const have = (atLeast: number, unit: 'xp' | 'currency' = 'currency') => ({ kind: 'balance' as const, unit, atLeast })
const create = (body: Partial<NewMilestone>) =>
  ask(server, 'POST /v1/milestones', {
    bearer: community.communityKey,
    body: { name: 'Milestone', stages: [stage(have(5))], ...body },
  })
const newMilestone = async (...stages: Stage[]) => (await create({ stages })).answer
const change = (milestoneId: string, body: object) =>
  ask(server, 'PATCH /v1/milestones/{milestoneId}', { bearer: community.communityKey, params: { milestoneId }, body })
const page = () => ({ params: { publishableKey: community.publishableKey }, origin: community.origin })
const list = async (username: string | null, query: Record<string, string> = {}) => {
  const bearer = username === null ? undefined : await tokenOf(username)
  return (await ask(server, 'GET /widget/v1/{publishableKey}/milestones', { ...page(), query, bearer })).answer
}
/** The first milestone as somebody has it. */
const of = async (username: string | null): Promise<Mine> => (await list(username)).items[0]!
/** The states of its stages, with the reason and its numbers. */
const states = async (username: string | null) =>
  (await of(username)).stages.map(({ state, reason: { code, have, need } }) => [state, code, have, need])
const claim = async (username: string, milestoneId: string, n = 1, headers: Record<string, string> = {}) => {
  const bearer = await tokenOf(username)
  const params = { ...page().params, milestoneId, n: String(n) }
  return ask(server, 'POST /widget/v1/{publishableKey}/milestones/{milestoneId}/stages/{n}/claim', {
    ...page(),
    params,
    bearer,
    headers,
  })
}
const coins = (member: Member, amount: number) => earn(community, member.id, amount, { unit: 'currency', at: now })
const balances = ({ id }: Member) => community.tenant((tx) => balancesOf(tx, id))
const did = (kind: 'message' | 'reply' | 'reaction' | 'social', key: string, subject?: string) =>
  community.tenant((tx) => recordFacts(tx, [{ memberId: ada.id, kind, key, at: now, ...(subject && { subject }) }]))

describe('milestones, for operators', () => {
  it('are made with what was said and defaults for the rest', async () => {
    const { answer, status } = await create({ stages: [stage(have(5), { rewards: undefined })] })
    expect(status).toBe(201)
    const { stages, ...rest } = answer
    expect(rest).toMatchObject({
      ...{ name: 'Milestone', description: '', icon: '', labels: [], period: 'all', startsAt: null, endsAt: null },
      ...{ requires: null, isEnabled: true, displayOrder: 0, createdAt: now.toISOString(), __v: 0 },
    })
    expect(stages).toEqual([
      {
        ...{ stageId: stages[0]!.stageId, stageNumber: 1, name: 'Stage', description: '', conditions: have(5) },
        ...{ rewards: { xp: 0, coins: 0, badgeId: null }, multipliers: [], supply: null, claimed: null },
      },
    ])
  })

  it('are listed in the order in which pages show them, and read, changed and deleted', async () => {
    const first = (await create({ name: 'Last', displayOrder: 2 })).answer
    const second = (await create({ name: 'First', displayOrder: 1 })).answer
    const bearer = community.communityKey
    const { answer } = await ask(server, 'GET /v1/milestones', { bearer, query: { limit: 1, page: 2 } })
    expect(answer).toEqual([first])
    const params = { milestoneId: second._id }
    expect((await ask(server, 'GET /v1/milestones/{milestoneId}', { bearer, params })).answer).toEqual(second)
    const labels = ['autumn']
    expect((await change(second._id, { labels })).answer).toEqual({ ...second, labels, __v: 1 })
    await ask(server, 'DELETE /v1/milestones/{milestoneId}', { bearer, params })
    expect((await ask(server, 'GET /v1/milestones/{milestoneId}', { bearer, params })).code).toBe('not_found')
    expect((await list(null)).items.map(({ name }) => name)).toEqual(['Last'])
  })

  it('keep who claimed a stage that is changed, moved or no longer there', async () => {
    const { _id, stages } = await newMilestone(stage(have(1)), stage(have(5)))
    await coins(ada, 5)
    await claim('ada', _id, 1)
    const [{ stageId }] = stages as [(typeof stages)[number]]
    const changed = await change(_id, { stages: [stage(have(7)), { ...stage(have(9)), stageId, supply: 3 }] })
    expect(changed.answer.stages.map(({ claimed, supply }) => [claimed, supply])).toEqual([
      [null, null],
      [1, 3],
    ])
    expect((await of('ada')).stages.map(({ state }) => state)).toEqual(['in_progress', 'claimed'])
    expect((await change(_id, { stages: [{ ...stage(have(9)), stageId: missingId }] })).code).toBe('unknown_reference')
    expect((await change(_id, { stages: Array(2).fill({ ...stage(have(9)), stageId }) })).paths).toEqual(['stages'])
    await change(_id, { stages: [stage(have(7))] })
    const { answer } = await ask(server, 'GET /v1/milestones/{milestoneId}/claims', {
      bearer: community.communityKey,
      params: { milestoneId: _id },
    })
    expect(answer.items).toEqual([
      {
        _id: expect.any(String),
        ...{ userId: ada.id, username: 'ada', stageId, period: 'all', start: null },
        ...{ rewards: { xp: 10, coins: 0, badgeId: null }, claimedAt: now.toISOString() },
      },
    ])
  })

  it('list who claimed by cursor, newest first, and nobody who is deleted', async () => {
    const { _id: milestoneId, stages } = await newMilestone(stage(have(1)), stage(have(1)))
    const bo = await newMember('bo')
    for (const member of [ada, bo]) await coins(member, 5)
    for (const [username, n] of [
      ['ada', 1],
      ['bo', 1],
      ['ada', 2],
    ] as const) {
      await claim(username, milestoneId, n)
      now = new Date(now.getTime() + 1000)
    }
    const claims = async (query: Record<string, string | number> = {}) => {
      const asked = { bearer: community.communityKey, params: { milestoneId }, query }
      return (await ask(server, 'GET /v1/milestones/{milestoneId}/claims', asked)).answer
    }
    const [first, second] = stages.map(({ stageId }) => stageId)
    const all = await claims()
    expect(all.items.map(({ username, stageId }) => [username, stageId])).toEqual([
      ['ada', second],
      ['bo', first],
      ['ada', first],
    ])
    const { items, nextCursor } = await claims({ limit: 2 })
    const rest = await claims({ limit: 2, cursor: nextCursor! })
    expect([...items, ...rest.items]).toEqual(all.items)
    expect([rest.nextCursor, all.nextCursor]).toEqual([null, null])
    await community.tenant((tx) => deleteMember(tx, ada, now))
    expect((await claims()).items.map(({ username }) => username)).toEqual(['bo'])
  })

  const four: Condition = {
    kind: 'all',
    conditions: [
      { kind: 'any', conditions: [{ kind: 'all', conditions: [{ kind: 'all', conditions: [] }] as never }] },
    ],
  }
  const many = Array.from({ length: 3 }, () => ({ kind: 'any' as const, conditions: Array(7).fill(have(5)) }))
  it.each<[string, Partial<NewMilestone>, string]>([
    ['without stages', { stages: [] }, 'stages'],
    ['with a task of no kind', { stages: [stage({ kind: 'luck' } as never)] }, 'stages.0.conditions.kind'],
    ['with a task that asks nothing', { stages: [stage(have(0))] }, 'stages.0.conditions.atLeast'],
    [
      'with four levels of groups',
      { stages: [stage(four)] },
      'stages.0.conditions.conditions.0.conditions.0.conditions.0.kind',
    ],
    ['with too many tasks', { stages: [stage({ kind: 'all', conditions: many })] }, 'stages.0.conditions'],
    [
      'with a link that runs',
      { stages: [stage({ kind: 'visit', atLeast: 1, link: 'javascript:alert(1)' })] },
      'stages.0.conditions.link',
    ],
    ['that end before they start', { startsAt: '2026-12-02T00:00:00Z', endsAt: '2026-12-01T00:00:00Z' }, 'endsAt'],
    [
      'for a badge that is not there',
      { stages: [stage({ kind: 'all', conditions: [{ kind: 'badge', badgeId: missingId }] })] },
      'stages.0.conditions.conditions.0.badgeId',
    ],
    ['for a role that is not there', { requires: { kind: 'role', roleId: 'x' } }, 'requires.roleId'],
    [
      'for a field that is not there',
      { requires: { kind: 'field', field: 'height', is: 'equal', value: 1, title: 'Be tall' } },
      'requires.field',
    ],
    [
      'that give a badge that is not there',
      { stages: [stage(have(5), { rewards: { badgeId: missingId } })] },
      'stages.0.rewards.badgeId',
    ],
    [
      'that give more to a role that is not there',
      { stages: [stage(have(5), { multipliers: [{ percent: 200, roleId: missingId }] })] },
      'stages.0.multipliers.0.roleId',
    ],
  ])('cannot be made %s', async (_, body, path) => {
    const { status, paths } = await create(body)
    expect([status, paths]).toEqual([400, [path]])
  })

  it('compare fields with what they can hold', async () => {
    await community.tenant(async (tx) => {
      await createField(tx, { field: 'club', name: 'Club', type: 'single-line-text', creatorId: null }, now)
      await createField(tx, { field: 'kills', name: 'Kills', type: 'number', creatorId: null }, now)
    })
    const field = (field: string, is: 'equal' | 'at_most', value: string | number) =>
      stage({ kind: 'field', field, is, value, title: 'Be so' })
    const stages = [field('kills', 'at_most', 'few'), field('club', 'at_most', 'Alpine'), field('club', 'equal', 5)]
    expect((await create({ stages })).paths).toEqual([
      'stages.0.conditions.value',
      'stages.1.conditions.is',
      'stages.2.conditions.value',
    ])
  })

  it('are a hundred at most', async () => {
    const times = { starts_at: null, ends_at: null, created_at: now, updated_at: now }
    const rows = Array.from({ length: 100 }, () => ({ community_id: community.id, id: newId(), name: 'M', ...times }))
    await community.tenant((tx) => tx.db.insertInto('milestones').values(rows).execute())
    expect((await create({})).code).toBe('conflict')
  })
})

describe('a stage', () => {
  it('is available, then in progress, then claimable, then claimed', async () => {
    const { _id } = await newMilestone(stage(have(5)))
    expect(await states('ada')).toEqual([['available', 'to_do', 0, 5]])
    expect((await claim('ada', _id)).code).toBe('not_done')
    await coins(ada, 2)
    expect(await states('ada')).toEqual([['in_progress', 'to_do', 2, 5]])
    expect((await claim('ada', _id)).code).toBe('not_done')
    await coins(ada, 4)
    expect(await states('ada')).toEqual([['claimable', 'done', 6, 5]])
    const { answer } = await claim('ada', _id)
    expect(answer.given).toEqual({ xp: 10, currency: 0, badge: null })
    expect(answer.milestone).toEqual(await of('ada'))
    expect(answer.milestone).toMatchObject({ state: 'claimed', have: 1, need: 1, percent: 100, next: null })
    expect(answer.milestone.stages[0]).toMatchObject({ claimedAt: now.toISOString() })
    expect(await balances(ada)).toEqual({ xp: 10, currency: 6 })
    // What was claimed stays so.
    await coins(ada, -6)
    expect(await states('ada')).toEqual([['claimed', 'done', 0, 5]])
  })

  it('is complete where there is nothing to claim', async () => {
    const { _id } = await newMilestone(stage(have(5), { rewards: {} }))
    await coins(ada, 5)
    expect(await states('ada')).toEqual([['complete', 'done', 5, 5]])
    expect((await claim('ada', _id)).code).toBe('conflict')
  })

  it('waits for the stage before', async () => {
    const { _id } = await newMilestone(stage(have(5)), stage(have(1)), stage(have(1), { rewards: {} }))
    await coins(ada, 1)
    expect(await states('ada')).toEqual([
      ['in_progress', 'to_do', 1, 5],
      ['locked', 'stage_before', 0, 1],
      ['locked', 'stage_before', 0, 2],
    ])
    expect((await claim('ada', _id, 2)).code).toBe('locked')
    await coins(ada, 4)
    // Done is enough: it need not be claimed.
    expect((await of('ada')).stages.map(({ state }) => state)).toEqual(['claimable', 'claimable', 'complete'])
    expect(await of('ada')).toMatchObject({ current: 1, have: 3, percent: 100, open: { xp: 20 } })
    expect((await claim('ada', _id, 2)).status).toBe(200)
    expect((await claim('ada', _id, 4)).code).toBe('not_found')
    expect((await claim('ada', missingId, 1)).code).toBe('not_found')
  })

  it('is locked until what the milestone requires is met', async () => {
    await create({ requires: have(3, 'xp'), stages: [stage(have(1))] })
    await coins(ada, 1)
    await earn(community, ada.id, 2, { at: now })
    expect(await states('ada')).toEqual([['locked', 'requirement', 2, 3]])
    const { next, requires, percent } = await of('ada')
    expect(requires).toMatchObject({ kind: 'balance', have: 2, need: 3, met: false, percent: 66 })
    expect(next).toMatchObject({ kind: 'balance', stage: null, missing: 1 })
    expect(percent).toBe(99)
    await earn(community, ada.id, 1, { at: now })
    expect(await states('ada')).toEqual([['claimable', 'done', 1, 1]])
  })

  it('is locked until it starts, and expired when it ends, by the server’s clock', async () => {
    const { _id } = (
      await create({
        ...{ startsAt: hours(1).toISOString(), endsAt: hours(2).toISOString() },
        stages: [stage(have(5)), stage(have(5), { rewards: {} })],
      })
    ).answer
    await coins(ada, 5)
    now = new Date(hours(1).getTime() - 1)
    expect((await states('ada'))[0]).toEqual(['locked', 'not_started', 5, 5])
    expect((await states(null))[0]).toEqual(['locked', 'not_started', 0, 5])
    expect((await claim('ada', _id)).code).toBe('locked')
    now = hours(1)
    expect((await states('ada'))[0]).toEqual(['claimable', 'done', 5, 5])
    now = hours(2)
    expect(await states('ada')).toEqual([
      ['expired', 'ended', 5, 5],
      ['complete', 'done', 5, 5],
    ])
    expect((await claim('ada', _id)).code).toBe('ended')
    expect(await of('ada')).toMatchObject({ endsAt: hours(2).toISOString(), open: { xp: 0 }, next: null })
  })

  it('is sold out when others have claimed all of it, to whoever has not', async () => {
    const { _id } = await newMilestone(stage(have(5), { supply: 1 }))
    const bo = await newMember('bo')
    await coins(ada, 5)
    await coins(bo, 5)
    expect((await of('bo')).stages[0]!.supply).toEqual({ total: 1, left: 1 })
    expect((await claim('ada', _id)).answer.milestone.stages[0]!.supply).toEqual({ total: 1, left: 0 })
    expect((await claim('bo', _id)).code).toBe('sold_out')
    expect(await states('bo')).toEqual([['sold_out', 'none_left', 1, 1]])
    expect(await states('ada')).toEqual([['claimed', 'done', 5, 5]])
    expect(await balances(bo)).toEqual({ xp: 0, currency: 5 })
  })

  it('shows visitors what could be earned', async () => {
    await newMilestone(stage(have(5), { rewards: { xp: 10, coins: 3 } }), stage(have(7), { rewards: { coins: 4 } }))
    expect(await states(null)).toEqual([
      ['locked', 'signed_out', 0, 5],
      ['locked', 'signed_out', 0, 7],
    ])
    expect(await of(null)).toMatchObject({ open: { xp: 10, currency: 7, badges: 0 }, percent: 0, next: null })
  })

  it('is not there while the milestone is not enabled', async () => {
    const { _id } = await newMilestone(stage(have(5)))
    await coins(ada, 5)
    await change(_id, { isEnabled: false })
    expect((await list('ada')).items).toEqual([])
    expect((await claim('ada', _id)).code).toBe('not_found')
  })
})

describe('conditions', () => {
  /** How far somebody is with a condition. */
  const progress = async ({ conditions }: Mine['stages'][number]) => [conditions.have, conditions.need, conditions.met]
  const first = async () => progress((await of('ada')).stages[0]!)
  const asks = (conditions: Condition) => newMilestone(stage(conditions))

  it('nest: all of them, or any', async () => {
    const some = { kind: 'any' as const, conditions: [have(100), have(10, 'xp')] }
    await asks({ kind: 'all', conditions: [have(4), some] })
    await coins(ada, 1)
    await earn(community, ada.id, 5, { at: now })
    const { stages, next } = await of('ada')
    expect(stages[0]!.conditions).toMatchObject({
      ...{ kind: 'all', met: false, have: 0, need: 2, percent: 37 },
      conditions: [
        { kind: 'balance', subject: 'Coins', unit: 'currency', met: false, have: 1, need: 4, percent: 25 },
        {
          ...{ kind: 'any', met: false, have: 0, need: 1, percent: 50 },
          conditions: [
            { have: 1, need: 100, percent: 1 },
            { subject: 'XP', have: 5, need: 10, percent: 50 },
          ],
        },
      ],
    })
    expect(next).toMatchObject({ kind: 'balance', unit: 'xp', have: 5, need: 10, missing: 5, stage: 1 })
    await earn(community, ada.id, 5, { at: now })
    expect((await of('ada')).next).toMatchObject({ unit: 'currency', missing: 3 })
    await coins(ada, 3)
    expect(await states('ada')).toEqual([['claimable', 'done', 2, 2]])
  })

  it('name the nearest of open tasks, the one that lacks least of equals', async () => {
    await asks({ kind: 'all', conditions: [have(10), have(4), have(8, 'xp')] })
    expect((await of('ada')).next).toMatchObject({ unit: 'currency', need: 4, missing: 4, percent: 0 })
    await earn(community, ada.id, 4, { at: now })
    expect((await of('ada')).next).toMatchObject({ unit: 'xp', need: 8, percent: 50 })
  })

  it('count what was earned, without what was spent or came back', async () => {
    await asks({ kind: 'earned', unit: 'currency', atLeast: 10 })
    await coins(ada, 6)
    await earn(community, ada.id, -5, { unit: 'currency', reason: 'purchase', at: now })
    await earn(community, ada.id, 5, { unit: 'currency', reason: 'refund', at: now })
    expect(await first()).toEqual([6, 10, false])
    await coins(ada, 4)
    expect(await first()).toEqual([10, 10, true])
  })

  it('count what was earned in every stretch of time, whichever days it cuts', async () => {
    const gained: [at: Date, amount: number][] = []
    for (let n = 0; n < 40; n++) {
      const [at, amount] = [hours(-n * 5.3), n % 7 === 3 ? -2 : n + 1]
      await earn(community, ada.id, amount, { unit: 'currency', at })
      if (amount > 0) gained.push([at, amount])
      await earn(community, ada.id, 9, { unit: 'currency', reason: 'refund', at })
    }
    const ends = [null, ...[-220, -150.5, -100, -60, -55.25, -36, -12, -5.3, -1, 0, 1].map(hours)]
    const queries = ends.flatMap((since) => ends.map((until) => ({ unit: 'currency' as const, since, until })))
    const isIn = (at: Date, since: Date | null, until: Date | null) =>
      (since === null || at >= since) && (until === null || at < until)
    expect(await community.tenant((tx) => gainsOf(tx, ada.id, queries))).toEqual(
      queries.map(({ since, until }) =>
        gained.reduce((sum, [at, amount]) => sum + (isIn(at, since, until) ? amount : 0), 0),
      ),
    )
  })

  it('read no more where a member has earned something more often', async () => {
    const stretches = [null, hours(-240), hours(-101)].map((since) => ({
      unit: 'xp' as const,
      since,
      until: hours(24),
    }))
    const readOf = async (username: string, times: number) => {
      const { id } = await newMember(username)
      for (const days of [7, 3, 1]) {
        const moves = Array.from({ length: times }, (_, n): Move => {
          return {
            memberId: id,
            unit: 'xp',
            amount: 1,
            reason: 'import',
            key: `${username} ${days} ${n}`,
            actor: 'test',
          }
        })
        await community.tenant((tx) => post(tx, moves, hours(-24 * days)))
      }
      return community.tenant((tx) =>
        rowsRead(tx, async (tx) => {
          expect(await gainsOf(tx, id, stretches)).toEqual([3, 3, 2].map((days) => days * times))
        }),
      )
    }
    // What else the tests have there may be looked through where that is little.
    expect(await readOf('seldom', 10)).toBeLessThan(1000)
    expect(await readOf('often', 1000)).toBeLessThan(1000)
  })

  it('count what members do, each thing once', async () => {
    const kinds = ['message', 'reply', 'reaction'] as const
    await newMilestone(...kinds.map((kind) => stage({ kind, atLeast: 2 })))
    for (const kind of kinds) {
      await did(kind, 'a')
      await did(kind, 'a')
    }
    await did('message', 'b')
    const { stages } = await of('ada')
    expect(await Promise.all(stages.map(progress))).toEqual([
      [2, 2, true],
      [1, 2, false],
      [1, 2, false],
    ])
  })

  it('count whom the member brought', async () => {
    await asks({ kind: 'referral', atLeast: 2 })
    const bring = (username: string) =>
      ask(server, 'POST /apis/v1/users', { bearer: community.communityKey, body: { username, referral: 'ada' } })
    await bring('bo')
    expect(await first()).toEqual([1, 2, false])
    await bring('cai')
    expect(await first()).toEqual([2, 2, true])
  })

  it('count the items of the store that the member has begun to save for, each once', async () => {
    await asks({ kind: 'wish', atLeast: 2 })
    const bearer = community.communityKey
    await ask(server, 'PUT /v1/stores', { bearer, body: { isEnabled: true } })
    const save = async (name: string) => {
      const { answer } = await ask(server, 'POST /v1/products', { bearer, body: { name, price: 5 } })
      const params = { ...page().params, itemId: answer._id }
      const asked = { ...page(), params, bearer: await tokenOf('ada') }
      const wish = '/widget/v1/{publishableKey}/store/items/{itemId}/wish' as const
      for (const notify of [false, true]) await ask(server, `PUT ${wish}`, { ...asked, body: { notify } })
      await ask(server, `DELETE ${wish}`, asked)
    }
    await save('Tent')
    expect(await first()).toEqual([1, 2, false])
    await save('Rope')
    expect(await first()).toEqual([2, 2, true])
  })

  it('count days on which the member came, and those in a row', async () => {
    await newMilestone(stage({ kind: 'visit', atLeast: 3 }), stage({ kind: 'streak', days: 3 }))
    const both = async () => Promise.all((await of('ada')).stages.map(progress))
    expect(await both()).toEqual([
      [1, 3, false],
      [1, 3, false],
    ])
    now = hours(48)
    expect(await both()).toEqual([
      [2, 3, false],
      [1, 3, false],
    ])
    now = hours(72)
    expect(await both()).toEqual([
      [3, 3, true],
      [2, 3, false],
    ])
  })

  it('compare fields', async () => {
    const [kills, club] = await community.tenant(async (tx) => [
      await createField(tx, { field: 'kills', name: 'Kills', type: 'number', creatorId: null }, now),
      await createField(tx, { field: 'club', name: 'Club', type: 'single-line-text', creatorId: null }, now),
    ])
    const title = 'Be so'
    await newMilestone(
      stage({ kind: 'field', field: 'kills', is: 'at_least', value: 3, title }),
      stage({ kind: 'field', field: 'kills', is: 'at_most', value: 3, title }),
      stage({ kind: 'field', field: 'club', is: 'equal', value: 'Alpine', title }),
    )
    const all = async () => Promise.all((await of('ada')).stages.map(progress))
    expect((await of('ada')).stages[2]!.conditions).toMatchObject({ title, subject: 'Club' })
    expect(await all()).toEqual([
      [0, 3, false],
      [1, 1, true],
      [0, 1, false],
    ])
    const values = [
      { memberId: ada.id, fieldId: kills!.id, value: 4 },
      { memberId: ada.id, fieldId: club!.id, value: 'Alpine' },
    ]
    await community.tenant((tx) => setValues(tx, values, { at: now, source: 'api', actor: null }))
    expect(await all()).toEqual([
      [4, 3, true],
      [0, 1, false],
      [1, 1, true],
    ])
  })

  it('ask for badges, roles and social quests', async () => {
    const badge = await community.tenant((tx) => createBadge(tx, { title: 'Trail angel' }, now))
    const role = await community.tenant((tx) => createRole(tx, { title: 'Guide' }, 'community', now))
    const quest = await community.tenant((tx) => createQuest(tx, followUs, now))
    await newMilestone(
      stage({ kind: 'badge', badgeId: badge.id }),
      stage({ kind: 'role', roleId: role.id }),
      stage({ kind: 'social', questId: quest.id, title: 'Follow us', link: 'https://social.example/us' }),
      stage({ kind: 'role', roleId: community.id }),
    )
    const tasks = async () => (await of('ada')).stages.map(({ conditions }) => conditions)
    expect(await tasks()).toMatchObject([
      { kind: 'badge', subject: 'Trail angel', title: null, met: false, have: 0, need: 1 },
      { kind: 'role', subject: 'Guide', met: false },
      { kind: 'social', subject: null, title: 'Follow us', link: 'https://social.example/us', met: false },
      { kind: 'role', subject: '@all', met: true },
    ])
    await community.tenant(async (tx) => {
      await awardBadge(tx, badge, ada.id, now, 'test')
      await changeRoles(tx, ada, { add: [role.id] }, now)
    })
    await did('social', 'once', quest.id)
    await did('social', 'again', quest.id)
    expect((await tasks()).map(({ met, have }) => [met, have])).toEqual(Array(4).fill([true, 1]))
  })

  it('ask for no quest that is not there', async () => {
    const [quest, gone] = await community.tenant(async (tx) => [
      await createQuest(tx, followUs, now),
      await createQuest(tx, followUs, now),
    ])
    await community.tenant((tx) => deleteQuest(tx, gone.id, now))
    const asksFor = (questId: string) => ({ kind: 'social' as const, questId, title: 'Follow us' })
    const stages = [
      stage(asksFor(quest.id)),
      stage({ kind: 'any', conditions: [have(1), asksFor(gone.id), asksFor(missingId)] }),
    ]
    const refused = await create({ requires: asksFor(gone.id), stages })
    expect([refused.status, refused.code]).toEqual([400, 'unknown_reference'])
    for (const path of [
      'requires.questId',
      'stages.1.conditions.conditions.1.questId',
      'stages.1.conditions.conditions.2.questId',
    ])
      expect(refused.text).toContain(`"${path}"`)
    expect(refused.text).not.toContain('stages.0')
    const { _id } = await newMilestone(stages[0]!)
    expect((await change(_id, { requires: asksFor(missingId) })).code).toBe('unknown_reference')
  })

  it('keep what they name from being deleted, however deep they name it', async () => {
    const make = async (tx: Tx) => ({
      badge: await createBadge(tx, { title: 'Trail angel' }, now),
      role: await createRole(tx, { title: 'Guide' }, 'community', now),
      field: await createField(tx, { field: 'kills', name: 'Kills', type: 'number', creatorId: null }, now),
      quest: await createQuest(tx, followUs, now),
    })
    const { badge, role, field, quest } = await community.tenant(make)
    const remove: ((tx: Tx) => Promise<unknown>)[] = [
      (tx: Tx) => deleteBadge(tx, badge.id, now),
      (tx: Tx) => deleteRole(tx, role.id, 'community'),
      (tx: Tx) => deleteField(tx, field.id),
      (tx: Tx) => deleteQuest(tx, quest.id, now),
    ]
    const group = (one: Condition): Condition => ({ kind: 'any', conditions: [have(1), one as never] })
    const tasks: Condition[] = [
      { kind: 'badge', badgeId: badge.id },
      { kind: 'role', roleId: role.id },
      { kind: 'field', field: 'kills', is: 'at_most', value: 3, title: 'Be so' },
      { kind: 'social', questId: quest.id, title: 'Follow us' },
    ]
    const ids = [
      (await create({ name: 'Requires', requires: group({ kind: 'all', conditions: tasks as never }) })).answer._id,
      (await create({ name: 'Asks', stages: tasks.map((task) => stage(group(task))) })).answer._id,
    ]
    for (const one of remove) await expect(community.tenant(one)).rejects.toThrow('“Asks”, the milestone “Requires”')
    await change(ids[0]!, { requires: null })
    const gives = stage(have(1), {
      rewards: { badgeId: badge.id },
      multipliers: [{ percent: 200 }, { percent: 300, roleId: role.id }],
    })
    await change(ids[1]!, { stages: [gives] })
    for (const one of remove.slice(2)) await community.tenant(one)
    for (const one of remove.slice(0, 2)) await expect(community.tenant(one)).rejects.toThrow('“Asks”')
    await change(ids[1]!, { stages: [stage(have(1))] })
    for (const one of remove.slice(0, 2)) await community.tenant(one)
  })

  it('are not met by what is gone all the same, or has another type', async () => {
    const { role, field } = await community.tenant(async (tx) => ({
      role: await createRole(tx, { title: 'Guide' }, 'community', now),
      field: await createField(tx, { field: 'kills', name: 'Kills', type: 'number', creatorId: null }, now),
    }))
    await community.tenant((tx) => changeRoles(tx, ada, { add: [role.id] }, now))
    const multipliers = [{ percent: 200, roleId: role.id }]
    await newMilestone(
      stage({ kind: 'role', roleId: role.id }, { multipliers }),
      stage({ kind: 'field', field: 'kills', is: 'at_most', value: 3, title: 'Be so' }),
      stage({ kind: 'field', field: 'kills', is: 'at_least', value: 0, title: 'Be so' }),
    )
    const all = async () => Promise.all((await of('ada')).stages.map(progress))
    const given = async () => (await of('ada')).stages[0]!.reward.xp
    expect([await all(), await given()]).toEqual([Array(3).fill([expect.anything(), expect.anything(), true]), 20])
    await community.tenant(({ db }) => db.deleteFrom('roles').where('id', '=', role.id).execute())
    const change = (how: object) =>
      community.tenant(({ db }) => db.updateTable('user_fields').set(how).where('id', '=', field.id).execute())
    await change({ type: 'single-line-text' })
    expect([await all(), await given()]).toEqual([Array(3).fill([0, 1, false]), 10])
    await change({ type: 'number', forgotten_to: missingId })
    expect(await all()).toEqual(Array(3).fill([0, 1, false]))
  })
})

describe('a milestone of a period', () => {
  it('begins anew with each, by the community’s calendar, and counts what happens in it', async () => {
    const body = { period: 'week' as const, stages: [stage({ kind: 'earned', unit: 'currency', atLeast: 5 })] }
    const { _id } = (await create(body)).answer
    await coins(ada, 5)
    expect((await claim('ada', _id)).answer.milestone).toMatchObject({ start: '2026-11-23', state: 'claimed' })
    expect((await claim('ada', _id)).status).toBe(200)
    // Monday in Berlin, and Sunday still in UTC.
    now = new Date('2026-11-29T23:00:00Z')
    expect(await of('ada')).toMatchObject({
      ...{ start: '2026-11-30', startsAt: now.toISOString(), endsAt: '2026-12-06T23:00:00.000Z' },
      ...{ state: 'available', have: 0 },
    })
    await coins(ada, 5)
    expect((await claim('ada', _id)).answer.milestone).toMatchObject({ start: '2026-11-30', state: 'claimed' })
    expect((await balances(ada)).xp).toBe(20)
  })

  it('counts from its start, and not beyond its end', async () => {
    const stages = [stage({ kind: 'earned', unit: 'currency', atLeast: 5 })]
    await coins(ada, 4)
    now = hours(1)
    await create({ startsAt: hours(1).toISOString(), endsAt: hours(2).toISOString(), stages })
    await coins(ada, 2)
    expect(await states('ada')).toEqual([['in_progress', 'to_do', 2, 5]])
    now = hours(2)
    await coins(ada, 3)
    expect(await states('ada')).toEqual([['expired', 'ended', 2, 5]])
  })
})

describe('rewards', () => {
  it('are multiplied by the largest that fits: by role, tier and time', async () => {
    const tiers = [
      { name: 'Walker', icon: '', levels: [0, 100, 250] },
      { name: 'Guide', icon: '', levels: [500, 1000, 2000] },
    ]
    await ask(server, 'PATCH /v1/gamification', { bearer: community.systemKey, body: { tiers } })
    const role = await community.tenant((tx) => createRole(tx, { title: 'Crew' }, 'community', now))
    const multipliers = [
      { percent: 150, endsAt: hours(1).toISOString() },
      { percent: 250, roleId: role.id },
      { percent: 300, tier: 2 },
      { percent: 1000, startsAt: hours(5).toISOString() },
    ]
    const { _id } = await newMilestone(stage(have(1), { rewards: { xp: 5, coins: 1 }, multipliers }))
    const reward = async (username: string | null = 'ada') => {
      const { xp, currency, base, boosts } = (await of(username)).stages[0]!.reward
      expect(base).toEqual({ xp: 5, currency: 1 })
      return [xp, currency, boosts.findIndex(({ applies }) => applies)]
    }
    expect(await reward()).toEqual([7, 1, 0])
    expect(await reward(null)).toEqual([7, 1, 0])
    now = hours(1)
    expect(await reward()).toEqual([5, 1, -1])
    await community.tenant((tx) => changeRoles(tx, ada, { add: [role.id] }, now))
    expect(await reward()).toEqual([12, 2, 1])
    await earn(community, ada.id, 500, { at: now })
    expect(await reward()).toEqual([15, 3, 2])
    expect((await of('ada')).stages[0]!.reward.boosts[1]).toEqual({
      ...{ percent: 250, role: 'Crew', tier: null, startsAt: null, endsAt: null, applies: false },
    })
    await coins(ada, 1)
    expect((await claim('ada', _id)).answer.given).toEqual({ xp: 15, currency: 3, badge: null })
    now = hours(5)
    // What was given stays what it was.
    expect(await reward()).toEqual([15, 3, -1])
    expect(await balances(ada)).toEqual({ xp: 515, currency: 4 })
  })

  it('can be a badge, and what the badge gives', async () => {
    const badge = await community.tenant((tx) => createBadge(tx, { title: 'Trail angel', awardXpQuantity: 7 }, now))
    const { _id } = await newMilestone(stage(have(1), { rewards: { badgeId: badge.id } }))
    await coins(ada, 1)
    const shown = { id: badge.id, title: 'Trail angel', image: null }
    expect((await of('ada')).stages[0]!.reward).toMatchObject({ xp: 0, currency: 0, badge: shown })
    expect((await of('ada')).open).toEqual({ xp: 0, currency: 0, badges: 1 })
    expect((await claim('ada', _id)).answer.given).toEqual({ xp: 0, currency: 0, badge: shown })
    expect((await claim('ada', _id)).answer.given.badge).toEqual(shown)
    expect((await balances(ada)).xp).toBe(7)
    expect((await community.tenant((tx) => badgesOf(tx, ada.id))).map(({ id }) => id)).toEqual([badge.id])
  })

  it('are none of a unit that nobody earns', async () => {
    const unit = { name: 'XP', icon: '', enabled: true }
    const units = { xp: { ...unit, enabled: false }, currency: unit }
    await ask(server, 'PATCH /v1/gamification', { bearer: community.systemKey, body: { units } })
    await newMilestone(stage(have(1), { rewards: { xp: 5 } }))
    await coins(ada, 1)
    expect(await states('ada')).toEqual([['complete', 'done', 1, 1]])
  })

  it('fail the claim where the balance has no room, and can be claimed when it has', async () => {
    const { _id } = await newMilestone(stage(have(1), { rewards: { xp: 5, coins: 5 }, supply: 1 }))
    await coins(ada, Number.MAX_SAFE_INTEGER)
    expect((await claim('ada', _id)).code).toBe('conflict')
    expect(await of('ada')).toMatchObject({ state: 'claimable', stages: [{ supply: { left: 1 } }] })
    expect((await balances(ada)).xp).toBe(0)
    await coins(ada, -5)
    expect((await claim('ada', _id)).status).toBe(200)
    expect(await balances(ada)).toEqual({ xp: 5, currency: Number.MAX_SAFE_INTEGER })
  })
})

describe('claims', () => {
  it('18, 19: give once, and have one answer, however often and however many at once ask', async () => {
    const { _id } = await newMilestone(stage(have(1), { rewards: { xp: 10, coins: 5 } }), stage(have(1)))
    await coins(ada, 1)
    // She has come today: what that counts for waits for boards as well.
    await of('ada')
    const send = (n: number) => (headers: Record<string, string>) => claim('ada', _id, n, headers)
    await expectOneAnswer(server, community, send(1), send(2))
    const others = await Promise.all(Array.from({ length: 10 }, () => claim('ada', _id)))
    const given = { xp: 10, currency: 5, badge: null }
    for (const { status, answer } of others) expect([status, answer.given]).toEqual([200, given])
    expect(await balances(ada)).toEqual({ xp: 10, currency: 6 })
  })

  it('16: of the last one there is are one, of whoever asks at once', async () => {
    const { _id } = await newMilestone(stage({ kind: 'role', roleId: community.id }, { supply: 1 }))
    const names = Array.from({ length: 20 }, (_, n) => `claimant ${n}`)
    for (const name of names) await newMember(name)
    const bearers = await Promise.all(names.map(tokenOf))
    const params = { ...page().params, milestoneId: _id, n: '1' }
    const replies = await Promise.all(
      bearers.map((bearer) =>
        ask(server, 'POST /widget/v1/{publishableKey}/milestones/{milestoneId}/stages/{n}/claim', {
          ...page(),
          params,
          bearer,
        }),
      ),
    )
    const codes = replies.map(({ status, code }) => code ?? status)
    expect(codes.filter((code) => code === 200)).toHaveLength(1)
    expect(codes.filter((code) => code === 'sold_out')).toHaveLength(19)
    const { answer } = await ask(server, 'GET /v1/milestones/{milestoneId}/claims', {
      bearer: community.communityKey,
      params: { milestoneId: _id },
    })
    expect(answer.items).toHaveLength(1)
  })

  it('20: leave nothing where the connection to the database breaks before the end, and are made anew', async () => {
    const { _id } = await newMilestone(stage({ kind: 'role', roleId: community.id }, { supply: 1 }))
    const broken = community.tenant(async (tx) => {
      await claimStage(tx, _id, 1, ada.id, now)
      const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(tx.db)
      await asSuperuser(server.testDatabase.superuserUrl, (client) =>
        client.query('select pg_terminate_backend($1::int, 10000)', [rows[0]!.pid]),
      )
    })
    await expect(broken).rejects.toThrow()
    expect(await of('ada')).toMatchObject({ state: 'claimable', stages: [{ supply: { left: 1 } }] })
    expect((await balances(ada)).xp).toBe(0)
    expect((await claim('ada', _id)).answer.milestone.stages[0]!.supply).toEqual({ total: 1, left: 0 })
    expect((await balances(ada)).xp).toBe(10)
  })

  it('are told to the member’s pages, and to everybody where none is left or a milestone changed', async () => {
    const { _id } = await newMilestone(stage(have(1)), stage(have(1), { supply: 2 }))
    const bo = await newMember('bo')
    await coins(ada, 1)
    await coins(bo, 1)
    const token = await tokenOf('ada')
    const [hers, visitors] = await Promise.all([
      openStream(server, community, { authorization: `Bearer ${token}` }),
      openStream(server, community),
    ])
    const isHers = ({ type, id }: Hint) => type === 'milestone.changed' && id === ada.id
    await claim('ada', _id, 1)
    await hers.until(isHers)
    const seen = hers.hints.length
    await claim('ada', _id, 2)
    await hers.until((hint) => hers.hints.indexOf(hint) >= seen && isHers(hint))
    expect(visitors.hints).toEqual([])
    await claim('bo', _id, 2)
    await visitors.until(({ type, id }) => type === 'milestone.changed' && id === null)
    const before = visitors.hints.length
    await change(_id, { labels: ['new'] })
    await visitors.until((hint) => visitors.hints.indexOf(hint) >= before && hint.type === 'milestone.changed')
    hers.close()
    visitors.close()
  })
})

describe('the list of a page', () => {
  const names = async (query: Record<string, string>) => (await list('ada', query)).items.map(({ name }) => name)

  it('can be filtered by what expires, what is begun and a label, and sorted by what is closest', async () => {
    const endsAt = (n: number) => hours(n).toISOString()
    await create({
      displayOrder: 0,
      name: 'far',
      stages: [stage(have(100))],
      endsAt: endsAt(9),
      labels: ['long', 'trail'],
    })
    await create({ displayOrder: 1, name: 'near', stages: [stage(have(6))], endsAt: endsAt(3) })
    await create({ displayOrder: 2, name: 'none', stages: [stage(have(9, 'xp'))], labels: ['trail'] })
    await create({ displayOrder: 3, name: 'there', stages: [stage(have(5))], endsAt: endsAt(6) })
    await create({ displayOrder: 4, name: 'shut', requires: have(1, 'xp') })
    await create({ displayOrder: 5, name: 'gone', stages: [stage(have(5), { rewards: {} })], endsAt: endsAt(1) })
    await coins(ada, 5)
    expect(await names({})).toEqual(['far', 'near', 'none', 'there', 'shut', 'gone'])
    expect(await names({ filter: 'expiring' })).toEqual(['near', 'there', 'far'])
    expect(await names({ filter: 'in_progress' })).toEqual(['far', 'near', 'there'])
    expect(await names({ label: 'trail' })).toEqual(['far', 'none'])
    expect(await names({ sort: 'closest' })).toEqual(['there', 'near', 'far', 'none', 'shut', 'gone'])
    expect((await list('ada', { label: 'trail' })).labels).toEqual(['long', 'trail'])
  })

  it('takes as many statements for many milestones as for one', async () => {
    const statements = () =>
      community.tenant(async (tx) => {
        let n = 0
        const db = tx.db.withPlugin({
          transformQuery: ({ node }) => {
            n++
            return node
          },
          transformResult: async ({ result }) => result,
        })
        const send: typeof tx.send = (...all) => {
          n += all.length
          return tx.send(...all)
        }
        const counted = { ...tx, db, send }
        const milestones = await shownMilestones(counted)
        expect(await standingsOf(counted, milestones, ada.id, now)).toHaveLength(milestones.length)
        return n
      })
    const body = { period: 'week' as const, stages: [stage({ kind: 'visit', atLeast: 1 }), stage(have(1))] }
    await create(body)
    // What is written once is counted when it is written.
    await statements()
    const few = await statements()
    for (const period of ['day', 'month', 'year'] as const) await create({ ...body, period, requires: have(1) })
    expect(await statements()).toBe(few)
  })
})
