/**
 * `npm run demo:crowd -- [--members 1000]`: gives the demo members with histories, all of it by the public API. They are
 * imported with points and coins by one file and earn more by another, as a back-end would send them; then each visits,
 * buys, claims what milestones have ready and does quests, with an embed token of their own, as from a page. The same files
 * sent within a day are known and not applied again; the visits are made each time.
 */
import { randomUUID } from 'node:crypto'
import { parseArgs } from 'node:util'
import type { AnswerOf } from '@rai/contract'
import type { DemoFile } from '../packages/server/src/demo.js'
import {
  call,
  endProgress,
  followJob,
  json,
  Mendable,
  number,
  progress,
  Refused,
  readDemoFile,
  run,
  tokenOf,
} from './command.js'

type Items = AnswerOf<'GET /widget/v1/{publishableKey}/store/items'>['items']
type Milestones = AnswerOf<'GET /widget/v1/{publishableKey}/milestones'>['items']
type Quests = AnswerOf<'GET /widget/v1/{publishableKey}/socials'>['items']

/** So many are on the site at the same moment. */
const atOnce = 16

const firstNames = [
  'Ada',
  'Björn',
  'Chiara',
  '大輔',
  'Élodie',
  'Fatima',
  'Γιώργος',
  'هدى',
  'Иван',
  '지우',
  'Lærke',
  'Mwangi',
]
const lastNames = [
  'Adebayo',
  'Bianchi',
  'Çelik',
  'Dvořák',
  '江口',
  'Фёдоров',
  'García',
  'Hansen',
  'Ibrahim',
  '陳',
  'Łukasik',
]

interface Member {
  username: string
  displayName: string
  /** What they begin with, and earn later. */
  xp: number
  coins: number
}

/** The same ones each time. */
function members(count: number): Member[] {
  return Array.from({ length: count }, (_, i) => ({
    username: `walker-${String(i + 1).padStart(4, '0')}`,
    displayName: `${firstNames[i % firstNames.length]} ${lastNames[(i * 7) % lastNames.length]}`,
    xp: Math.round(4000 / (1 + i / 40)) + (i % 13) * 7,
    coins: 400 + ((i * 370) % 3000),
  }))
}

async function sendFile(demo: DemoFile, operation: 'bulk-import' | 'bulk-update', lines: string[]): Promise<void> {
  const body = new FormData()
  body.set('data', new Blob([lines.join('\n')], { type: 'text/csv' }), `${operation}.csv`)
  const bulk = `${demo.apiUrl}/apis/v1/users`
  const { jobId } = await call<{ jobId: string }>(`${bulk}/${operation}`, demo.communityKey, { method: 'POST', body })
  const job = await followJob(demo, jobId)
  if (job.status === 'failed') throw new Mendable(`The job failed: ${job.failure}`)
}

/** One member's visit, as their browser makes it. Answers how often they bought, claimed and did a quest. */
async function visit(demo: DemoFile, username: string, nth: number) {
  const { apiUrl, siteUrl, publishableKey } = demo
  const token = await tokenOf(demo, username)
  const done = { bought: 0, claimed: 0, quests: 0 }

  const ask = <T>(path: string, method = 'GET', body?: object, headers = {}) =>
    call<T>(`${apiUrl}/widget/v1/${publishableKey}/${path}`, token, json(method, body, { Origin: siteUrl, ...headers }))

  /** Others may have been first, or it was done before: that is a history too. */
  async function attempt(name: keyof typeof done, work: () => Promise<unknown>) {
    try {
      await work()
      done[name]++
    } catch (error) {
      if (!(error instanceof Refused)) throw error
    }
  }

  await ask('me')
  const { items } = await ask<{ items: Items }>('store/items?limit=100')
  // What is nearly gone stays for whoever looks at the demo.
  const wares = items.filter(
    ({ state, price, remaining, questions }) =>
      state === 'available' && price.kind === 'fixed' && (remaining ?? 100) >= 100 && questions.length === 0,
  )
  for (let i = 0; i < nth % 4 && wares.length > 0; i++) {
    await attempt('bought', async () => {
      const itemId = wares[(nth * 31 + i * 17) % wares.length]!.id
      const { quote } = await ask<{ quote: string }>('store/quotes', 'POST', { itemId })
      await ask('store/orders', 'POST', { quote }, { 'Idempotency-Key': randomUUID() })
    })
  }

  const { items: milestones } = await ask<{ items: Milestones }>('milestones')
  for (const { id, stages } of milestones) {
    for (const { number, state } of stages) {
      if (state === 'claimable') await attempt('claimed', () => ask(`milestones/${id}/stages/${number}/claim`, 'POST'))
    }
  }

  const { items: quests } = await ask<{ items: Quests }>('socials')
  for (const { id } of quests
    .filter(({ proof, progress }) => proof === 'self' && progress?.state === 'idle')
    .slice(0, nth % 3)) {
    await ask(`socials/${id}/start`, 'POST')
    await attempt('quests', () => ask(`socials/${id}/claim`, 'POST', {}))
  }
  return done
}

/**
 * Makes members and lets them do what members do.
 * @param onVisit Hears after each visit how many there were.
 */
export async function addCrowd(
  demo: DemoFile,
  count: number,
  onVisit: (visits: number) => void,
): Promise<Awaited<ReturnType<typeof visit>>> {
  const all = members(count)
  await sendFile(demo, 'bulk-import', [
    'username,displayName,xp,coins',
    ...all.map(({ username, displayName, xp, coins }) => `${username},${displayName},${xp},${coins}`),
  ])
  await sendFile(demo, 'bulk-update', [
    'username,xp_op,xp,coins_op,coins',
    ...all.map(({ username, xp }, i) => `${username},add,${Math.round(xp / 5)},add,${(i % 9) * 10}`),
  ])

  const sum = { bought: 0, claimed: 0, quests: 0 }
  const left = all.map(({ username }, i) => [username, i] as const)
  let visits = 0
  const walk = async () => {
    for (let next = left.shift(); next; next = left.shift()) {
      const done = await visit(demo, ...next)
      for (const name of Object.keys(sum) as (keyof typeof sum)[]) sum[name] += done[name]
      onVisit(++visits)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, walk))
  return sum
}

if (process.argv[1] === import.meta.filename)
  await run(async () => {
    const { values } = parseArgs({ options: { members: { type: 'string', default: '1000' } } })
    const count = Number(values.members)
    if (!Number.isInteger(count) || count < 1 || count > 9999)
      throw new Mendable('--members takes a whole number from 1 to 9999.')
    const { bought, claimed, quests } = await addCrowd(readDemoFile(), count, (visits) => {
      if (visits % 25 === 0 || visits === count)
        progress('Visiting ', visits, count, `${number.format(visits)} members`)
    })
    endProgress()
    const said = [`${number.format(count)} members`, `${number.format(bought)} purchases`]
    console.log(`${[...said, `${number.format(claimed)} claims`, `${number.format(quests)} quests`].join(', ')}.`)
    return 0
  })
