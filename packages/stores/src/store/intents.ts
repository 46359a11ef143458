import type { BodyOf } from '@rai/contract'
import { clientOf } from '../shared/client.js'
import { type Environment, perEnvironment } from '../shared/environment.js'
import { identityOf } from '../shared/identity.js'
import { serverNow } from '../shared/server-clock.js'

/** An order that was sent, or is about to be, and whose end is not known yet. */
export interface Intent {
  /** The idempotency key: however often it is sent, it happens once. */
  key: string
  /** Whose it is: nobody else's page knows of it. */
  memberId: string
  itemId: string
  body: NonNullable<BodyOf<'POST /widget/v1/{publishableKey}/store/orders'>>
  price: number
  /** When it was quoted, and until when it may come through, in milliseconds by the server's clock. */
  since: number
  until: number
}

const meRoute = 'GET /widget/v1/{publishableKey}/me'
const meSample = { member: { id: '' } }

/** The member who looks at the page, by id. Rejects with an ApiError where that cannot be known. */
export const memberIdOf = /* @__PURE__ */ perEnvironment((environment) => {
  let id: Promise<string> | undefined
  function forget() {
    id = undefined
  }
  identityOf(environment).$source.listen(forget)
  async function load(): Promise<string> {
    const { member } = await clientOf(environment).get(meRoute, meSample, { viewer: true, forced: true, fresh: true })
    return member.id
  }
  return () => {
    if (!id) {
      id = load()
      id.catch(forget)
    }
    return id
  }
})

/** Undefined where the page may keep nothing: there it lives as long as the page. */
function storageOf({ storage }: Environment, own: 'localStorage' | 'sessionStorage'): Environment['storage'] {
  try {
    return storage ?? globalThis[own]
  } catch {
    return undefined
  }
}

const intentsName = ({ key }: Environment) => `rai.store.intents ${key}`

/** For every tab: one that is opened later must know of it, too. */
function read(environment: Environment): Intent[] {
  try {
    return JSON.parse(storageOf(environment, 'localStorage')?.getItem(intentsName(environment)) ?? '[]')
  } catch {
    return []
  }
}

function write(environment: Environment, intents: Intent[]): void {
  try {
    const storage = storageOf(environment, 'localStorage')
    if (intents.length === 0) storage?.removeItem(intentsName(environment))
    else storage?.setItem(intentsName(environment), JSON.stringify(intents))
  } catch {
    // The storage is full, or forbidden.
  }
}

/** What a member is about to buy, of one item or of any. */
export const kept = (environment: Environment, memberId: string, itemId?: string): Intent | undefined =>
  read(environment).find((intent) => intent.memberId === memberId && (itemId ?? intent.itemId) === intent.itemId)

export const keep = (environment: Environment, intent: Intent): void =>
  write(environment, [...read(environment), intent])

export const forget = (environment: Environment, { key }: Intent): void =>
  write(
    environment,
    read(environment).filter((intent) => intent.key !== key),
  )

/** The item that the viewer was about to buy when a page was left: its order may have come through. Never rejects. */
export async function unfinished(environment: Environment): Promise<string | undefined> {
  if (read(environment).length === 0) return undefined
  const memberId = await memberIdOf(environment)().catch(() => undefined)
  if (memberId === undefined) return undefined
  // What others have answered stays no longer than it is of use to them.
  write(
    environment,
    read(environment).filter((intent) => intent.memberId === memberId || intent.until > serverNow(environment)),
  )
  return kept(environment, memberId)?.itemId
}

const wantedName = ({ key }: Environment) => `rai.store.wanted ${key}`

/** The item that a guest wanted when they went to sign in, in this tab. */
export function wantedItem(environment: Environment): string | undefined {
  try {
    return storageOf(environment, 'sessionStorage')?.getItem(wantedName(environment)) ?? undefined
  } catch {
    return undefined
  }
}

/** Remembers it, or with none forgets it. */
export function setWantedItem(environment: Environment, itemId: string | undefined): void {
  try {
    const storage = storageOf(environment, 'sessionStorage')
    if (itemId === undefined) storage?.removeItem(wantedName(environment))
    else storage?.setItem(wantedName(environment), itemId)
  } catch {
    // The storage is full, or forbidden.
  }
}

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
