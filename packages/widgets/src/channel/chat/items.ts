import type { Message, Outgoing, Talk } from '@rai/stores'

/** One line of the log: what was said, or is about to be. */
export interface Item {
  /** Stays the same when what is on its way has come back as a message. */
  key: string
  id: string
  message?: Message
  outgoing?: Outgoing
  at: number
  /** Whose it is; empty for somebody who is gone. */
  authorId: string
  /** It begins a day, what is new, or what one person says. */
  isDayFirst: boolean
  isUnreadFirst: boolean
  isFirst: boolean
}

/** What one says within this time, in milliseconds, stands together. */
const together = 5 * 60_000

interface Told {
  talk: Talk
  outgoing: readonly Outgoing[]
  /** The viewer's member id, as soon as it is known. */
  me: string | undefined
  /** The last message that had been read when the channel was opened; undefined where nothing is new. */
  readTo: string | null | undefined
}

/** The lines of the log, in their order. */
export function itemsOf({ talk, outgoing, me, readTo }: Told): Item[] {
  const items: Item[] = []
  const seen = new Set<string>()
  let hasUnread = readTo === undefined
  const add = (item: Omit<Item, 'isDayFirst' | 'isUnreadFirst' | 'isFirst'>, isReply: boolean, isNew: boolean) => {
    const before = items.at(-1)
    const isDayFirst = !before || new Date(before.at).toDateString() !== new Date(item.at).toDateString()
    const isUnreadFirst = !hasUnread && isNew
    hasUnread ||= isUnreadFirst
    const isSame = before && before.authorId === item.authorId && item.at - before.at < together
    items.push({ ...item, isDayFirst, isUnreadFirst, isFirst: isDayFirst || isUnreadFirst || isReply || !isSame })
  }
  for (const message of talk.messages) {
    const { id, clientId, author, createdAt, replyTo } = message
    seen.add(clientId ?? '')
    add(
      { key: clientId ?? id, id, message, at: Date.parse(createdAt), authorId: author?.id ?? '' },
      replyTo !== null,
      author?.id !== me && id > (readTo ?? ''),
    )
  }
  if (talk.hasAfter) return items
  for (const one of outgoing)
    if (!seen.has(one.clientId))
      add(
        { key: one.clientId, id: one.clientId, outgoing: one, at: one.at, authorId: me ?? 'me' },
        one.replyTo !== null,
        false,
      )
  return items
}
