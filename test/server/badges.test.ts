import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { BodyOf } from '@rai/contract'
import { sql } from 'kysely'
import sharp from 'sharp'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Tx } from '../../packages/server/src/db/database.js'
import { badgesOf, settleBadges } from '../../packages/server/src/domain/badges/awards.js'
import { type BadgeInput, createBadge } from '../../packages/server/src/domain/badges/badges.js'
import { ensureFields } from '../../packages/server/src/domain/fields/fields.js'
import { setValues } from '../../packages/server/src/domain/fields/values.js'
import { post } from '../../packages/server/src/domain/ledger.js'
import { deleteMember, eraseNext, restoreMember } from '../../packages/server/src/domain/members/deletions.js'
import {
  balancesOf,
  createMember,
  findMember,
  setVisibility,
} from '../../packages/server/src/domain/members/members.js'
import { changeRoles, createRole } from '../../packages/server/src/domain/roles.js'
import { type Ask, ask, formOf } from '../helpers/api.js'
import { runCsv } from '../helpers/bulk.js'
import { type TestCommunity, testCommunity } from '../helpers/community.js'
import { openTestDatabase } from '../helpers/database.js'
import { earn, type Person, signedIn } from '../helpers/people.js'
import { startTestServer } from '../helpers/server.js'

const server = await startTestServer()
const community = await testCommunity(server)
const { tenant, systemKey: bearer } = community
let png: Buffer
beforeAll(async () => {
  const picture = { width: 9, height: 9, channels: 3, background: '#c03' } as const
  png = await sharp({ create: picture }).png().toBuffer()
})

type NewBadge = BodyOf<'POST /api/v1/badges'>
let names = 0
const create = (body: object, by = bearer) => ask(server, 'POST /api/v1/badges', { bearer: by, body })
const newBadge = async (body: Partial<NewBadge> = {}) => {
  const { answer, status, text } = await create({ title: 'Badge', action: 'custom', ...body })
  expect(status, text).toBe(201)
  return answer
}
const change = (badgeId: string, body: object) =>
  ask(server, 'PUT /api/v1/badges/{badgeId}', { bearer, params: { badgeId }, body })
const list = async () => (await ask(server, 'GET /api/v1/badges', { bearer })).answer
const award = (badgeId: string, userId: string) =>
  ask(server, 'POST /api/v1/badges/{badgeId}/award', { bearer, params: { badgeId }, body: { userId } })
const remove = (badgeId: string, userId: string) =>
  ask(server, 'POST /api/v1/badges/{badgeId}/remove', { bearer, params: { badgeId }, body: { userId } })
/** Titles. */
const has = async (userId: string) =>
  (await ask(server, 'GET /api/v1/users/{userId}/badges', { bearer, params: { userId } })).answer.map(
    ({ title }) => title,
  )

const newMember = () => tenant((tx) => createMember(tx, { username: `member ${++names}` }, new Date()))
const holds = (memberId: string) => tenant((tx) => balancesOf(tx, memberId))

const query = { serverId: community.id }

const newPerson = () => signedIn(server, community, { username: `person ${++names}` })

describe('a badge', () => {
  it('is what it was created as, with numbers as numbers', async () => {
    const { status, text } = await create({
      title: 'Trail angel',
      action: 'custom',
      quantity: 3,
      description: 'For whoever helps others home.',
      attachRequired: true,
      awardXpQuantity: 100,
    })
    expect(status).toBe(201)
    expect(JSON.parse(text)).toEqual({
      meta: {
        success: true,
        message: 'Badge has been created successfully',
        devMessage: 'Badge has been created successfully',
      },
      body: {
        id: expect.any(String),
        title: 'Trail angel',
        action: 'custom',
        quantity: 3,
        description: 'For whoever helps others home.',
        image: null,
        darkImage: null,
        lightImage: null,
        enabledDarkAndLight: false,
        applied: false,
        awarded: true,
        award: true,
        awardXpQuantity: 100,
        awardCurrency: true,
        awardCurrencyQuantity: 0,
        attachRequired: true,
        createdAt: expect.any(String),
        updatedAt: expect.any(String),
        __v: 0,
      },
    })
  })

  it('comes as a form too, with its numbers as text and a picture for each theme', async () => {
    const fields = { title: 'By form', action: 'xp', quantity: '1000000', applied: 'true', award: 'false' }
    const form = formOf({ darkImage: png, ...fields, image: png, lightImage: png })
    const { answer } = await ask(server, 'POST /api/v1/badges', { bearer, form })
    expect(answer).toMatchObject({ title: 'By form', action: 'xp', quantity: 1_000_000, applied: true, award: false })
    const pictures = [answer.image!, answer.darkImage!, answer.lightImage!]
    expect(new Set(pictures).size).toBe(3)
    for (const picture of pictures) expect((await fetch(picture)).headers.get('content-type')).toBe('image/webp')
    const params = { badgeId: answer.id }
    const other = await ask(server, 'PUT /api/v1/badges/{badgeId}', { bearer, params, form: formOf({ image: png }) })
    expect(other.answer).toMatchObject({ title: 'By form', darkImage: answer.darkImage, __v: 1 })
    expect((await change(answer.id, { darkImage: null })).answer).toMatchObject({
      image: other.answer.image,
      darkImage: null,
      lightImage: answer.lightImage,
    })
    for (const gone of [answer.image!, answer.darkImage!])
      await expect.poll(async () => (await fetch(gone)).status).toBe(404)
    expect((await fetch(answer.lightImage!)).status).toBe(200)
    expect((await ask(server, 'DELETE /api/v1/badges/{badgeId}', { bearer, params })).answer).toEqual({ id: answer.id })
    await expect.poll(async () => (await fetch(answer.lightImage!)).status).toBe(404)
  })

  it.each<[string, object, string[]]>([
    ['no title', { title: undefined }, ['title']],
    ['no action', { action: undefined }, ['action']],
    ['a count that nothing keeps', { action: 'messages' }, ['action']],
    ['a field that is not there', { action: 'field:nothing' }, ['action']],
    ['nothing to reach', { action: 'xp', quantity: 0 }, ['quantity']],
    ['half a quantity', { action: 'xp', quantity: '1.5' }, ['quantity']],
    ['less than nothing to give', { awardXpQuantity: -1 }, ['awardXpQuantity']],
    ['too much to give', { awardCurrencyQuantity: '1000000001' }, ['awardCurrencyQuantity']],
    ['a word for yes', { applied: 'yes' }, ['applied']],
    ['a picture as text', { image: 'https://site.example/a.png' }, ['image']],
    ['a field that is not known', { owner: '1' }, ['owner']],
  ])('is not created with %s', async (_, wrong, paths) => {
    const reply = await create({ title: 'X', action: 'custom', ...wrong })
    expect([reply.status, reply.paths]).toEqual([400, paths])
  })

  it('is not created with one picture that is none, and keeps none of the others', async () => {
    const form = formOf({ title: 'X', action: 'custom', image: png, lightImage: Buffer.from('<svg/>') })
    const own = await testCommunity(server)
    const reply = await ask(server, 'POST /api/v1/badges', { bearer: own.systemKey, form })
    expect([reply.status, reply.code, reply.paths]).toEqual([400, 'invalid_file', ['lightImage']])
    expect(existsSync(join(server.config.dataDir, 'files', own.id))).toBe(false)
  })

  it('is one of two hundred at most, oldest first', async () => {
    const own = await testCommunity(server)
    await own.tenant((tx) =>
      sql`insert into badges (community_id, id, title, created_at, updated_at)
        select ${own.id}, ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, n, now(), now()
        from generate_series(1, 199) n returning 1`.execute(tx.db),
    )
    expect((await create({ title: 'The last', action: 'custom' }, own.systemKey)).status).toBe(201)
    expect((await create({ title: 'One more', action: 'custom' }, own.systemKey)).code).toBe('conflict')
    const { answer } = await ask(server, 'GET /api/v1/badges', { bearer: own.systemKey })
    expect(answer.map(({ title }) => title)).toEqual([...Array.from({ length: 199 }, (_, n) => `${n + 1}`), 'The last'])
  })
})

describe('a badge that is given by hand', () => {
  it('gives what it gives once, however often and however many at once give it', async () => {
    const { id } = await newBadge({ title: 'Once', awardXpQuantity: 50, awardCurrencyQuantity: 5 })
    const member = await newMember()
    const replies = await Promise.all(Array.from({ length: 10 }, () => award(id, member.id)))
    for (const { status, text, answer } of replies) {
      expect(status, text).toBe(200)
      expect(JSON.parse(text).meta.message).toBe('Badge has been rewarded successfully')
      expect(answer).toMatchObject([{ id, title: 'Once', awardedAt: expect.any(String) }])
    }
    expect(await holds(member.id)).toEqual({ xp: 50, currency: 5 })
  })

  it('names the member by id or by short number', async () => {
    const { id } = await newBadge({ title: 'Named' })
    const member = await newMember()
    for (const name of [member.id, String(member.number)]) {
      expect((await award(id, name)).answer).toHaveLength(1)
      expect((await remove(id, name)).answer).toEqual([])
    }
    for (const reply of [await award(id, 'nobody'), await remove(id, 'nobody'), await award('nothing', member.id)])
      expect([reply.status, reply.code]).toEqual([404, 'not_found'])
  })

  it('leaves what it gave when it is taken away, and gives nothing when it is given again', async () => {
    const { id } = await newBadge({ title: 'Back', awardXpQuantity: 10 })
    const member = await newMember()
    await award(id, member.id)
    for (const _ of ['once', 'again']) {
      const { text, answer } = await remove(id, member.id)
      expect([JSON.parse(text).meta.message, answer]).toEqual(['Badge has been removed successfully', []])
    }
    await change(id, { awardXpQuantity: 70 })
    expect((await award(id, member.id)).answer).toHaveLength(1)
    expect(await holds(member.id)).toEqual({ xp: 10, currency: 0 })
  })

  it.each<[string, Partial<NewBadge>, object]>([
    ['nothing', { award: false, awardXpQuantity: 5, awardCurrencyQuantity: 5 }, { xp: 0, currency: 0 }],
    ['no coins', { awardCurrency: false, awardXpQuantity: 5, awardCurrencyQuantity: 5 }, { xp: 5, currency: 0 }],
    ['coins alone', { awardCurrencyQuantity: 5 }, { xp: 0, currency: 5 }],
  ])('gives %s where it says so', async (_, badge, expected) => {
    const { id } = await newBadge(badge)
    const member = await newMember()
    await award(id, member.id)
    expect(await holds(member.id)).toEqual(expected)
  })

  it('is not given where it says that it is not given by hand', async () => {
    const { id } = await newBadge({ awarded: false })
    const reply = await award(id, (await newMember()).id)
    expect([reply.status, reply.code]).toEqual([409, 'conflict'])
  })

  it('is nobody’s when it is deleted, and what it gave stays', async () => {
    const { id } = await newBadge({ title: 'Gone', awardXpQuantity: 10 })
    const member = await newMember()
    await award(id, member.id)
    const params = { badgeId: id }
    expect((await ask(server, 'DELETE /api/v1/badges/{badgeId}', { bearer, params })).status).toBe(200)
    expect(await has(member.id)).toEqual([])
    expect((await list()).some((badge) => badge.id === id)).toBe(false)
    for (const reply of [await award(id, member.id), await change(id, { title: 'Back' })])
      expect(reply.code).toBe('not_found')
    expect(await holds(member.id)).toEqual({ xp: 10, currency: 0 })
    const traces = (tx: Tx) =>
      tx.db.selectFrom('member_badges').select('member_id').where('badge_id', '=', id).execute()
    await expect.poll(() => tenant(traces)).toEqual([])
  })
})

describe('a badge that follows from a count', () => {
  it('is the member’s with the change that is enough, and so is the one that follows from what it gives', async () => {
    const member = await newMember()
    await newBadge({ title: 'Twelve', action: 'xp', quantity: 12, awardCurrencyQuantity: 7 })
    await newBadge({ title: 'Seven coins', action: 'coins', quantity: 7, awardXpQuantity: 3 })
    await newBadge({ title: 'Fifteen', action: 'xp', quantity: 15 })
    await earn(community, member.id, 11)
    expect(await has(member.id)).toEqual([])
    await tenant(async (tx) => {
      const move = {
        memberId: member.id,
        unit: 'xp',
        amount: 1,
        reason: 'adjustment',
        key: 'enough',
        actor: 'test',
      } as const
      await post(tx, [move], new Date())
      // Before the commit.
      expect((await badgesOf(tx, member.id)).map(({ title }) => title).sort()).toEqual([
        'Fifteen',
        'Seven coins',
        'Twelve',
      ])
    })
    expect(await holds(member.id)).toEqual({ xp: 15, currency: 7 })
  })

  it('is given once by many changes at once, and is not given again by going up and down', async () => {
    const member = await newMember()
    const { id } = await newBadge({ title: 'Ups', action: 'coins', quantity: 5_000, awardXpQuantity: 1 })
    await Promise.all(Array.from({ length: 20 }, () => earn(community, member.id, 500, { unit: 'currency' })))
    expect((await has(member.id)).filter((title) => title === 'Ups')).toHaveLength(1)
    const { xp } = await holds(member.id)
    await remove(id, member.id)
    for (const amount of [-9_000, 9_000]) await earn(community, member.id, amount, { unit: 'currency' })
    expect(await has(member.id)).not.toContain('Ups')
    expect((await holds(member.id)).xp).toBe(xp)
    // By hand it can be given back.
    await award(id, member.id)
    expect(await has(member.id)).toContain('Ups')
    expect((await holds(member.id)).xp).toBe(xp)
  })

  it('gives what a balance has room for, and fails nothing by what it has none for', async () => {
    const [earner, holder] = [await newMember(), await newMember()]
    for (const { id } of [earner, holder]) await earn(community, id, Number.MAX_SAFE_INTEGER - 3, { unit: 'currency' })
    await newBadge({ title: 'Far', action: 'xp', quantity: 2_000_000, awardCurrencyQuantity: 10 })
    await newBadge({ title: 'Farther', action: 'xp', quantity: 3_000_000, awardCurrencyQuantity: 10 })
    await earn(community, earner.id, 3_000_000)
    expect(await has(earner.id)).toEqual(expect.arrayContaining(['Far', 'Farther']))
    const { id } = await newBadge({ title: 'By hand', awardCurrencyQuantity: 10 })
    expect((await award(id, holder.id)).status).toBe(200)
    for (const member of [earner, holder]) expect((await holds(member.id)).currency).toBe(Number.MAX_SAFE_INTEGER)
  })

  it('counts a field, set one by one or by a file', async () => {
    const fields = await tenant((tx) => ensureFields(tx, { summits: 'Summits' }, new Date()))
    const fieldId = fields.get('summits')!.id
    await newBadge({ title: 'Ten summits', action: 'field:summits', quantity: 10, awardXpQuantity: 4 })
    const member = await newMember()
    for (const value of [9, 12, 3, 11])
      await tenant((tx) =>
        setValues(tx, [{ memberId: member.id, fieldId, value }], { at: new Date(), source: 'api', actor: 'test' }),
      )
    expect(await has(member.id)).toContain('Ten summits')
    expect((await holds(member.id)).xp).toBe(4)
    const job = await runCsv(server.url, bearer, 'import', 'username,summits\numa,10\nuli,9\n', {
      fields: { map: JSON.stringify({ summits: 'field:summits' }) },
    })
    expect(job).toMatchObject({ succeeded: 2 })
    const [uma, uli] = await tenant((tx) => Promise.all(['uma', 'uli'].map((username) => findMember(tx, { username }))))
    expect([await has(uma!.id), await has(uli!.id)]).toEqual([['Ten summits'], []])
  })

  it('is given to who has had enough before, also when less becomes enough, and stays when more is asked', async () => {
    const [rich, poor] = [await newMember(), await newMember()]
    await earn(community, rich.id, 900_000, { unit: 'currency' })
    await earn(community, poor.id, 700_000, { unit: 'currency' })
    const { id } = await newBadge({ title: 'Rich', action: 'coins', quantity: 800_000 })
    await expect.poll(() => has(rich.id)).toContain('Rich')
    expect(await has(poor.id)).not.toContain('Rich')
    await change(id, { quantity: 700_000 })
    await expect.poll(() => has(poor.id)).toContain('Rich')
    await change(id, { quantity: 1_000_000 })
    await change(id, { action: 'custom' })
    expect([await has(rich.id), await has(poor.id)]).toEqual([
      expect.arrayContaining(['Rich']),
      expect.arrayContaining(['Rich']),
    ])
  })
})

describe('a badge that many have had enough for before', () => {
  let quiet: TestCommunity
  beforeAll(async () => {
    // Where no server does the background work.
    const { database } = await openTestDatabase()
    quiet = await testCommunity({ database })
  })

  const settle = () => quiet.tenant((tx) => settleBadges(tx, new Date()))
  const make = (input: Omit<BadgeInput, 'title'>) =>
    quiet.tenant((tx) => createBadge(tx, { title: 'Rich', ...input }, new Date()))
  const given = async (badgeId: string) => {
    const rows = await quiet.tenant((tx) =>
      tx.db.selectFrom('member_badges').select('member_id').where('badge_id', '=', badgeId).execute(),
    )
    return rows.length
  }

  it('is given in steps, once by many who are at it, also to who has spent before their turn', async () => {
    const members = 2_001
    const { rows } = await quiet.tenant((tx) =>
      sql<{ id: string }>`insert into members (community_id, id, number, username, display_name)
        select ${quiet.id}, gen_random_uuid(), n, 'many ' || n, 'Many' from generate_series(1, ${members}::int) n
        returning id`.execute(tx.db),
    )
    const move = { unit: 'currency', amount: 100, reason: 'adjustment', actor: 'test' } as const
    await quiet.tenant((tx) =>
      post(
        tx,
        rows.map(({ id }) => ({ ...move, memberId: id, key: `all ${id}` })),
        new Date(),
      ),
    )
    const badge = await make({ metric: 'currency', quantity: 100, awardXpQuantity: 7 })
    const [spender] = rows
    await earn(quiet, spender!.id, -100, { unit: 'currency' })
    expect(await given(badge.id)).toBe(1)
    for (let isMore = true; isMore; ) isMore = (await Promise.all([settle(), settle(), settle()])).includes(true)
    expect(await given(badge.id)).toBe(members)
    const { xp } = await quiet.tenant((tx) =>
      tx.db
        .selectFrom('balances')
        .select((eb) => eb.fn.sum<number>('amount').as('xp'))
        .where('unit', '=', 'xp')
        .executeTakeFirstOrThrow(),
    )
    expect(xp).toBe(7 * members)
  })

  it('is given to who is deleted and may come back, and to nobody who is erased', async () => {
    const { rows: members } = await quiet.tenant((tx) =>
      sql<{ id: string }>`insert into members (community_id, id, number, username, display_name)
        select ${quiet.id}, gen_random_uuid(), 3000 + n, 'gone ' || n, 'Gone' from generate_series(1, 2) n
        returning id`.execute(tx.db),
    )
    const [gone, erased] = await quiet.tenant((tx) => Promise.all(members.map(({ id }) => findMember(tx, { id }))))
    for (const member of [gone!, erased!]) await earn(quiet, member.id, 1_000, { unit: 'currency' })
    await quiet.tenant((tx) => deleteMember(tx, gone!, new Date()))
    await quiet.tenant((tx) => deleteMember(tx, erased!, new Date(0)))
    await quiet.tenant((tx) => eraseNext(tx, new Date()))
    const badge = await make({ metric: 'currency', quantity: 1_000 })
    while (await settle());
    const rows = await quiet.tenant((tx) =>
      tx.db.selectFrom('member_badges').select('member_id').where('badge_id', '=', badge.id).execute(),
    )
    expect(rows).toEqual([{ member_id: gone!.id }])
  })
})

describe('the badges of a member', () => {
  it('are shown to other members while the member is, and always to themselves, to administrators and by key', async () => {
    const [asker, shown, deputy] = [await newPerson(), await newPerson(), await newPerson()]
    await tenant(async (tx) => {
      const serverPermissions = { server_administrator: true }
      const role = await createRole(tx, { title: 'Deputy', serverPermissions }, 'community', new Date())
      await changeRoles(tx, deputy, { add: [role.id] }, new Date())
    })
    const by = async (token: string) => {
      const params = { userId: shown.id }
      return (await ask(server, 'GET /api/v1/users/{userId}/badges', { bearer: token, query, params })).status
    }
    const everybody = () => Promise.all([by(asker.bearer), by(shown.bearer), by(deputy.bearer), by(bearer)])
    expect(await everybody()).toEqual([200, 200, 200, 200])
    await tenant((tx) => setVisibility(tx, shown.id, 'hidden', new Date()))
    expect(await everybody()).toEqual([404, 200, 200, 200])
  })
})

describe('an application for a badge', () => {
  const applyFor = ({ bearer }: Person, badgeId: string, what: object = { body: { note: 'Please' } }) =>
    ask(server, 'POST /api/v1/badges/{badgeId}/application', { bearer, query, params: { badgeId }, ...what })
  const ownFor = ({ bearer }: Person, badgeId: string) =>
    ask(server, 'GET /api/v1/badges/{badgeId}/application', { bearer, query, params: { badgeId } })
  const decide = (how: 'approve' | 'reject', applicationId: string) =>
    ask(server, `POST /api/v1/badge-applications/{applicationId}/${how}`, { bearer, params: { applicationId } })
  const waiting = async (more: NonNullable<Ask['query']>) =>
    (await ask(server, 'GET /api/v1/badge-applications', { bearer, query: more })).answer

  it('waits until somebody approves it, who gives the badge once, however often they approve', async () => {
    const person = await newPerson()
    const badge = await newBadge({ title: 'Applied for', applied: true, awarded: false, awardXpQuantity: 5 })
    const { status, answer } = await applyFor(person, badge.id)
    expect([status, answer]).toEqual([
      201,
      {
        _id: expect.any(String),
        badgeId: badge.id,
        userId: person.id,
        username: person.username,
        note: 'Please',
        attachment: null,
        state: 'waiting',
        createdAt: expect.any(String),
        decidedAt: null,
      },
    ])
    expect((await waiting({ badgeId: badge.id })).items).toEqual([answer])
    expect((await applyFor(person, badge.id)).code).toBe('already_exists')
    const approvals = await Promise.all(Array.from({ length: 10 }, () => decide('approve', answer._id)))
    for (const approval of approvals)
      expect([approval.status, approval.answer], approval.text).toEqual([
        200,
        { ...answer, state: 'approved', decidedAt: expect.any(String) },
      ])
    expect([await has(person.id), await holds(person.id)]).toEqual([['Applied for'], { xp: 5, currency: 0 }])
    expect((await ownFor(person, badge.id)).answer.state).toBe('approved')
    expect((await waiting({ badgeId: badge.id })).items).toEqual([])
    expect((await decide('reject', answer._id)).code).toBe('conflict')
    expect((await applyFor(person, badge.id)).code).toBe('already_exists')
  })

  it('may be made anew where it was turned down, and is then another one', async () => {
    const person = await newPerson()
    const badge = await newBadge({ title: 'Second try', applied: true })
    expect((await ownFor(person, badge.id)).code).toBe('not_found')
    const first = (await applyFor(person, badge.id)).answer._id
    for (const _ of ['once', 'again']) expect((await decide('reject', first)).answer.state).toBe('rejected')
    expect((await ownFor(person, badge.id)).answer.state).toBe('rejected')
    const second = (await applyFor(person, badge.id, { body: {} })).answer._id
    // Whoever still has the first before them does not decide the second.
    expect((await decide('approve', first)).code).toBe('not_found')
    expect((await decide('approve', second)).answer.state).toBe('approved')
  })

  it('brings a picture where the badge asks for one, which goes when it is decided', async () => {
    const person = await newPerson()
    const badge = await newBadge({ title: 'Proven', applied: true, attachRequired: true })
    const without = await applyFor(person, badge.id)
    expect([without.status, without.paths]).toEqual([400, ['attachment']])
    const { answer } = await applyFor(person, badge.id, { form: formOf({ note: 'Look', attachment: png }) })
    expect((await fetch(answer.attachment!)).headers.get('content-type')).toBe('image/webp')
    expect((await decide('reject', answer._id)).answer.attachment).toBeNull()
    await expect.poll(async () => (await fetch(answer.attachment!)).status).toBe(404)
    const again = await applyFor(person, badge.id, { form: formOf({ attachment: png }) })
    const params = { badgeId: badge.id }
    await ask(server, 'DELETE /api/v1/badges/{badgeId}', { bearer, params })
    await expect.poll(async () => (await fetch(again.answer.attachment!)).status).toBe(404)
    expect((await ownFor(person, badge.id)).code).toBe('not_found')
    expect((await decide('approve', again.answer._id)).code).toBe('not_found')
  })

  it('is hidden while its member is deleted, and erased with them', async () => {
    const person = await newPerson()
    const badge = await newBadge({ title: 'Left', applied: true })
    const { answer } = await applyFor(person, badge.id, { form: formOf({ attachment: png }) })
    const shown = async () => (await waiting({ badgeId: badge.id })).items
    await tenant((tx) => deleteMember(tx, person, new Date()))
    expect([await shown(), (await decide('approve', answer._id)).code]).toEqual([[], 'not_found'])
    await tenant((tx) => restoreMember(tx, person, new Date()))
    expect(await shown()).toEqual([answer])
    await tenant((tx) => deleteMember(tx, person, new Date(0)))
    await expect.poll(async () => (await fetch(answer.attachment!)).status).toBe(404)
    const traces = (tx: Tx) =>
      tx.db.selectFrom('badge_applications').select('note').where('member_id', '=', person.id).execute()
    expect(await tenant(traces)).toEqual([])
  })

  it('is not made for a badge that nobody applies for, or that the member has', async () => {
    const person = await newPerson()
    expect((await applyFor(person, (await newBadge()).id)).code).toBe('conflict')
    const { id } = await newBadge({ applied: true })
    await award(id, person.id)
    expect((await applyFor(person, id)).code).toBe('already_exists')
  })

  it('is listed by page, oldest first', async () => {
    const { id } = await newBadge({ title: 'Paged', applied: true })
    const made: string[] = []
    for (let n = 0; n < 5; n++) made.push((await applyFor(await newPerson(), id)).answer._id)
    const seen: string[] = []
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page = await waiting({ badgeId: id, limit: 2, ...(cursor && { cursor }) })
      expect(page.items.length).toBeLessThanOrEqual(2)
      seen.push(...page.items.map(({ _id }) => _id))
      cursor = page.nextCursor
    }
    expect(seen).toEqual(made)
    expect((await waiting({ badgeId: id, state: 'approved' })).items).toEqual([])
    expect((await ask(server, 'GET /api/v1/badge-applications', { bearer, query: { cursor: 'x' } })).code).toBe(
      'invalid_request',
    )
  })
})
