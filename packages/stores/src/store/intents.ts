import type { BodyOf } from '@rai/contract'
import type { Environment } from '../shared/environment.js'
import { memberIdOf, readList, readText, writeList, writeText } from '../shared/kept.js'
import { serverNow } from '../shared/server-clock.js'

/** An order that was sent, or is about to be, and whose end is not known yet. */
export interface Intent {
  /** The idempotency key: however often it is sent, it happens once. */
  key: string
  /** Whose it is: nobody else's page knows of it. */
  memberId: string
  itemId: string
  body: NonNullable<BodyOf<'POST /widget/v1/{publishableKey}/store/orders'>>
  /** What they answered is sent with it. It stays in the tab in which they did: without it no other can send it again. */
  isAnswered: boolean
  price: number
  /** When it was quoted, and until when it may come through, in milliseconds by the server's clock. */
  since: number
  until: number
}

/** For every tab: one that is opened later must know of it, too. */
const intentsAt = ['localStorage', 'rai.store.intents'] as const
/** What members answered to items' questions, by the keys of their orders: for this tab, which may be loaded anew. */
const answersAt = ['sessionStorage', 'rai.store.answers'] as const

type Answers = [key: string, information: Intent['body']['information']]

const read = (environment: Environment): Intent[] => readList(environment, ...intentsAt)

/** Answers stay no longer than their order. */
function write(environment: Environment, intents: readonly Intent[]): void {
  writeList(environment, ...intentsAt, intents)
  const answers = readList<Answers>(environment, ...answersAt)
  writeList(
    environment,
    ...answersAt,
    answers.filter(([of]) => intents.some(({ key }) => key === of)),
  )
}

/** What a member is about to buy, of one item or of any. */
export function kept(environment: Environment, memberId: string, itemId?: string): Intent | undefined {
  const intent = read(environment).find((one) => one.memberId === memberId && (itemId ?? one.itemId) === one.itemId)
  const answers = readList<Answers>(environment, ...answersAt).find(([of]) => of === intent?.key)
  return intent && answers ? { ...intent, body: { ...intent.body, information: answers[1] } } : intent
}

export function keep(environment: Environment, intent: Intent): void {
  const { quote, information } = intent.body
  write(environment, [...read(environment), { ...intent, body: { quote } }])
  const answers: Answers[] = information ? [[intent.key, information]] : []
  writeList(environment, ...answersAt, [...readList(environment, ...answersAt), ...answers])
}

export const forget = (environment: Environment, { key }: Intent): void =>
  write(
    environment,
    read(environment).filter((intent) => intent.key !== key),
  )

/** The item that the viewer was about to buy when a page was left: its order may have come through. Never rejects. */
export async function unfinished(environment: Environment): Promise<string | undefined> {
  const intents = read(environment)
  const memberId = intents.length ? await memberIdOf(environment)().catch(() => undefined) : ''
  if (memberId === undefined) return undefined
  // What others were about to buy stays no longer than it is of use to them.
  write(
    environment,
    read(environment).filter((intent) => intent.memberId === memberId || intent.until > serverNow(environment)),
  )
  return kept(environment, memberId)?.itemId
}

const wantedAt = ['sessionStorage', 'rai.store.wanted'] as const

/** The item that a guest wanted when they went to sign in, in this tab. */
export const wantedItem = (environment: Environment): string | undefined => readText(environment, ...wantedAt)

/** Remembers it, or with none forgets it. */
export const setWantedItem = (environment: Environment, itemId: string | undefined): void =>
  writeText(environment, ...wantedAt, itemId)

/** What a tab tells the others of the same site: it buys, it has bought, or nothing came of it. */
export interface News {
  from: string
  step: 'sending' | 'bought' | 'refused'
  intent: Intent
}

const channelOf = ({ key }: Environment) =>
  typeof BroadcastChannel === 'undefined' ? undefined : new BroadcastChannel(`rai.store ${key}`)

export function tell(environment: Environment, news: News): void {
  const channel = channelOf(environment)
  channel?.postMessage(news)
  channel?.close()
}

/** Hears what other tabs tell, until the answer is called: pages that listen to others are not kept for the back button. */
export function watchTabs(environment: Environment, hear: (news: News) => void): () => void {
  const channel = channelOf(environment)
  channel?.addEventListener('message', ({ data }: MessageEvent<News>) => hear(data))
  return () => channel?.close()
}
