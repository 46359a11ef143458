import { describe, expect, it } from 'vitest'
import { communityClock } from '../../packages/server/src/domain/clock.js'
import { ensureFields, findFields, largestValue } from '../../packages/server/src/domain/fields/fields.js'
import { setValues } from '../../packages/server/src/domain/fields/values.js'
import {
  type Board,
  createBoard,
  type Run,
  rowsAt,
  runOf,
  updateBoard,
} from '../../packages/server/src/domain/leaderboards/index.js'
import { createMember, setVisibility } from '../../packages/server/src/domain/members/members.js'
import { ask } from '../helpers/api.js'
import { runCsv, uploadCsv } from '../helpers/bulk.js'
import { testCommunity } from '../helpers/community.js'
import { startTestServer } from '../helpers/server.js'

const server = await startTestServer()
const community = await testCommunity(server)
const { tenant, communityKey: bearer, origin } = community
const noon = new Date('2026-11-18T12:00:00Z')
const day = 86_400_000

/** A field of its own for each test. */
let made = 0
async function newField(): Promise<{ id: string; field: string; metric: `field:${string}` }> {
  const field = `field-${++made}`
  const id = await tenant(async (tx) => {
    await ensureFields(tx, { [field]: field }, noon)
    return (await findFields(tx, [field])).get(field)!.id
  })
  return { id, field, metric: `field:${field}` }
}

const people = (...names: string[]) =>
  tenant(async (tx) => {
    const ids: string[] = []
    for (const username of names) ids.push((await createMember(tx, { username }, noon)).id)
    return ids
  })

const set = (memberId: string, fieldId: string, value: number, at = noon) =>
  tenant((tx) => setValues(tx, [{ memberId, fieldId, value }], { at, source: 'api', actor: 'test' }))

/** `[name, rank, score]` of a run. */
async function standing(board: Board, period?: Run['period'], at = noon) {
  return tenant(async (tx) => {
    const run = runOf(board, await communityClock(tx), at, period)
    const { rows } = await rowsAt(tx, board, run, { from: 1, limit: 50 }, undefined)
    return rows.map(({ member, rank, score }) => [member.name, rank, score])
  })
}

const upload = (type: 'import' | 'update', csv: string, map: object) =>
  runCsv(server.url, bearer, type, csv, { fields: { map: JSON.stringify(map) } })
const valuesOf = async (username: string) =>
  (await ask(server, 'POST /apis/v1/users/info', { bearer, body: { idOrEmail: username } })).answer.customFields

describe('a field', () => {
  it('is made and filled by an upload, and ranks a board by its value', async () => {
    const job = await upload('import', 'username,kills\nima,12\nivo,-3\nisa,12\nina,\n', { kills: 'field:kills' })
    expect(job).toMatchObject({ succeeded: 4, failed: 0 })
    expect([await valuesOf('ima'), await valuesOf('ina')]).toEqual([{ kills: 12 }, {}])
    const { answer } = await ask(server, 'POST /v1/leaderboards', {
      bearer,
      body: { name: 'Kills', rankingField: 'field:kills', allowedTimeFilters: ['all-time'] },
    })
    expect([answer.rankingField, answer.rankBy]).toEqual(['field:kills', 'field:kills'])
    const params = { publishableKey: community.publishableKey, idOrSlug: answer.slug }
    const board = await ask(server, 'GET /widget/v1/{publishableKey}/leaderboards/{idOrSlug}', { params, origin })
    expect(board.answer.metric).toEqual({ unit: 'field', name: 'kills' })
    const rows = await ask(server, 'GET /widget/v1/{publishableKey}/leaderboards/{idOrSlug}/rows', { params, origin })
    expect(rows.answer.items.map(({ member, rank, score }) => [member.name, rank, score])).toEqual([
      ['ima', 1, 12],
      ['isa', 1, 12],
      ['ivo', 3, -3],
    ])
  })

  it('changes by an upload that adds, subtracts or overwrites, and refuses what is too large', async () => {
    await upload('import', 'username,runs\numa,10\nuli,10\nugo,10\nude,10\n', { runs: 'field:runs' })
    const csv = `username,runs_op,runs\numa,add,5\nuli,subtract,15\nugo,,7\nude,add,${largestValue}\n`
    const job = await upload('update', csv, { runs: 'field:runs' })
    expect(job.errors.map(({ line, code }) => [line, code])).toEqual([
      [4, 'invalid_row'],
      [5, 'too_large'],
    ])
    expect([await valuesOf('uma'), await valuesOf('uli'), await valuesOf('ude')]).toEqual([
      { runs: 15 },
      { runs: -5 },
      { runs: 10 },
    ])
    await upload('update', 'username,runs\numa,99\n', { runs: 'field:runs' })
    expect(await valuesOf('uma')).toEqual({ runs: 99 })
  })

  it('that is imported again as it is is skipped, and refused as something else', async () => {
    const map = { goals: 'field:goals' }
    await upload('import', 'username,goals\ngil,1\ngus,2\n', map)
    const again = await upload('import', 'username,goals\ngil,1\ngus,3\n', map)
    expect(again).toMatchObject({ skipped: 1, failed: 1 })
    expect(again.errors[0]!.message).toContain('with another goals')
  })

  it.each([
    ['kills=field:Kills', { kills: 'field:Kills' }],
    ['kills=field:', { kills: 'field:' }],
    ['kills=field:a b', { kills: 'field:a b' }],
    [`kills=field: and 51 letters`, { kills: `field:${'a'.repeat(51)}` }],
  ])('cannot be called as in %s', async (_, map) => {
    const { status, body } = await uploadCsv(server.url, bearer, 'import', 'username,kills\nx,1\n', {
      fields: { map: JSON.stringify(map) },
    })
    expect([status, body.code]).toEqual([400, 'invalid_file'])
  })

  it('can be set with a new member', async () => {
    const { field } = await newField()
    const create = (username: string, ...values: unknown[]) =>
      ask(server, 'POST /apis/v1/users', {
        bearer,
        body: { username, customFields: values.map((value) => ({ fieldIdorName: field, value })) },
      })
    expect((await create('nora', 41)).status).toBe(201)
    expect(await valuesOf('nora')).toEqual({ [field]: 41 })
    for (const value of ['41', 1.5, null, 2 ** 52, Number.MAX_SAFE_INTEGER]) {
      const reply = await create('nick', value)
      expect([reply.code, reply.paths]).toEqual(['invalid_request', ['customFields.0.value']])
    }
    expect((await create('nick', 1, 2)).paths).toEqual(['customFields.1.fieldIdorName'])
  })

  it('that is not there ranks no board', async () => {
    for (const rankingField of ['field:nothing', 'field:', 'field:No', 'fields']) {
      const reply = await ask(server, 'POST /v1/leaderboards', { bearer, body: { name: 'X', rankingField } })
      expect([reply.status, reply.paths]).toEqual([400, ['rankingField']])
    }
  })
})

describe('a board by a field', () => {
  it('counts the value over all time, and the change in a shorter period', async () => {
    const { id, metric } = await newField()
    const [ann, ben] = (await people('ann', 'ben')) as [string, string]
    let board = await tenant((tx) => createBoard(tx, { name: 'Field', metric, periods: ['all', 'week'] }, noon))
    const dates = { startsAt: new Date(noon.getTime() - 3 * day), endsAt: new Date(noon.getTime() + day) }
    const season = await tenant((tx) => createBoard(tx, { name: 'Season', metric, periods: ['all'], ...dates }, noon))
    await set(ann, id, 100, new Date(noon.getTime() - 20 * day))
    await set(ben, id, 10, new Date(noon.getTime() - 20 * day))
    await set(ann, id, 90)
    await set(ben, id, 35)
    const expectAll = async () => {
      expect(await standing(board)).toEqual([
        ['ann', 1, 90],
        ['ben', 2, 35],
      ])
      expect(await standing(board, 'week')).toEqual([
        ['ben', 1, 25],
        ['ann', 2, -10],
      ])
      expect(await standing(season)).toEqual([
        ['ben', 1, 25],
        ['ann', 2, -10],
      ])
    }
    await expectAll()
    // Counted again from what was recorded, it is the same.
    for (const periods of [['all'], ['all', 'week']] as const)
      board = await tenant((tx) => updateBoard(tx, board.id, { periods }, noon))
    await expectAll()
  })

  it('shows ties by who reached it first, and a value that is set again as no change', async () => {
    const { id, metric } = await newField()
    const [una, vic] = (await people('una', 'vic')) as [string, string]
    const board = await tenant((tx) => createBoard(tx, { name: 'Ties', metric, periods: ['all'] }, noon))
    await set(vic, id, 0, noon)
    await set(una, id, 0, new Date(noon.getTime() + 1000))
    await set(vic, id, 0, new Date(noon.getTime() + 2000))
    expect(await standing(board)).toEqual([
      ['vic', 1, 0],
      ['una', 1, 0],
    ])
    const changes = await tenant((tx) =>
      tx.db.selectFrom('user_field_changes').select('value').where('field_id', '=', id).execute(),
    )
    expect(changes).toHaveLength(2)
  })

  it('leaves hidden members out, and has them back with their value', async () => {
    const { id, metric } = await newField()
    const [hal, ida] = (await people('hal', 'ida')) as [string, string]
    const board = await tenant((tx) => createBoard(tx, { name: 'Shy', metric, periods: ['all'] }, noon))
    await set(hal, id, 5)
    await set(ida, id, 3)
    await tenant((tx) => setVisibility(tx, hal, 'hidden', noon))
    await set(hal, id, 9)
    expect(await standing(board)).toEqual([['ida', 1, 3]])
    await tenant((tx) => setVisibility(tx, hal, 'public', noon))
    expect(await standing(board)).toEqual([
      ['hal', 1, 9],
      ['ida', 2, 3],
    ])
  })

  it('has the last of many values that are set at once, whichever it is', async () => {
    const { id, field, metric } = await newField()
    const [lou] = (await people('lou')) as [string]
    const board = await tenant((tx) => createBoard(tx, { name: 'Race', metric, periods: ['all'] }, noon))
    await Promise.all(Array.from({ length: 12 }, (_, n) => set(lou, id, n + 1)))
    const value = (await valuesOf('lou'))[field]
    expect(await standing(board)).toEqual([['lou', 1, value]])
  })

  it('keeps the largest values and changes exact', async () => {
    const { id, metric } = await newField()
    const [max] = (await people('max')) as [string]
    const board = await tenant((tx) => createBoard(tx, { name: 'Far', metric, periods: ['all', 'week'] }, noon))
    await set(max, id, -largestValue, new Date(noon.getTime() - 20 * day))
    await set(max, id, largestValue)
    expect([...(await standing(board)), ...(await standing(board, 'week'))]).toEqual([
      ['max', 1, largestValue],
      ['max', 1, 2 * largestValue],
    ])
    await expect(set(max, id, largestValue + 1)).rejects.toMatchObject({ code: 'invalid_request' })
  })
})

it('what a field was cannot be changed', async () => {
  const { id } = await newField()
  const [pat] = (await people('pat')) as [string]
  await set(pat, id, 1)
  await expect(tenant((tx) => tx.db.updateTable('user_field_changes').set({ value: 2 }).execute())).rejects.toThrow(
    'immutable',
  )
})
