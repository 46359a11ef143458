import type { BodyOf } from '@rai/contract'
import type { Environment } from '../shared/environment.js'

/** An order that was sent, or is about to be, and whose end is not known yet. */
export interface Intent {
  /** The idempotency key: however often it is sent, it happens once. */
  key: string
  body: NonNullable<BodyOf<'POST /widget/v1/{publishableKey}/store/orders'>>
  price: number
  /** When it was quoted, and until when it may come through, in milliseconds by the server's clock. */
  since: number
  until: number
}

/** What outlives a reload, by item. */
interface Kept {
  intents?: Record<string, Intent>
  /** The item that a guest wanted when they went to sign in. */
  wanted?: string | undefined
}

const nameOf = ({ key }: Environment) => `rai.store ${key}`

/** Where it is kept; undefined where the page may keep nothing: there it lives as long as the page. */
function storageOf({ storage }: Environment): Environment['storage'] {
  try {
    return storage ?? globalThis.sessionStorage
  } catch {
    return undefined
  }
}

function read(environment: Environment): Kept {
  try {
    return JSON.parse(storageOf(environment)?.getItem(nameOf(environment)) ?? '{}')
  } catch {
    return {}
  }
}

function write(environment: Environment, kept: Kept): void {
  try {
    const isEmpty = !kept.wanted && Object.keys(kept.intents ?? {}).length === 0
    if (isEmpty) storageOf(environment)?.removeItem(nameOf(environment))
    else storageOf(environment)?.setItem(nameOf(environment), JSON.stringify(kept))
  } catch {
    // The storage is full, or forbidden.
  }
}

export const kept = (environment: Environment, itemId: string): Intent | undefined =>
  read(environment).intents?.[itemId]

/** Keeps an intent, or with none forgets it. */
export function keep(environment: Environment, itemId: string, intent: Intent | undefined): void {
  const all = read(environment)
  const { [itemId]: _, ...others } = all.intents ?? {}
  write(environment, { ...all, intents: intent ? { ...others, [itemId]: intent } : others })
}

/** The item that the viewer was about to buy when the page was left: its order may have come through. */
export const unfinished = (environment: Environment): string | undefined =>
  Object.keys(read(environment).intents ?? {})[0]

/** The item that a guest wanted when they went to sign in. */
export const wantedItem = (environment: Environment): string | undefined => read(environment).wanted

/** Remembers it, or with none forgets it. */
export const setWantedItem = (environment: Environment, itemId: string | undefined): void =>
  write(environment, { ...read(environment), wanted: itemId })

/** What a tab tells the others of the same site: it buys, it has bought, or nothing came of it. */
export interface News {
  from: string
  itemId: string
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
