import type { DemoFile } from '../packages/server/src/demo.js'

/**
 * Adds the boards that only the pages of all states show: not started, in review, ended, won, empty. Those that exist get their dates
 * again, or the next season would have begun some days after the first start.
 */
export async function addStateBoards({ apiUrl, systemKey }: DemoFile): Promise<void> {
  for (const { startDate, endDate, ...board } of stateBoards(Date.now())) {
    const dates = { startDate, endDate }
    const made = await ask('POST', '', { ...board, ...dates, allowedTimeFilters: ['all-time'], displayOrder: 1000 })
    if (made.status === 409 && endDate) await ask('PATCH', `/${await idOf(board.slug)}`, dates)
  }

  async function idOf(slug: string): Promise<string> {
    const answer = await ask('GET', `?search=keyword:${slug}`)
    const { data } = (await answer.json()) as { data: { _id: string; slug: string }[] }
    return data.find((board) => board.slug === slug)!._id
  }

  async function ask(method: string, path: string, body?: object): Promise<Response> {
    const answer = await fetch(`${apiUrl}/v1/leaderboards${path}`, {
      method,
      headers: { Authorization: `Bearer ${systemKey}`, 'Content-Type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    })
    if (answer.ok || answer.status === 409) return answer
    throw new Error(`${method} /v1/leaderboards: ${await answer.text()}`)
  }
}

const prizeTerms = 'https://www.example.com/terms'
const prizes = [
  {
    from: 1,
    to: 1,
    title: 'A night in the summit hut',
    description: 'For two, with breakfast',
    link: 'https://www.example.com/hut',
  },
  { from: 2, to: 3, title: 'Trekking poles', amount: { unit: 'currency', amount: 500 } },
  { from: 4, to: 40, title: 'A trail map' },
]

function stateBoards(now: number) {
  const inDays = (days: number) => new Date(now + days * 86_400_000).toISOString()
  return [
    { slug: 'winter-season', name: 'Winter season', startDate: inDays(0.9), endDate: inDays(90) },
    { slug: 'autumn-season', name: 'Autumn season', startDate: inDays(-90), endDate: inDays(-0.2) },
    { slug: 'spring-season', name: 'Spring season', startDate: inDays(-200), endDate: inDays(-30) },
    // Over some seconds after the start, when it surely is made, and final at once.
    {
      slug: 'harvest-season',
      name: 'Harvest season',
      startDate: inDays(-90),
      endDate: inDays(20 / 86_400),
      reviewHours: 0,
      prizes,
      prizeTerms,
    },
    {
      slug: 'peak-cup',
      name: 'Peak cup',
      startDate: inDays(-90),
      endDate: inDays(20),
      requiresOptIn: true,
      prizes,
      prizeTerms,
    },
    // Counts coins from now on, and the demo gives none.
    { slug: 'night-hikes', name: 'Night hikes', startDate: inDays(0), rankingField: 'currencies' },
  ]
}
