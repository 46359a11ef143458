import type { DemoFile } from '../packages/server/src/demo.js'
import { call, json, tokenOf } from './command.js'

/** Who says what, and which of the lines before it they answer, counted back from it. */
type Line = [who: string, text: string, answers?: number]

const lines: Line[] = [
  ['amara', 'Who is out this weekend? I am looking for two more on the **ridge path**, Saturday at *07:30*.'],
  ['yuki', '土曜日なら行けます！集合場所はどこですか？'],
  [
    'amara',
    'At the car park below the hut. The way up:\n- forest road to the spring\n- left at the big larch\n- then `T3` to the ridge',
  ],
  ['leila', 'أنا معكم. هل نحتاج إلى عصيّ المشي؟', 1],
  ['mateo', 'Sí, la nieve aún está blanda arriba. > 2.000 m hay placas.'],
  ['mateo', 'Aquí el parte: https://www.example.com/weather?peak=ridge'],
  ['priya', 'मैं भी आ रही हूँ 🥾'],
  [
    'ingrid',
    '> left at the big larch\n\nIt fell in the storm last week. There is a cairn now, ~~ten~~ twenty metres further.',
  ],
  [
    'tomasz',
    'Thanks. My track from Sunday, if somebody wants it:\n```\n47.4211, 10.9853  2061 m\n47.4198, 10.9901  2214 m\n47.4170, 10.9962  2340 m\n```',
  ],
  ['zoe', 'That is very useful!', 1],
  ['zoe', 'I bring soup.'],
  ['finn', 'Is the upper spring running? The [map](https://www.example.com/map) says no.'],
  ['nia', 'It was on Thursday.', 1],
  ['amara', 'Then we are seven. See you on Saturday!'],
]

/** Lets members talk in the club's first channel, as their pages would. Where somebody has talked already, they go on themselves. */
export async function addTalk(demo: DemoFile): Promise<void> {
  const tokens = new Map<string, string>()
  for (const name of new Set(lines.map(([who]) => who))) tokens.set(name, await tokenOf(demo, name))
  const base = `${demo.apiUrl}/widget/v1/${demo.publishableKey}`
  const ask = <T>(who: string, method: string, path: string, body?: object): Promise<T> =>
    call<T>(`${base}/${path}`, tokens.get(who)!, json(method, body, { Origin: demo.siteUrl }))
  interface Found<T> {
    items: T[]
  }
  const { items: channels } = await ask<Found<{ id: string }>>('amara', 'GET', 'channels')
  const [first] = channels
  if (!first) return
  const { items: known } = await ask<Found<object>>('amara', 'GET', `channels/${first.id}/messages?limit=1`)
  if (known.length > 0) return
  const ids: string[] = []
  for (const [who, text, answers] of lines) {
    const path = answers ? `messages/${ids.at(-answers)}/replies` : `channels/${first.id}/messages`
    ids.push((await ask<{ id: string }>(who, 'POST', path, { text })).id)
  }
  const reactions = [
    [0, '🥾', ['yuki', 'leila', 'priya']],
    [0, '👍', ['mateo', 'ingrid']],
    [8, '❤️', ['zoe', 'finn']],
    [10, '😋', ['nia', 'amara', 'finn']],
  ] as const
  for (const [at, emoji, who] of reactions)
    for (const name of who) await ask(name, 'PUT', `messages/${ids[at]}/reactions/${encodeURIComponent(emoji)}`)
}
