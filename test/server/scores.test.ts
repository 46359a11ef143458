import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { type AnswerOf, periodNames } from '@rai/contract'
import { beforeAll, expect, test } from 'vitest'
import { createBoard } from '../../packages/server/src/domain/leaderboards/index.js'
import { ask } from '../helpers/api.js'
import { expectJob, uploadCsv } from '../helpers/bulk.js'
import { testCommunity } from '../helpers/community.js'
import { times } from '../helpers/long.js'
import { seededRandom } from '../helpers/random.js'
import { startTestServer } from '../helpers/server.js'

/*
 * The main job on real input: 226,972 names and scores through the public bulk endpoint, read back through the widget
 * API, and held against ranks that are counted here from the file, the plain way.
 */

const server = await startTestServer({
  limits: {
    key: { points: 100_000, seconds: 60 },
    page: { points: 100_000, seconds: 60 },
    address: { points: 100_000, seconds: 60 },
  },
})
const community = await testCommunity(server)
const file = gunzipSync(readFileSync(join(import.meta.dirname, '../data/scores.csv.gz')))

type Rows = AnswerOf<'GET /widget/v1/{publishableKey}/leaderboards/{idOrSlug}/rows'>

/** Name → score, and competition rank by score: one more than the number of higher scores. */
const scores = new Map<string, number>()
const ranks = new Map<number, number>()
let sorted: number[] = []

async function rows(query: Record<string, string | number>): Promise<Rows> {
  const params = { publishableKey: community.publishableKey, idOrSlug: 'all-xp' }
  const { status, answer } = await ask(server, 'GET /widget/v1/{publishableKey}/leaderboards/{idOrSlug}/rows', {
    params,
    query,
    origin: community.origin,
  })
  expect(status).toBe(200)
  return answer
}

/** Every row must have the score and rank that the file gives its name, at the position it was asked for. */
function expectTrue(page: Rows, from: number): void {
  for (const [i, row] of page.items.entries()) {
    const position = from + i
    const score = sorted[position - 1]
    expect([row.position, row.score, row.rank]).toEqual([position, score, ranks.get(score!)])
    expect([row.member.name, scores.get(row.member.name)]).toEqual([row.member.name, score])
    expect(row.tied).toBe(sorted[position - 2] === score || sorted[position] === score)
  }
}

beforeAll(async () => {
  for (const line of file.toString().trimEnd().split('\n').slice(1)) {
    // The file has no quotes; a name may hold anything but a comma.
    const comma = line.lastIndexOf(',')
    scores.set(line.slice(0, comma), Number(line.slice(comma + 1)))
  }
  sorted = [...scores.values()].sort((a, b) => b - a)
  for (const [i, score] of sorted.entries()) if (!ranks.has(score)) ranks.set(score, i + 1)

  // Members of one day: every period has the same rows.
  const periods = periodNames.slice(0, times(1, periodNames.length))
  await community.tenant((tx) => createBoard(tx, { name: 'All XP', slug: 'all-xp', periods }, new Date()))
  const { body } = await uploadCsv(server.url, community.communityKey, 'import', file, {
    fields: { map: JSON.stringify({ score: 'xp' }) },
  })
  const job = await expectJob(server.url, community.communityKey, body.data!.jobId, 500_000)
  expect(job).toMatchObject({ status: 'completed', total: 226_972, succeeded: 226_972, skipped: 0, failed: 0 })
}, 520_000)

test('the file is what it was', () => {
  expect([scores.size, sorted[0], new Set(sorted).size]).toEqual([226_972, 2_399_072_936, 80_388])
})

test('the top 100 are the file’s', async () => {
  const page = await rows({ from: 1, limit: 100 })
  expect([page.items.length, page.total]).toEqual([100, 226_972])
  expectTrue(page, 1)
})

test('1,000 random members are found by name with their rank', async () => {
  const random = seededRandom(1)
  const names = [...scores.keys()]
  for (let n = 0; n < 1000; n++) {
    const name = names[Math.floor(random() * names.length)]!
    const found = await rows({ search: name, limit: 100 })
    const row = found.items.find((item) => item.member.name === name)
    expect([name, row?.score, row?.rank]).toEqual([name, scores.get(name), ranks.get(scores.get(name)!)])
  }
}, 120_000)

test('200 random groups of equal scores share their rank and stand together', async () => {
  const random = seededRandom(2)
  const members = new Map<number, number>()
  for (const score of sorted) members.set(score, (members.get(score) ?? 0) + 1)
  const groups = [...members].filter(([, count]) => count > 1)
  expect(groups).toHaveLength(20_217)
  for (let n = 0; n < 200; n++) {
    const [score, count] = groups[Math.floor(random() * groups.length)]!
    const from = ranks.get(score)!
    const page = await rows({ from, limit: Math.min(count + 1, 100) })
    expectTrue(page, from)
    expect(page.items.filter((row) => row.score === score)).toHaveLength(Math.min(count, 100))
    expect(new Set(page.items.map((row) => row.member.id)).size).toBe(page.items.length)
  }
}, 60_000)

test('the last page and pages between are the file’s', async () => {
  const last = sorted.length - 36
  const page = await rows({ from: last, limit: 100 })
  expect([page.items.length, page.nextCursor]).toEqual([37, null])
  expectTrue(page, last)
  for (const from of [101, 12_345, 113_486, 200_000]) expectTrue(await rows({ from, limit: 100 }), from)
})

test('names that differ only by case are two members', async () => {
  const byLower = new Map<string, string[]>()
  for (const name of scores.keys()) byLower.set(name.toLowerCase(), [...(byLower.get(name.toLowerCase()) ?? []), name])
  const pairs = [...byLower.values()].filter((names) => names.length > 1)
  expect(pairs).toHaveLength(44)
  for (const names of pairs.slice(0, 10)) {
    const found = await rows({ search: names[0]!, limit: 100 })
    for (const name of names) expect(found.items.find((row) => row.member.name === name)?.score).toBe(scores.get(name))
  }
})
