import type { BodyOf } from '@rai/contract'
import { createMember } from '../../packages/server/src/domain/members/members.js'
import { ask } from './api.js'
import { testCommunity } from './community.js'
import type { TestServer } from './server.js'

type NewQuest = BodyOf<'POST /v1/socials'>

/** Who does quests: `doer-1` … Each test has one of its own. */
const doers = 30
/** Nobody answers there: what asks it finds nobody who knows. */
export const silentAddress = '127.0.0.1:9'

const reward = { xp: 20, currency: 5 }
const quests: NewQuest[] = [
  {
    title: 'Visit our workshop',
    network: 'web',
    action: 'visit',
    proof: 'self',
    link: 'https://site.example/workshop',
  },
  { title: 'Stay for an hour', network: 'web', action: 'watch', proof: 'self', waitSeconds: 3600 },
  {
    title: 'Name the hut',
    network: 'web',
    action: 'code',
    proof: 'code',
    codes: ['Edelweiss'],
    attempts: 2,
    cooldownSeconds: 0,
  },
  {
    title: 'How high is it?',
    network: 'web',
    action: 'quiz',
    proof: 'code',
    question: 'Which one is the highest?',
    options: ['Feldberg', 'Zugspitze', 'Brocken'],
    codes: ['Zugspitze'],
    attempts: 2,
    cooldownSeconds: 3600,
  },
  {
    title: 'Post a photo',
    network: 'instagram',
    action: 'post',
    proof: 'review',
    asks: ['note', 'link', 'picture'],
    link: 'https://site.example/photos',
    notices: { age: 'From 16 on.', region: '', paidPromotion: 'Mark it as advertising: #ad.' },
    description: 'Show us\nyour favourite view.',
    cooldownSeconds: 0,
  },
  {
    title: 'Tell your friends',
    network: 'x',
    action: 'share',
    proof: 'self',
    link: 'https://site.example/?from={code}',
    shareText: 'Come along',
  },
  {
    title: 'Join the newsletter',
    network: 'web',
    action: 'subscribe',
    proof: 'api',
    endpoint: `http://${silentAddress}/`,
    cooldownSeconds: 3600,
  },
  {
    title: 'Follow trailclub',
    network: 'github',
    action: 'follow',
    proof: 'account',
    target: 'trailclub',
    link: 'https://github.com/trailclub',
  },
  {
    title: 'Come by every day',
    network: 'web',
    action: 'visit',
    proof: 'self',
    repeat: 'daily',
    reward: { xp: 0, currency: 1 },
    bonus: { every: 3, reward: { xp: 10, currency: 2 } },
  },
  { title: 'Bring two others', network: 'web', action: 'invite', proof: 'account', quantity: 2, link: null },
  {
    title: 'Donaudampfschifffahrtsgesellschaftskapitän '.repeat(2),
    network: 'youtube',
    action: 'watch',
    proof: 'self',
  },
]

/** A community with quests of every proof, an application at GitHub and a page to bring others to; with what its operator does. */
export async function openBrowserQuests(server: Pick<TestServer, 'url' | 'database'>, origin: string) {
  const community = await testCommunity(server, { origin })
  const { communityKey: bearer, tenant } = community
  await tenant(async (tx) => {
    for (let n = 1; n <= doers; n++)
      await createMember(tx, { username: `doer-${n}`, displayName: `Doer ${n}` }, new Date())
  })
  const page = 'https://site.example/join?by={code}'
  await ask(server, 'PATCH /v1/referral', { bearer, body: { page, referred: { xp: 0, currency: 10 } } })
  const client = { clientId: 'ours', clientSecret: 'secret' }
  await ask(server, 'PUT /v1/social-networks/{network}', { bearer, params: { network: 'github' }, body: client })
  await ask(server, 'POST /v1/social-secret', { bearer })
  const ids: Record<string, string> = {}
  for (const [displayOrder, quest] of quests.entries()) {
    const { answer } = await ask(server, 'POST /v1/socials', { bearer, body: { reward, displayOrder, ...quest } })
    ids[quest.title] = answer._id
  }
  return {
    key: community.publishableKey,
    widgetAccess: community.widgetAccess,
    ids,
    /** Turns down whatever waits to be looked at, as its operator would, or credits it. */
    async decide(reason?: string) {
      const { answer } = await ask(server, 'GET /v1/social-reviews', { bearer })
      for (const { _id: reviewId } of answer.items) {
        const params = { reviewId }
        if (reason) await ask(server, 'POST /v1/social-reviews/{reviewId}/reject', { bearer, params, body: { reason } })
        else await ask(server, 'POST /v1/social-reviews/{reviewId}/approve', { bearer, params })
      }
    },
  }
}
