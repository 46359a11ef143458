import type { BodyOf } from '@rai/contract'
import { describe, expect, it } from 'vitest'
import type { Tx } from '../../packages/server/src/db/database.js'
import { communityClock } from '../../packages/server/src/domain/clock.js'
import { ensureFields, fieldById, forgetNext } from '../../packages/server/src/domain/fields/fields.js'
import { recordValue, setValues } from '../../packages/server/src/domain/fields/values.js'
import { newId, nobody } from '../../packages/server/src/domain/ids.js'
import { createBoard, rowsAt, runOf } from '../../packages/server/src/domain/leaderboards/index.js'
import { deleteMember, eraseNext } from '../../packages/server/src/domain/members/deletions.js'
import { createMember, memberByUserId } from '../../packages/server/src/domain/members/members.js'
import { writeCursor } from '../../packages/server/src/http/cursor.js'
import { ask } from '../helpers/api.js'
import { runCsv, uploadCsv } from '../helpers/bulk.js'
import { testCommunity } from '../helpers/community.js'
import { signIn } from '../helpers/people.js'
import { startTestServer } from '../helpers/server.js'

const now = new Date('2026-11-23T12:00:00Z')
const day = 86_400_000
const ago = (days: number) => new Date(now.getTime() - days * day).toISOString()
const server = await startTestServer({ clock: () => now })
const community = await testCommunity(server)
const { communityKey: bearer, tenant } = community
const communityId = community.id

type Fields = '/apis/v1/communities/{communityId}/user-fields'
type NewField = BodyOf<`POST ${Fields}`>
const create = (body: object) =>
  ask(server, 'POST /apis/v1/communities/{communityId}/user-fields', { bearer, params: { communityId }, body })
const update = (fieldId: string, body: object) =>
  ask(server, 'PUT /apis/v1/communities/{communityId}/user-fields/{fieldId}', {
    bearer,
    params: { communityId, fieldId },
    body,
  })
const read = (fieldId: string) =>
  ask(server, 'GET /apis/v1/communities/{communityId}/user-fields/{fieldId}', {
    bearer,
    params: { communityId, fieldId },
  })
const remove = (fieldId: string) =>
  ask(server, 'DELETE /apis/v1/communities/{communityId}/user-fields/{fieldId}', {
    bearer,
    params: { communityId, fieldId },
  })
const all = async () =>
  (await ask(server, 'GET /apis/v1/communities/{communityId}/user-fields', { bearer, params: { communityId } })).answer

let made = 0
/** A field of its own for each test. */
async function newField(type: NewField['type'], more: Partial<NewField> = {}) {
  const field = `field-${++made}`
  return (await create({ field, name: field, type, ...more })).answer
}
const newMember = async (username = `member ${++made}`) =>
  (await tenant((tx) => createMember(tx, { username }, now))).id
const createUser = (username: string, customFields: object[] = []) =>
  ask(server, 'POST /apis/v1/users', { bearer, body: { username, customFields } })
const valuesOf = async (idOrEmail: string) =>
  (await ask(server, 'POST /apis/v1/users/info', { bearer, body: { idOrEmail } })).answer.customFields

type Query = Record<string, string | number>
const record = (userId: string, fieldId: string, body: object) =>
  ask(server, 'POST /apis/v1/communities/{communityId}/users/{userId}/user-fields/{fieldId}/histories', {
    bearer,
    params: { communityId, userId, fieldId },
    body,
  })
const historiesOf = (userId: string, fieldId: string, query: Query = {}) =>
  ask(server, 'GET /apis/v1/communities/{communityId}/users/{userId}/user-fields/{fieldId}/histories', {
    bearer,
    params: { communityId, userId, fieldId },
    query,
  })
/** `[value, previous, source]` of each, newest first. */
const told = async (userId: string, fieldId: string) =>
  (await historiesOf(userId, fieldId)).answer.items.map(({ value, previousValue, source }) => [
    value,
    previousValue,
    source,
  ])
const upload = (type: 'import' | 'update', csv: string, map: object = {}) =>
  runCsv(server.url, bearer, type, csv, { fields: { map: JSON.stringify(map) } })

describe('a custom field', () => {
  it('is created as documented, with hyphens for spaces', async () => {
    const reply = await create({ field: ' deposit amount ', name: 'Deposit', type: 'numerical' })
    expect(JSON.parse(reply.text)).toEqual({
      meta: { status: 'success', statusCode: 201 },
      message: 'Create user field successful',
      data: {
        _id: expect.any(String),
        communityId,
        field: 'deposit-amount',
        name: 'Deposit',
        type: 'number',
        description: '',
        required: false,
        defaultValue: null,
        options: [],
        creator: null,
        createdAt: now.toISOString(),
        updatedAt: now.toISOString(),
        __v: 0,
      },
    })
    expect((await read(reply.answer._id)).answer).toEqual(reply.answer)
    expect(await all()).toContainEqual(reply.answer)
    expect((await create({ field: 'deposit-amount', name: 'Again', type: 'text' })).code).toBe('already_exists')
  })

  it.each([
    [{ field: '' }, 'field'],
    [{ field: 'a'.repeat(51) }, 'field'],
    [{ field: 'Deposit' }, 'field'],
    [{ field: 'a.b' }, 'field'],
    [{ field: '__proto__' }, 'field'],
    [{ field: 'email' }, 'field'],
    [{ name: '' }, 'name'],
    [{ name: 'x'.repeat(101) }, 'name'],
    [{ type: 'json' }, 'type'],
    [{ type: 'select' }, 'options'],
    [{ type: 'select', options: ['a', 'a'] }, 'options'],
    [{ type: 'text', options: ['a'] }, 'options'],
    [{ type: 'select', options: ['a'], defaultValue: 'b' }, 'defaultValue'],
    [{ type: 'number', defaultValue: '1' }, 'defaultValue'],
    [{ type: 'boolean', defaultValue: 'true' }, 'defaultValue'],
    [{ creator: null }, 'creator'],
  ])('is not created with %j', async (wrong, path) => {
    const reply = await create({ field: `wrong-${++made}`, name: 'Wrong', type: 'text', ...wrong })
    expect([reply.status, reply.code, reply.paths]).toEqual([400, 'invalid_request', [path]])
  })

  it('is changed in what is sent, and keeps its type', async () => {
    const { _id, ...before } = await newField('select', { options: ['red', 'blue'], defaultValue: 'red' })
    const { status, answer, text } = await update(_id, { name: 'Colour', type: 'select', description: 'Of the kit' })
    expect([status, JSON.parse(text).message]).toEqual([200, 'Updated user field'])
    expect(answer).toEqual({ ...before, _id, name: 'Colour', description: 'Of the kit', __v: 1 })
    const other = await update(_id, { name: 'Colour', type: 'text' })
    expect([other.status, other.code, other.paths]).toEqual([409, 'conflict', ['type']])
    expect((await update(_id, { name: 'Colour', type: 'select', options: ['blue'] })).paths).toEqual(['defaultValue'])
    const bare = await update(_id, { name: 'Colour', type: 'select', options: ['blue'], defaultValue: null })
    expect(bare.answer).toMatchObject({ options: ['blue'], defaultValue: null, __v: 2 })
    expect((await update(_id, { type: 'select' })).paths).toEqual(['name'])
    expect((await update(communityId, { name: 'x', type: 'text' })).status).toBe(404)
  })

  it('names the member who made it by login', async () => {
    const owner = await tenant((tx) =>
      createMember(tx, { username: 'owner', displayName: 'The owner', role: 'owner' }, now),
    )
    const { answer } = await ask(server, 'POST /apis/v1/communities/{communityId}/user-fields', {
      bearer: await signIn(server, { communityId, memberId: owner.id }, now),
      params: { communityId },
      body: { field: `field-${++made}`, name: 'By login', type: 'date' },
    })
    expect(answer.creator).toEqual({
      _id: owner.id,
      id: String(owner.number),
      avatar: null,
      displayName: 'The owner',
      username: 'owner',
    })
  })

  it('is one of two hundred', async () => {
    const full = await testCommunity(server)
    const some = (count: number, prefix: string) =>
      Object.fromEntries(Array.from({ length: count }, (_, n) => [`${prefix}-${n}`, 'Many']))
    await full.tenant((tx) => ensureFields(tx, some(200, 'many'), now))
    const reply = await ask(server, 'POST /apis/v1/communities/{communityId}/user-fields', {
      bearer: full.communityKey,
      params: { communityId: full.id },
      body: { field: 'one-more', name: 'One more', type: 'text' },
    })
    expect([reply.status, reply.code]).toEqual([409, 'conflict'])
    await expect(full.tenant((tx) => ensureFields(tx, some(1, 'more'), now))).rejects.toMatchObject({
      code: 'conflict',
    })
  })
})

describe('a value', () => {
  it.each<[NewField['type'], Partial<NewField>, unknown[], unknown[]]>([
    ['single-line-text', {}, ['Alpine', 'x'.repeat(200)], [1, true, '', ' ', 'a\nb', 'x'.repeat(201)]],
    ['multi-line-text', {}, ['One\nTwo', 'x'.repeat(5000)], [1, '', ' \n ', 'x'.repeat(5001)]],
    ['number', {}, [0, -7, 2 ** 52 - 1], [1.5, '1', 2 ** 52, true]],
    ['boolean', {}, [true, false], ['true', 1, 0]],
    ['date', {}, ['1971-02-28', '2028-02-29'], ['2027-02-29', '2026-1-1', '2026-11-23T12:00:00Z', '0000-01-01', 5]],
    ['select', { options: ['red', 'blue'] }, ['red', 'blue'], ['Red', '', 'green', 'constructor', 1, true]],
  ])('of a field of the type %s is what the type says', async (type, more, good, wrong) => {
    const { _id, field } = await newField(type, more)
    const username = `member ${++made}`
    const userId = await newMember(username)
    for (const value of good) {
      expect((await record(userId, _id, { value })).status, String(value)).toBe(201)
      expect(await valuesOf(username)).toEqual({ [field]: value })
    }
    for (const value of wrong) {
      const reply = await record(userId, _id, { value })
      expect([reply.status, reply.code, reply.paths], String(value)).toEqual([400, 'invalid_request', ['value']])
      const created = await createUser('never', [{ fieldIdorName: _id, value }])
      expect([created.status, created.paths]).toEqual([400, ['customFields.0.value']])
    }
    expect(await valuesOf(username)).toEqual({ [field]: good.at(-1) })
    const map = { cell: `${type === 'number' ? 'field' : 'text'}:${field}` }
    await upload('update', `username,cell\n${username},"${good[0]}"\n`, map)
    expect(await valuesOf(username)).toEqual({ [field]: good[0] })
  })

  it('that a file says wrongly is an error of its row', async () => {
    const sure = await newField('boolean')
    const born = await newField('date')
    const map = { sure: `text:${sure.field}`, born: `text:${born.field}` }
    const csv = 'username,sure,born\nfay,TRUE,1990-01-31\nflo,yes,\nfox,,1990-02-31\n'
    const job = await upload('import', csv, map)
    expect(job.errors.map(({ line, code }) => [line, code])).toEqual([
      [3, 'invalid_row'],
      [4, 'invalid_row'],
    ])
    expect(await valuesOf('fay')).toEqual({ [sure.field]: true, [born.field]: '1990-01-31' })
  })

  it('is said of new members by the field’s id too, once', async () => {
    const { _id, field } = await newField('text')
    const twice = await createUser('gus', [
      { fieldIdorName: _id, value: 'a' },
      { fieldIdorName: field, value: 'b' },
    ])
    expect(twice.paths).toEqual(['customFields.1.fieldIdorName'])
    expect((await createUser('gus', [{ fieldIdorName: _id, value: ' a ' }])).status).toBe(201)
    expect(await valuesOf('gus')).toEqual({ [field]: 'a' })
  })
})

it('finds members by values of every type', async () => {
  const found = async (filter: object) => {
    const { answer } = await ask(server, 'POST /apis/v1/users/filter', { bearer, body: { fields: ['_id'], filter } })
    return answer.users.map(({ _id }) => _id)
  }
  for (const [type, value, other] of [
    ['number', 5, 6],
    ['boolean', true, false],
    ['date', '2026-01-31', '2026-02-01'],
    ['text', 'Alpine', 'Lakeside'],
  ] as const) {
    const { _id, field } = await newField(type)
    const userId = await newMember()
    await record(userId, _id, { value })
    await record(await newMember(), _id, { value: other })
    expect(await found({ [field]: value })).toEqual([userId])
  }
})

describe('a default', () => {
  it('is what new members have where nothing is said, however they come; others keep having none', async () => {
    await createUser('old')
    const number = await newField('number', { defaultValue: 100 })
    const text = await newField('select', { options: ['bronze', 'gold'], defaultValue: 'bronze' })
    const [n, t] = [number.field, text.field]
    const board = await tenant((tx) =>
      createBoard(tx, { name: 'Bronze', metric: `field:${n}`, rankedFields: { [t]: 'bronze' }, periods: ['all'] }, now),
    )
    await createUser('ann', [{ fieldIdorName: n, value: 7 }])
    await createUser('ben', [{ fieldIdorName: t, value: 'gold' }])
    await upload('import', 'username,n,t\ncal,8,\ndot,,gold\neve,,\n', { n: `field:${n}`, t: `text:${t}` })
    await newMember('flo by sign-in')
    const has = async (name: string) => {
      const values = await valuesOf(name)
      return [values[n], values[t]]
    }
    expect(await Promise.all(['old', 'ann', 'ben', 'cal', 'dot', 'eve', 'flo by sign-in'].map(has))).toEqual([
      [undefined, undefined],
      [7, 'bronze'],
      [100, 'gold'],
      [8, 'bronze'],
      [100, 'gold'],
      [100, 'bronze'],
      [100, 'bronze'],
    ])
    const ranked = await tenant(async (tx) => {
      const run = runOf(board, await communityClock(tx), now, 'all')
      const { rows } = await rowsAt(tx, board, run, { from: 1, limit: 50 }, undefined)
      return rows.map(({ member, score }) => [member.name, score])
    })
    expect(ranked.sort()).toEqual([
      ['ann', 7],
      ['cal', 8],
      ['eve', 100],
      ['flo by sign-in', 100],
    ])
    const { answer } = await ask(server, 'GET /apis/v1/communities/{communityId}/user-fields/{fieldId}/histories', {
      bearer,
      params: { communityId, fieldId: text._id },
    })
    const sources = answer.items.map(({ value, source, actor }) => [value, source, actor === null])
    expect(sources.sort()).toEqual([
      ...Array(4).fill(['bronze', 'default', true]),
      ['gold', 'api', false],
      ['gold', 'bulk-import', false],
    ])
    // Nobody else has them.
    for (const { _id, name, type } of [number, text]) await update(_id, { name, type, defaultValue: null })
  })
})

describe('a required field', () => {
  it('must be said of whoever is made by the API or by a file, unless there is a default', async () => {
    const { _id, field, name, type } = await newField('text', { required: true })
    const without = await createUser('hal')
    expect([without.status, without.code, without.paths]).toEqual([400, 'invalid_request', ['customFields']])
    expect((await createUser('hal', [{ fieldIdorName: field, value: 'x' }])).status).toBe(201)
    const noColumn = await uploadCsv(server.url, bearer, 'import', 'username\nida\n')
    expect([noColumn.status, noColumn.body.details]).toMatchObject([400, [{ path: `data.${field}` }]])
    const map = { it: `text:${field}` }
    const job = await upload('import', 'username,it\nida,x\nivo,\n', map)
    expect([job.succeeded, job.errors.map(({ line }) => line)]).toEqual([1, [3]])
    expect((await upload('update', 'username,it\nida,\n', map)).failed).toBe(0)
    await update(_id, { name, type, defaultValue: 'y' })
    expect((await createUser('ivo')).status).toBe(201)
    expect(await valuesOf('ivo')).toEqual({ [field]: 'y' })
    await update(_id, { name, type, required: false, defaultValue: null })
  })
})

describe('histories', () => {
  it('have every value with its source and actor, whichever way it came', async () => {
    const { _id, field } = await newField('text')
    const keyId = await tenant(async (tx) => {
      const keys = await tx.db.selectFrom('api_keys').select('id').where('kind', '=', 'community').execute()
      return keys[0]!.id
    })
    await createUser('kim', [{ fieldIdorName: field, value: 'one' }])
    await upload('update', 'username,it\nkim,two\n', { it: `text:${field}` })
    await upload('update', 'username,it,firstname\nkim,two,Kim\n', { it: `text:${field}` })
    await upload('import', 'username,it\nkai,three\n', { it: `text:${field}` })
    const { answer } = await ask(server, 'GET /apis/v1/communities/{communityId}/user-fields/{fieldId}/histories', {
      bearer,
      params: { communityId, fieldId: _id },
    })
    expect(answer.items.map(({ value, previousValue, source }) => [value, previousValue, source]).sort()).toEqual([
      ['one', null, 'api'],
      ['three', null, 'bulk-import'],
      ['two', 'one', 'bulk-update'],
    ])
    for (const item of answer.items)
      expect(item).toMatchObject({ fieldId: _id, recordedAt: now.toISOString(), actor: keyId })
    expect(answer.nextCursor).toBeNull()
  })

  it('are added by one that is recorded, which is the value from then on', async () => {
    const { _id, field } = await newField('number')
    const userId = await newMember('lou')
    const first = await record(userId, _id, { value: 5, recordedAt: ago(9) })
    expect(JSON.parse(first.text)).toEqual({
      meta: { status: 'success', statusCode: 201 },
      message: 'Create user field history successful',
      data: {
        _id: expect.any(String),
        fieldId: _id,
        userId,
        value: 5,
        previousValue: null,
        recordedAt: ago(9),
        source: 'api',
        actor: expect.any(String),
      },
    })
    await record(userId, _id, { value: 8, recordedAt: ago(2) })
    await record(userId, _id, { value: 8 })
    expect(await valuesOf('lou')).toEqual({ [field]: 8 })
    expect(await told(userId, _id)).toEqual([
      [8, 8, 'api'],
      [8, 5, 'api'],
      [5, null, 'api'],
    ])
  })

  it('take what is told late as history, which changes neither the value nor a board', async () => {
    const { _id, field } = await newField('number')
    const text = await newField('text')
    const userId = await newMember('max')
    const board = await tenant((tx) =>
      createBoard(tx, { name: 'Late', metric: `field:${field}`, periods: ['all', 'day'] }, now),
    )
    await record(userId, _id, { value: 10, recordedAt: ago(3) })
    await record(userId, _id, { value: 30, recordedAt: ago(1) })
    const late = await record(userId, _id, { value: 99, recordedAt: ago(2) })
    expect(late.answer).toMatchObject({ value: 99, previousValue: 10 })
    expect((await record(userId, _id, { value: 1, recordedAt: ago(4) })).answer.previousValue).toBeNull()
    expect((await told(userId, _id)).map(([value]) => value)).toEqual([30, 99, 10, 1])
    expect(await valuesOf('max')).toEqual({ [field]: 30 })
    const { rows } = await tenant(async (tx) => {
      const run = runOf(board, await communityClock(tx), now, 'all')
      return rowsAt(tx, board, run, { from: 1, limit: 5 }, undefined)
    })
    expect(rows.map(({ score }) => score)).toEqual([30])
    await record(userId, text._id, { value: 'new', recordedAt: ago(1) })
    await record(userId, text._id, { value: 'old', recordedAt: ago(2) })
    expect(await valuesOf('max')).toEqual({ [field]: 30, [text.field]: 'new' })
  })

  it.each([
    [{ value: null }, 'value'],
    [{ value: [1] }, 'value'],
    [{}, 'value'],
    [{ value: 1, recordedAt: '2026-11-23' }, 'recordedAt'],
    [{ value: 1, recordedAt: new Date(now.getTime() + 1).toISOString() }, 'recordedAt'],
    [{ value: 1, recordedAt: '1969-12-31T23:59:59Z' }, 'recordedAt'],
    [{ value: 1, actor: 'me' }, 'actor'],
  ])('are not added by %j', async (body, path) => {
    const { _id } = await newField('number')
    const reply = await record(await newMember(), _id, body)
    expect([reply.status, reply.paths]).toEqual([400, [path]])
  })

  it('are read newest first by cursor and time, of a field, a member, both or all', async () => {
    const alone = await testCommunity(server)
    const key = { bearer: alone.communityKey }
    const ids = await alone.tenant(async (tx) => {
      const fields = await ensureFields(tx, { a: 'A', b: 'B' }, now)
      const members = [await createMember(tx, { username: 'x' }, now), await createMember(tx, { username: 'y' }, now)]
      let n = 0
      for (const { id: memberId } of members)
        for (const { id: fieldId } of [fields.get('a')!, fields.get('b')!])
          for (const _ of [1, 2, 3]) {
            const cause = { at: new Date(now.getTime() - ++n * day), source: 'api', actor: 'test' } as const
            await setValues(tx, [{ memberId, fieldId, value: n }], cause)
          }
      // Two at one moment.
      const cause = { at: now, source: 'api', actor: 'test' } as const
      await setValues(
        tx,
        members.map(({ id: memberId }) => ({ memberId, fieldId: fields.get('a')!.id, value: 0 })),
        cause,
      )
      return { userId: members[0]!.id, fieldId: fields.get('a')!.id }
    })
    const params = { communityId: alone.id, ...ids }
    const lists = [
      'GET /apis/v1/communities/{communityId}/user-field-histories',
      'GET /apis/v1/communities/{communityId}/user-fields/{fieldId}/histories',
      'GET /apis/v1/communities/{communityId}/users/{userId}/user-field-histories',
      'GET /apis/v1/communities/{communityId}/users/{userId}/user-fields/{fieldId}/histories',
    ] as const
    for (const [index, expected] of [
      [0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12],
      [0, 0, 1, 2, 3, 7, 8, 9],
      [0, 1, 2, 3, 4, 5, 6],
      [0, 1, 2, 3],
    ].entries()) {
      const seen = new Map<string, unknown>()
      for (let cursor: string | null | undefined; cursor !== null; ) {
        const query: Query = { limit: 3, ...(cursor && { cursor }) }
        const { answer } = await ask(server, lists[index]!, { ...key, params, query })
        for (const { _id, value } of answer.items) seen.set(_id, value)
        cursor = answer.nextCursor
      }
      expect([...seen.values()]).toEqual(expected)
      const between = await ask(server, lists[index]!, { ...key, params, query: { from: ago(3), to: ago(1) } })
      expect(between.answer.items.map(({ value }) => value)).toEqual([2, 3])
    }
    const cursorAt = (at: string) => writeCursor({ at, id: ids.userId })
    const queries: Query[] = [
      { cursor: 'x' },
      { cursor: '1.2' },
      { cursor: cursorAt('0000-01-01T00:00:00Z') },
      { limit: 101 },
      { from: 'yesterday' },
      { from: '0000-01-01T00:00:00Z' },
    ]
    for (const query of queries) expect((await ask(server, lists[0], { ...key, params, query })).status).toBe(400)
  })

  it('are not told of who was deleted', async () => {
    const { _id } = await newField('number')
    const userId = await newMember()
    await record(userId, _id, { value: 1 })
    await tenant((tx) => tx.db.updateTable('members').set({ status: 'deleted' }).where('id', '=', userId).execute())
    expect((await historiesOf(userId, _id)).status).toBe(404)
    expect((await record(userId, _id, { value: 2 })).status).toBe(404)
    const { answer } = await ask(server, 'GET /apis/v1/communities/{communityId}/user-fields/{fieldId}/histories', {
      bearer,
      params: { communityId, fieldId: _id },
    })
    expect(answer.items).toEqual([])
  })

  it('are erased with who they are of, but for numbers', async () => {
    const [number, text] = [await newField('number'), await newField('text')]
    const userId = await newMember()
    await record(userId, number._id, { value: 1 })
    await record(userId, text._id, { value: 'private' })
    const left = () =>
      tenant(({ db }) =>
        db.selectFrom('user_field_changes').select('field_id').where('member_id', '=', userId).execute(),
      )
    await tenant(async (tx) => {
      await deleteMember(tx, await memberByUserId(tx, userId), new Date(now.getTime() - 31 * day))
      await eraseNext(tx, now)
    })
    expect(await left()).toEqual([{ field_id: number._id }])
  })

  it('cannot be changed, nor erased but with their field or member', async () => {
    const { _id } = await newField('text')
    await record(await newMember(), _id, { value: 'kept' })
    const records = { field_id: _id }
    const update = tenant(({ db }) =>
      db
        .updateTable('user_field_changes')
        .set({ actor: null })
        .where((eb) => eb.and(records))
        .execute(),
    )
    await expect(update).rejects.toThrow('immutable')
    const erase = tenant(({ db }) =>
      db
        .deleteFrom('user_field_changes')
        .where((eb) => eb.and(records))
        .execute(),
    )
    await expect(erase).rejects.toThrow('immutable')
  })
})

describe('a field that is deleted', () => {
  it('is gone with its values and histories, and its name is free', async () => {
    const [number, text] = [await newField('number'), await newField('text')]
    const userId = await newMember('nan')
    await record(userId, number._id, { value: 1 })
    await record(userId, text._id, { value: 'x' })
    for (const { _id } of [number, text]) {
      expect((await remove(_id)).answer).toEqual({ _id })
      for (const reply of [await read(_id), await remove(_id), await historiesOf(userId, _id)])
        expect([reply.status, reply.code]).toEqual([404, 'not_found'])
    }
    await expect.poll(() => valuesOf('nan')).toEqual({})
    let again: Awaited<ReturnType<typeof create>>
    await expect
      .poll(async () => {
        again = await create({ field: text.field, name: 'Again', type: 'text' })
        return again.status
      })
      .toBe(201)
    expect(await valuesOf('nan')).toEqual({})
    expect((await historiesOf(userId, again!.answer._id)).answer.items).toEqual([])
  })

  it('is not while a leaderboard ranks by it or ranks by its values', async () => {
    const [number, text] = [await newField('number'), await newField('text')]
    const input = { name: 'Kept', metric: `field:${number.field}`, rankedFields: { [text.field]: 'x' } } as const
    const board = await tenant((tx) => createBoard(tx, input, now))
    for (const { _id } of [number, text]) {
      const reply = await remove(_id)
      expect([reply.status, reply.code]).toEqual([409, 'conflict'])
      expect(reply.text).toContain('Kept')
      expect((await read(_id)).status).toBe(200)
    }
    await ask(server, 'DELETE /v1/leaderboards/{leaderboardId}', { bearer, params: { leaderboardId: board.id } })
    for (const { _id } of [number, text]) expect((await remove(_id)).status).toBe(200)
  })

  it('of a large community is forgotten step by step, and its name is taken meanwhile', async () => {
    const large = await testCommunity(server)
    const here = { bearer: large.communityKey, params: { communityId: large.id } }
    const body = { field: 'club', name: 'Club', type: 'text' }
    const { answer } = await ask(server, 'POST /apis/v1/communities/{communityId}/user-fields', { ...here, body })
    const rows = Array.from({ length: 2500 }, (_, n) => `large ${n},Alpine`)
    await runCsv(server.url, large.communityKey, 'import', `username,club\n${rows.join('\n')}\n`, {
      fields: { map: '{"club":"text:club"}' },
    })
    const left = () =>
      large.tenant(async ({ db }) => {
        const of = { field_id: answer._id }
        const changes = await db
          .selectFrom('user_field_changes')
          .select('id')
          .where((eb) => eb.and(of))
          .execute()
        const fields = await db.selectFrom('user_fields').select('id').where('id', '=', answer._id).execute()
        return [changes.length, fields.length]
      })
    expect(await left()).toEqual([2500, 1])
    // Nobody else takes a step while its row is held.
    await large.tenant(async (tx) => {
      await tx.db.updateTable('user_fields').set({ forgotten_to: nobody }).where('id', '=', answer._id).execute()
      expect(await forgetNext(tx)).toBe(true)
      const { n } = await tx.db
        .selectFrom('user_field_changes')
        .select((eb) => eb.fn.countAll<number>().as('n'))
        .executeTakeFirstOrThrow()
      expect(n).toBe(1500)
      await expect(ensureFields(tx, { club: 'Club' }, now)).rejects.toMatchObject({ code: 'conflict' })
    })
    await expect.poll(left, { timeout: 10_000 }).toEqual([0, 0])
    const { answer: users } = await ask(server, 'POST /apis/v1/users/info', {
      bearer: large.communityKey,
      body: { idOrEmail: 'large 2499' },
    })
    expect(users.customFields).toEqual({})
  })

  it('is forgotten a thousand values at a time, and so is a member', async () => {
    const [field, another] = [await newField('text'), await newField('text')]
    const member_id = await newMember()
    const recordMany = (field_id: string) =>
      tenant(({ db }) => {
        const rows = Array.from({ length: 1500 }, () => ({
          community_id: communityId,
          id: newId(),
          field_id,
          member_id,
          content: '"x"',
          source: 'api' as const,
          is_late: true,
          recorded_at: now,
        }))
        return db.insertInto('user_field_changes').values(rows).execute()
      })
    const left = async (tx: Tx) => {
      const rows = await tx.db
        .selectFrom('user_field_changes')
        .select('id')
        .where('member_id', '=', member_id)
        .execute()
      return rows.length
    }
    await recordMany(field._id)
    await tenant(async (tx) => {
      await tx.db.updateTable('user_fields').set({ forgotten_to: nobody }).where('id', '=', field._id).execute()
      for (const expected of [500, 0]) {
        expect(await forgetNext(tx)).toBe(true)
        expect(await left(tx)).toBe(expected)
      }
      expect(await forgetNext(tx)).toBe(false)
    })
    await recordMany(another._id)
    await tenant(async (tx) => {
      await deleteMember(tx, await memberByUserId(tx, member_id), new Date(now.getTime() - 31 * day))
      for (const [expected, hasMore] of [
        [500, true],
        [0, false],
      ] as const) {
        expect(await eraseNext(tx, now)).toBe(hasMore)
        expect(await left(tx)).toBe(expected)
      }
    })
  })

  it('gets no value from whoever looked it up before', async () => {
    const { _id } = await newField('text')
    const memberId = await newMember()
    const field = await tenant((tx) => fieldById(tx, _id))
    await remove(_id)
    const cause = { at: now, source: 'api', actor: null } as const
    const late = tenant((tx) => recordValue(tx, { memberId, field, value: 'late' }, cause))
    await expect(late).rejects.toMatchObject({ code: 'not_found' })
  })

  it('is left out of a file that was read before', async () => {
    const { _id, field } = await newField('text')
    const number = await newField('number')
    await newMember('ole')
    // The job waits for the board lock of a change that is not through.
    let queued: ReturnType<typeof upload> | undefined
    await tenant(async (tx) => {
      await createBoard(tx, { name: 'Holds the lock' }, now)
      const map = { it: `text:${field}`, n: `field:${number.field}` }
      queued = upload('update', 'username,it,n\nole,gone,4\n', map)
      for (let rows = 0; rows === 0; ) {
        const found = await server.database.tenant(communityId, ({ db }) =>
          db.selectFrom('job_rows').select('line').execute(),
        )
        rows = found.length
      }
      await tx.db.updateTable('user_fields').set({ forgotten_to: _id }).where('id', '=', _id).execute()
    })
    expect(await queued!).toMatchObject({ succeeded: 1, failed: 0 })
    expect(await valuesOf('ole')).toEqual({ [number.field]: 4 })
  })
})
