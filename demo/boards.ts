import type { DemoFile } from '../packages/server/src/demo.js'

/** Adds the boards that only the page of all states shows: not started, ended, empty. Those that exist stay as they are. */
export async function addStateBoards({ apiUrl, systemKey }: DemoFile): Promise<void> {
  for (const board of stateBoards(Date.now())) {
    const response = await fetch(`${apiUrl}/v1/leaderboards`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${systemKey}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({ ...board, allowedTimeFilters: ['all-time'], displayOrder: 1000 }),
    })
    if (!response.ok && response.status !== 409) throw new Error(`POST /v1/leaderboards: ${await response.text()}`)
  }
}

function stateBoards(now: number) {
  const inDays = (days: number) => new Date(now + days * 86_400_000).toISOString()
  return [
    { slug: 'winter-season', name: 'Winter season', startDate: inDays(0.9), endDate: inDays(90) },
    { slug: 'spring-season', name: 'Spring season', startDate: inDays(-200), endDate: inDays(-30) },
    // Counts coins from now on, and the demo gives none.
    { slug: 'night-hikes', name: 'Night hikes', startDate: inDays(0), rankingField: 'currencies' },
  ]
}
