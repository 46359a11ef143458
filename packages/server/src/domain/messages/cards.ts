import { type RawBuilder, sql } from 'kysely'
import type { Tx } from '../../db/database.js'
import type { Channel } from '../channels.js'
import { emitEach } from '../events.js'
import { forgetImages } from '../pictures/images.js'
import { type Link, linksIn } from './links.js'
import type { Message } from './places.js'

/*
 * A message shows what the pages that it links to say of themselves. A page is asked once, in the background (jobs/cards.ts),
 * whichever messages of the community link to it, and its picture is served from here: whoever reads tells nobody so.
 */

/** What a page says of itself. */
export interface PageWords {
  title: string
  description: string
  siteName: string
}

/** A picture of a page, among our files. */
export interface CardImage {
  id: string
  width: number
  height: number
}

/** A page that has been asked is not asked again for so long, and one that did not answer for so long. */
const freshMs = 24 * 60 * 60_000
const failedMs = 10 * 60_000
/** Whoever takes a card has so long to settle it; after a crash somebody else takes it. */
const leaseMs = 60_000
/** How many messages are said to have changed when a card has come: the newest. Others show it when they are read. */
const mostTold = 20

/** What few say to each other tells no other site anything, not even that somebody links to it. */
const isOpen = ({ type }: Channel): boolean => type !== 'direct' && type !== 'whisper'

/** Has a message show its links. Twice is as once. */
export async function showLinks(
  tx: Tx,
  channel: Channel,
  { id, text }: Pick<Message, 'id' | 'text'>,
  at: Date,
  before: readonly Link[] = [],
): Promise<void> {
  if (!isOpen(channel)) return
  const links = linksIn(text)
  const isNew = ({ url }: Link) => before.every((other) => other.url !== url)
  const added = links.flatMap((link, place) => (isNew(link) ? [{ ...link, place }] : []))
  if (added.length === 0) return
  // One that is fresh is held all the same: nobody takes it away meanwhile.
  await tx.db
    .insertInto('link_cards')
    .values(
      added
        .map(({ url }) => ({ community_id: tx.communityId, url, is_wanted: true, due_at: at }))
        .sort((a, b) => (a.url < b.url ? -1 : 1)),
    )
    .onConflict((oc) =>
      oc
        .columns(['community_id', 'url'])
        .doUpdateSet({ is_wanted: true, due_at: at, tries: 0 })
        .where('link_cards.fresh_to', '<=', at),
    )
    .execute()
  await tx.db
    .insertInto('message_cards')
    .values(added.map(({ url, href, place }) => ({ community_id: tx.communityId, message_id: id, url, href, place })))
    .onConflict((oc) => oc.doNothing())
    .execute()
  tx.wake('cards')
}

/** The same of a message whose text is another one now: what was taken off stays off. */
export async function showOtherLinks(tx: Tx, channel: Channel, message: Message, text: string, at: Date) {
  const [before, after] = [linksIn(message.text), linksIn(text)]
  const gone = before.filter(({ url }) => after.every((other) => other.url !== url)).map(({ url }) => url)
  if (gone.length > 0) await takeOff(tx, sql`message_id = ${message.id} and url = any(${sql.val(gone)}::text[])`, at)
  await showLinks(tx, channel, { id: message.id, text }, at, before)
}

/** Messages show no cards any more. Answers whether any of them did. */
export const hideCards = (tx: Tx, messageIds: readonly string[], at: Date): Promise<boolean> =>
  takeOff(tx, sql`message_id = any(${sql.val(messageIds)}::uuid[])`, at)

/** The same of all messages of a channel. */
export const hideCardsOf = (tx: Tx, channelId: string, at: Date): Promise<boolean> =>
  takeOff(
    tx,
    sql`message_id = any(array(
      select id from messages where community_id = ${tx.communityId} and channel_id = ${channelId}))`,
    at,
  )

/** What no message shows any more is found to be so when it is looked at. */
async function takeOff(tx: Tx, which: RawBuilder<unknown>, at: Date): Promise<boolean> {
  const { rows } = await sql<{ url: string }>`
    delete from message_cards where community_id = ${tx.communityId} and ${which} returning url`.execute(tx.db)
  if (rows.length === 0) return false
  const urls = [...new Set(rows.map(({ url }) => url))]
  // Also what is being asked is written, so that whoever settles it meanwhile waits.
  await sql`
    update link_cards set due_at = case when is_wanted then due_at else ${at}::timestamptz end
    where community_id = ${tx.communityId} and url = any(${sql.val(urls)}::text[])`.execute(tx.db)
  tx.wake('cards')
  return true
}

/** A page that is to be asked now. */
export interface DueCard {
  url: string
  /** When somebody else takes it. */
  dueAt: Date
  tries: number
}

/** How many of those that no message shows any more go at once. */
const goneAtOnce = 50

/**
 * The next pages to ask. Nobody else is told of them until they are due again. What no message shows any more goes, with its
 * picture.
 */
export async function takeDueCards(tx: Tx, at: Date, limit: number): Promise<DueCard[]> {
  const { communityId } = tx
  const next = (isWanted: boolean, most: number) => sql`array(
    select url from link_cards where community_id = ${communityId} and due_at <= ${at} and is_wanted = ${isWanted}
    order by due_at limit ${most} for update skip locked)`
  const taken = await sql<DueCard & { isWanted: boolean }>`
    update link_cards set tries = tries + 1, due_at = ${new Date(at.getTime() + leaseMs)}
    where community_id = ${communityId} and url = any(${next(true, limit)} || ${next(false, goneAtOnce)})
    returning url, due_at as "dueAt", tries, is_wanted as "isWanted"`.execute(tx.db)
  if (taken.rows.length === 0) return []
  const urls = sql`any(${sql.val(taken.rows.map(({ url }) => url))}::text[])`
  const gone = await sql<{ url: string; image_id: string | null }>`
    delete from link_cards c where community_id = ${communityId} and url = ${urls} and not exists (
      select from message_cards m where m.community_id = ${communityId} and m.url = c.url)
    returning url, image_id`.execute(tx.db)
  await forgetImages(
    tx,
    gone.rows.map(({ image_id }) => image_id),
    at,
  )
  await sql`
    update link_cards set due_at = null, tries = 0
    where community_id = ${communityId} and url = ${urls} and not is_wanted`.execute(tx.db)
  const isGone = (url: string) => gone.rows.some((one) => one.url === url)
  return taken.rows.filter(({ url, isWanted }) => isWanted && !isGone(url))
}

/**
 * Writes down what a page said. One that does not answer any more goes on showing what it said before.
 * @param found Null where it did not answer, or says nothing of itself.
 * @returns false where somebody else has taken it meanwhile: then its picture is not ours.
 */
export async function settleCard(
  tx: Tx,
  { url, dueAt }: DueCard,
  found: (PageWords & { image: CardImage | null }) | null,
  at: Date,
): Promise<boolean> {
  const before = await tx.db
    .selectFrom('link_cards')
    .select('image_id')
    .where('community_id', '=', tx.communityId)
    .where('url', '=', url)
    .executeTakeFirst()
  const { numUpdatedRows } = await tx.db
    .updateTable('link_cards')
    .set({
      is_wanted: false,
      due_at: null,
      tries: 0,
      fresh_to: new Date(at.getTime() + (found ? freshMs : failedMs)),
      ...(found && {
        title: found.title,
        description: found.description,
        site_name: found.siteName,
        image_id: found.image?.id ?? null,
        image_width: found.image?.width ?? null,
        image_height: found.image?.height ?? null,
      }),
    })
    .where('community_id', '=', tx.communityId)
    .where('url', '=', url)
    .where('due_at', '=', dueAt)
    .executeTakeFirst()
  if (numUpdatedRows === 0n) return false
  const messages = await tx.db
    .selectFrom('message_cards')
    .select('message_id')
    .where('community_id', '=', tx.communityId)
    .where('url', '=', url)
    .orderBy('message_id', 'desc')
    .limit(mostTold)
    .execute()
  if (messages.length === 0) {
    // All of them went while it was asked.
    await tx.db
      .updateTable('link_cards')
      .set({ due_at: at })
      .where('community_id', '=', tx.communityId)
      .where('url', '=', url)
      .execute()
    tx.wake('cards')
  }
  if (!found) return true
  await forgetImages(tx, [before?.image_id ?? null], at)
  await emitEach(
    tx,
    'message.updated',
    messages.map(({ message_id }) => message_id),
  )
  return true
}

/** The cards of a message `s`, in a statement. */
export const shownCards = (communityId: string): RawBuilder<unknown> => sql`
  coalesce((
    select jsonb_agg(jsonb_build_object('url', c.href, 'title', l.title, 'description', l.description,
      'site_name', l.site_name, 'image_id', l.image_id, 'image_width', l.image_width, 'image_height', l.image_height)
      order by c.place, c.url)
    from message_cards c join link_cards l on l.community_id = ${communityId} and l.url = c.url
    where c.community_id = ${communityId} and c.message_id = s.id and l.title is not null
  ), '[]')`

/** A card as it is read with its message. */
export interface ShownCard {
  url: string
  title: string
  description: string
  site_name: string
  image_id: string | null
  image_width: number | null
  image_height: number | null
}
