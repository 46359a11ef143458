import type { BodyOf } from '@rai/contract'
import type { DemoFile } from '../packages/server/src/demo.js'
import { call, json, tokenOf } from './command.js'

type NewMilestone = NonNullable<BodyOf<'POST /v1/milestones'>>

/** A milestone, and who has claimed its first stage. */
interface Told {
  milestone: NewMilestone
  claimedBy?: string
}

/** Adds milestones in every state, as an operator and members would. Those that exist stay as the members have them. */
export async function addMilestones(demo: DemoFile): Promise<void> {
  const { apiUrl, siteUrl, publishableKey, systemKey } = demo
  const ask = <T>(method: string, body?: NewMilestone): Promise<T> =>
    call<T>(`${apiUrl}/v1/milestones`, systemKey, json(method, body))
  const known = await ask<{ name: string }[]>('GET')
  for (const { milestone, claimedBy } of milestones(Date.now())) {
    if (known.some(({ name }) => name === milestone.name)) continue
    const { _id } = await ask<{ _id: string }>('POST', milestone)
    if (!claimedBy) continue
    const url = `${apiUrl}/widget/v1/${publishableKey}/milestones/${_id}/stages/1/claim`
    await call(url, await tokenOf(demo, claimedBy), json('POST', undefined, { Origin: siteUrl }))
  }
}

function milestones(now: number): Told[] {
  const inDays = (days: number) => new Date(now + days * 86_400_000).toISOString()
  const earned = (atLeast: number) => ({ kind: 'earned', unit: 'xp', atLeast }) as const
  const friends = (atLeast: number) => ({ kind: 'referral', atLeast, link: 'https://www.example.com/invite' }) as const
  return [
    {
      milestone: {
        name: 'The long trail',
        description: 'Five stages from the first step to the top. Every hike counts, also those from before.',
        icon: '🥾',
        labels: ['Hikes'],
        stages: [
          { name: 'Boots on', conditions: earned(100), rewards: { coins: 10 } },
          { name: 'Into the hills', conditions: earned(500), rewards: { coins: 25 } },
          {
            name: 'Ridge walker',
            description: 'Long days on narrow paths. Bring friends, or keep coming back.',
            conditions: {
              kind: 'all',
              conditions: [
                earned(6000),
                { kind: 'visit', atLeast: 1 },
                { kind: 'any', conditions: [friends(3), { kind: 'streak', days: 7 }] },
              ],
            },
            rewards: { coins: 100 },
            multipliers: [{ percent: 200, tier: 3 }],
            supply: 100,
          },
          { name: 'Summit', conditions: earned(8000), rewards: { coins: 250 } },
          { name: 'Legend of the long trail', conditions: earned(20_000), rewards: { coins: 1000 } },
        ],
      },
      claimedBy: 'ingrid',
    },
    {
      milestone: {
        name: 'First over the pass',
        description: 'There is one, and whoever is there first has it.',
        icon: '🏁',
        labels: ['Hikes'],
        stages: [{ name: 'Before everybody', conditions: earned(300), rewards: { coins: 50 }, supply: 1 }],
      },
      claimedBy: 'amara',
    },
    {
      milestone: {
        name: 'This week’s three',
        icon: '📅',
        labels: ['Every week'],
        period: 'week',
        stages: [
          { name: 'Three days out', conditions: { kind: 'visit', atLeast: 3 }, rewards: { coins: 15 } },
          { name: 'A thousand steps up', conditions: earned(1000), rewards: { coins: 40 } },
        ],
      },
    },
    {
      milestone: {
        name: 'Autumn colours',
        description: 'Ends with the last leaf.',
        icon: '🍁',
        labels: ['Season'],
        endsAt: inDays(0.6),
        stages: [{ name: 'Leaf counter', conditions: friends(2), rewards: { coins: 30 } }],
      },
    },
    {
      milestone: {
        name: 'Winter nights',
        icon: '❄️',
        labels: ['Season'],
        startsAt: inDays(3),
        endsAt: inDays(90),
        stages: [{ name: 'First snow', conditions: earned(200), rewards: { coins: 30 } }],
      },
    },
    {
      milestone: {
        name: 'Saving up',
        icon: '🎒',
        stages: [
          { name: 'Something to walk for', conditions: { kind: 'wish', atLeast: 3 }, rewards: { coins: 5 } },
          { name: 'A long list', conditions: { kind: 'wish', atLeast: 10 }, rewards: { coins: 10 } },
        ],
      },
    },
    {
      milestone: {
        name: 'Guides only',
        icon: '🧭',
        requires: { kind: 'streak', days: 30 },
        stages: [{ name: 'Lead a hike', conditions: { kind: 'message', atLeast: 5 }, rewards: { coins: 50 } }],
      },
    },
    {
      milestone: {
        name: 'Welcome',
        icon: '👋',
        stages: [{ name: 'You are here', conditions: { kind: 'visit', atLeast: 1 } }],
      },
    },
    {
      milestone: {
        name: 'Summer lakes',
        icon: '🏞️',
        labels: ['Season'],
        startsAt: inDays(-120),
        endsAt: inDays(-30),
        stages: [{ name: 'Ten lakes', conditions: { kind: 'reaction', atLeast: 10 }, rewards: { coins: 30 } }],
      },
    },
  ]
}
