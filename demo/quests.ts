import type { BodyOf } from '@rai/contract'
import type { DemoFile } from '../packages/server/src/demo.js'
import { call, json, tokenOf } from './command.js'

type NewQuest = BodyOf<'POST /v1/socials'>
type Claim = NonNullable<BodyOf<'POST /widget/v1/{publishableKey}/socials/{questId}/claim'>>

/** A quest, and what Ingrid has done about it: opened it, or claimed it with something. */
interface Told {
  quest: NewQuest
  opened?: true
  claimed?: Claim
}

/** Adds quests in every state, as an operator and a member would. Where there are some, they stay as the members have them. */
export async function addQuests(demo: DemoFile): Promise<void> {
  const { apiUrl, siteUrl, publishableKey, systemKey } = demo
  const known = await operate<unknown[]>('GET', '/v1/socials')
  if (known.length > 0) return
  for (const network of ['discord', 'youtube'])
    await operate('PUT', `/v1/social-networks/${network}`, { clientId: 'demo', clientSecret: 'demo' })
  await operate('POST', '/v1/social-secret')
  const page = `${siteUrl}/leaderboard.html?by={code}`
  await operate('PATCH', '/v1/referral', { page, referred: { xp: 0, currency: 25 } })
  const token = await tokenOf(demo, 'ingrid')
  for (const [displayOrder, { quest, opened, claimed }] of quests(siteUrl).entries()) {
    const { _id } = await operate<{ _id: string }>('POST', '/v1/socials', { displayOrder, ...quest })
    if (opened) await act(`${_id}/start`)
    if (claimed) await act(`${_id}/claim`, claimed)
  }
  const { items } = await operate<{ items: { _id: string; questTitle: string }[] }>('GET', '/v1/social-reviews')
  const unsharp = items.find(({ questTitle }) => questTitle === 'Show us your boots')
  if (unsharp)
    await operate('POST', `/v1/social-reviews/${unsharp._id}/reject`, { reason: 'We see a cat, and no boots.' })

  function operate<T>(method: string, path: string, body?: object): Promise<T> {
    return call<T>(apiUrl + path, systemKey, json(method, body))
  }

  /** As the page of a member does. */
  function act(path: string, body?: object): Promise<unknown> {
    const url = `${apiUrl}/widget/v1/${publishableKey}/socials/${path}`
    return call(url, token, json('POST', body, { Origin: siteUrl }))
  }
}

const aWeek = 7 * 86_400

function quests(siteUrl: string): Told[] {
  const gives = (xp: number, currency = 0) => ({ reward: { xp, currency } })
  return [
    {
      quest: {
        title: 'Join the hut talk',
        description: 'Where walks are planned, and weather is discussed.',
        network: 'discord',
        action: 'join',
        proof: 'account',
        target: '81384788765712384',
        link: 'https://discord.example/fernweh',
        ...gives(50, 10),
      },
    },
    {
      quest: {
        title: 'Watch the film about the old path',
        network: 'youtube',
        action: 'watch',
        proof: 'self',
        link: 'https://video.example/old-path',
        waitSeconds: 86_400,
        ...gives(10),
      },
      opened: true,
    },
    {
      quest: {
        title: 'Subscribe to our channel',
        network: 'youtube',
        action: 'subscribe',
        proof: 'account',
        target: 'UC123',
        link: 'https://video.example/fernweh',
        ...gives(50),
      },
    },
    {
      quest: {
        title: 'Follow @fernweh',
        network: 'instagram',
        action: 'follow',
        proof: 'self',
        link: 'https://photos.example/fernweh',
        ...gives(10),
      },
      opened: true,
    },
    {
      quest: {
        title: 'Post a photo from a summit',
        network: 'instagram',
        action: 'post',
        proof: 'review',
        asks: ['link', 'note'],
        notices: { age: 'From 16 on.', region: '', paidPromotion: 'Mark your post as advertising: #ad.' },
        ...gives(80, 20),
      },
      claimed: { link: 'https://photos.example/p/1', note: 'The Zugspitze, at six in the morning.' },
    },
    {
      quest: {
        title: 'Show us your boots',
        network: 'instagram',
        action: 'post',
        proof: 'review',
        asks: ['link'],
        cooldownSeconds: 0,
        ...gives(20),
      },
      claimed: { link: 'https://photos.example/p/2' },
    },
    {
      quest: {
        title: 'Tell others about the autumn walk',
        network: 'x',
        action: 'share',
        proof: 'self',
        link: `${siteUrl}/leaderboard.html?by={code}`,
        shareText: 'The autumn walk of our club: come along.',
        notices: { age: '', region: '', paidPromotion: 'Say that you are given something for it: #ad.' },
        ...gives(15),
      },
    },
    {
      quest: {
        title: 'Read the weather of the day',
        network: 'web',
        action: 'visit',
        proof: 'self',
        repeat: 'daily',
        bonus: { every: 7, reward: { xp: 20, currency: 10 } },
        link: 'https://weather.example/alps',
        ...gives(0, 1),
      },
      claimed: {},
    },
    {
      quest: {
        title: 'Have a look through the camera of the hut',
        network: 'web',
        action: 'visit',
        proof: 'self',
        link: 'https://camera.example/hut',
        ...gives(5),
      },
      claimed: {},
    },
    {
      quest: {
        title: 'Take our survey about the huts',
        network: 'web',
        action: 'visit',
        proof: 'api',
        endpoint: 'https://survey.example/done',
        link: 'https://survey.example',
        ...gives(40, 5),
      },
    },
    {
      quest: {
        title: 'Find the word on the board at the hut',
        network: 'web',
        action: 'code',
        proof: 'code',
        codes: ['Edelweiss'],
        cooldownSeconds: 0,
        ...gives(30),
      },
      claimed: { code: 'Enzian' },
    },
    {
      quest: {
        title: 'What does the map say?',
        network: 'web',
        action: 'quiz',
        proof: 'code',
        question: 'How high is the summit hut?',
        options: ['1,402 m', '1,856 m', '2,017 m', '2,410 m'],
        codes: ['2,017 m'],
        attempts: 2,
        cooldownSeconds: aWeek,
        ...gives(25),
      },
      claimed: { code: '1,402 m' },
    },
    {
      quest: {
        title: 'Guess the name of the hut’s dog',
        network: 'web',
        action: 'code',
        proof: 'code',
        codes: ['Barry'],
        attempts: 1,
        ...gives(5),
      },
      claimed: { code: 'Rex' },
    },
    {
      quest: {
        title: 'Bring three others',
        network: 'web',
        action: 'invite',
        proof: 'account',
        quantity: 3,
        ...gives(100, 50),
      },
    },
  ]
}
