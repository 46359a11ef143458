import type { BodyOf } from '@rai/contract'
import type { DemoFile } from '../packages/server/src/demo.js'
import { call, json } from './command.js'

type NewChannel = NonNullable<BodyOf<'POST /api/v1/channels'>>

/** What is asked of the server for it. */
interface Known {
  _id: string
  topic: string
}

/** Adds channels that show pages of others, as an operator would. Those that exist follow the pages' port. */
export async function addPages({ apiUrl, systemKey }: DemoFile, appsUrl: string): Promise<void> {
  const ask = <T>(method: string, path = '', body?: object): Promise<T> =>
    call<T>(`${apiUrl}/api/v1/channels${path}`, systemKey, json(method, body))
  const known = await ask<Known[]>('GET')
  const find = (topic: string) => known.find((channel) => channel.topic === topic)
  for (const channel of apps(appsUrl)) {
    const found = find(channel.topic)
    if (found) await ask('PUT', `/${found._id}`, { iframe: channel.iframe })
    else await ask('POST', '', channel)
  }
}

/** One page that only tells how high it is, one that does what a page can do, and one that cannot be shown. */
const apps = (url: string): (NewChannel & { iframe: NonNullable<NewChannel['iframe']> })[] => [
  {
    topic: 'Packing list',
    channelType: 'iframe',
    description: 'What to bring, by season',
    order: 4,
    iframe: { url: `${url}/packing.html`, height: { mode: 'fit', pixels: 2000 } },
  },
  {
    topic: 'Walks',
    channelType: 'iframe',
    description: 'Who goes where this month',
    order: 5,
    iframe: {
      url: `${url}/walks.html`,
      app: 'club-walks',
      capabilities: ['identity', 'messages.draft', 'events', 'navigation', 'links.open', 'toast'],
      granted: ['identity', 'messages.draft', 'events', 'navigation', 'links.open', 'toast'],
      height: { mode: 'fill' },
    },
  },
  {
    topic: 'Hut camera',
    channelType: 'iframe',
    description: 'The terrace, every ten minutes',
    order: 6,
    iframe: { url: `${url}/camera.html`, height: { mode: 'fill' } },
  },
]
