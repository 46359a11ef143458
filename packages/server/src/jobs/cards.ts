import { randomUUID } from 'node:crypto'
import type { Logger } from 'pino'
import { RateLimiterMemory } from 'rate-limiter-flexible'
import sharp from 'sharp'
import type { GuardedFetch } from '../calls/fetch.js'
import { askImage, askPage, type Page } from '../calls/page.js'
import type { Database } from '../db/database.js'
import { type DueCard, settleCard, takeDueCards } from '../domain/messages/cards.js'
import { wholePicture } from '../domain/pictures/uploads.js'
import { withStored } from '../domain/stored.js'
import type { Files } from '../files/files.js'
import { type Loop, startLoop } from './loop.js'

/** How many pages are asked at once, for a community and for all. */
const atOnce = 4
const allAtOnce = 32
/** A page that was taken so often and never settled stopped us each time. */
const maxTries = 3
/** A picture that is smaller shows nothing, in pixels: sites count readers by such. */
const smallest = 32

export interface CardOptions {
  fetchGuarded: GuardedFetch
  /** No page is asked otherwise. */
  isOn: boolean
  /** How many are asked for a community in a minute, by this instance. */
  aMinute: number
  /** Where this server is reached: whoever is asked may read it in their log. */
  publicUrl: string
}

/**
 * Asks pages that messages link to what they are (see domain/messages/cards.ts). Nobody waits for a page that does not answer
 * but those of its own community.
 */
export function startCards(
  database: Database,
  files: Files,
  log: Pick<Logger, 'error' | 'debug'>,
  clock: () => Date,
  { fetchGuarded, isOn, aMinute, publicUrl }: CardOptions,
): Loop {
  const stopping = new AbortController()
  const asking = { fetchGuarded, agent: `rai link cards (+${publicUrl})`, signal: stopping.signal }
  const asked = new RateLimiterMemory({ points: aMinute, duration: 60 })
  /** How many are under way, by community. */
  const counts = new Map<string, number>()
  const underWay = new Set<Promise<void>>()
  /** Pictures are made small one after the other: requests come first. */
  let painting: Promise<unknown> = Promise.resolve()

  const loop = startLoop(database, log, {
    name: 'cards',
    find: async (db) => {
      const due = db.selectFrom('link_cards').select('community_id').distinct().where('due_at', '<=', clock())
      return (await due.execute()).map((row) => row.community_id)
    },
    run: async (communityId) => {
      const left = (await asked.get(communityId))?.remainingPoints ?? aMinute
      const room = Math.min(atOnce - (counts.get(communityId) ?? 0), allAtOnce - underWay.size, left)
      if (stopping.signal.aborted) return false
      const due = await database.tenant(communityId, (tx) => takeDueCards(tx, clock(), Math.max(0, room)))
      if (due.length > 0) await asked.penalty(communityId, due.length)
      for (const card of due) begin(communityId, card)
      return false
    },
  })

  function begin(communityId: string, card: DueCard): void {
    counts.set(communityId, (counts.get(communityId) ?? 0) + 1)
    const work = look(communityId, card)
      // It is due again soon.
      .catch((error: unknown) => log.error({ err: error, communityId }, 'a card could not be written down'))
      .finally(() => {
        underWay.delete(work)
        const left = counts.get(communityId)! - 1
        if (left === 0) counts.delete(communityId)
        else counts.set(communityId, left)
        loop.wake(communityId)
      })
    underWay.add(work)
  }

  async function look(communityId: string, card: DueCard): Promise<void> {
    const page = isOn && card.tries <= maxTries ? await orNothing(askPage(card.url, asking)) : null
    const picture = page && (await pictureOf(page))
    // What was broken off is due again, as after a crash.
    if (stopping.signal.aborted) return
    const image = picture && { id: randomUUID(), width: picture.width, height: picture.height }
    const stored = picture && image ? [{ id: image.id, ending: 'webp', content: picture.content } as const] : []
    await withStored(files, communityId, stored, async (keep) => {
      const found = page && { ...page, image }
      if (await database.tenant(communityId, (tx) => settleCard(tx, card, found, clock()))) keep()
    })
  }

  async function pictureOf({ image }: Page): Promise<{ content: Buffer; width: number; height: number } | null> {
    const file = image && (await orNothing(askImage(image, asking)))
    if (!file || stopping.signal.aborted) return null
    const painted = painting.then(() => wholePicture(file))
    painting = painted
    const content = await painted
    if (!content) return null
    const { width, height } = await sharp(content).metadata()
    return Math.min(width, height) < smallest ? null : { content, width, height }
  }

  /** What cannot be had is no failure of ours. */
  const orNothing = <T>(work: Promise<T>): Promise<T | null> =>
    work.catch((error: Error) => {
      log.debug({ reason: error.message }, 'no card')
      return null
    })

  return {
    wake: loop.wake,
    stop: async () => {
      stopping.abort()
      await loop.stop()
      await Promise.all(underWay)
    },
  }
}
