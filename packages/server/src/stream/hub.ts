import type { ServerResponse } from 'node:http'
import type { EventType, Hint } from '@rai/contract'
import type { Logger } from 'pino'
import type { Database, Tx } from '../db/database.js'
import { type Board, findBoards, mayView } from '../domain/leaderboards/index.js'

/** Who is told of an event: every page of the community, those that may see the board, or the pages of the member it is about. */
const audiences: Partial<Record<EventType, 'everyone' | 'viewers' | 'subject'>> = {
  'leaderboard.changed': 'viewers',
  'config.changed': 'everyone',
  'balance.changed': 'subject',
}

/** A client that is further behind than this is told to ask again for everything. */
const replayLimit = 1000
/** The same thing is hinted at most twice a second. */
const hintEveryMs = 500
const pingEveryMs = 20_000
const lookEveryMs = 1000
/** How long a browser-like client waits before it comes back. */
const retryMs = 3000
/** A client that lets so many bytes pile up is cut off; it comes back and resumes. */
const backlogLimit = 64 * 1024

/** One open stream. */
interface Client {
  /** The page's member, if it is signed in. */
  memberId: string | undefined
  /** The last event that it has been told of. */
  seq: number
  out: ServerResponse
}

/** What was read at once: hints, and the boards that they are about. A board that is gone has nobody to tell. */
interface Batch {
  hints: readonly Hint[]
  boards: ReadonlyMap<string, Board>
  last: number
}

interface Channel {
  clients: Set<Client>
  /** The last event that was read for this channel. */
  seq: number
  /** There is something new to read. */
  dirty: boolean
  /** A read is waiting or under way: a burst of wakes is one read. */
  delivering: boolean
  /** When hints were last sent. */
  sentAt: number
}

export interface OpenStream {
  communityId: string
  memberId: string | undefined
  /** The client's `Last-Event-ID`, when it resumes. */
  lastSeq: number | undefined
  /** The answer, with its headers sent. The hub ends it. */
  out: ServerResponse
}

/** Server-sent events for pages: hints from numbered events, resumed without gap. */
export interface StreamHub {
  open(stream: OpenStream): Promise<void>
  /** Says that a community has newly numbered events. */
  wake(communityId: string): void
  /** Ends every stream; clients reconnect elsewhere. */
  close(): void
}

export function createHub(database: Database, log: Pick<Logger, 'error'>): StreamHub {
  const channels = new Map<string, Channel>()
  let closed = false

  /** Hints for events after `seq`, each thing once with its newest number. */
  async function read(tx: Tx, seq: number) {
    const rows = await tx.db
      .selectFrom('events')
      .select(['seq', 'type', 'subject'])
      .where('community_id', '=', tx.communityId)
      .where('seq', '>', seq)
      .orderBy('seq')
      .limit(replayLimit)
      .execute()
    const newest = new Map<string, Hint>()
    for (const { seq, type, subject } of rows) {
      if (audiences[type]) newest.set(`${type} ${subject}`, { seq: seq!, type, id: subject })
    }
    const hints = [...newest.values()].sort((a, b) => a.seq - b.seq)
    const boardIds = hints.flatMap(({ type, id }) => (audiences[type as EventType] === 'viewers' && id ? [id] : []))
    const boards = new Map((await findBoards(tx, boardIds)).map((board) => [board.id, board]))
    return { hints, boards, last: rows.at(-1)?.seq ?? seq, more: rows.length === replayLimit }
  }

  async function lastSeq(communityId: string): Promise<number> {
    return database.tenant(communityId, async (tx) => {
      const relay = await tx.db
        .selectFrom('relays')
        .select('last_seq')
        .where('community_id', '=', communityId)
        .executeTakeFirst()
      return relay?.last_seq ?? 0
    })
  }

  function send(client: Client, { hints, boards, last }: Batch): void {
    const frames = hints
      .filter((hint) => hint.seq > client.seq && concerns(hint, client, boards))
      .map((hint) => frame(hint))
      .join('')
    client.seq = Math.max(client.seq, last)
    if (frames) client.out.write(frames)
    if (client.out.writableLength > backlogLimit) client.out.destroy()
  }

  /** Reads what is new and tells every client of the channel, not more often than `hintEveryMs`. */
  async function deliver(communityId: string, channel: Channel): Promise<void> {
    if (channel.delivering) return
    channel.delivering = true
    try {
      while (channel.dirty && channel.clients.size > 0) {
        await pause(channel.sentAt + hintEveryMs - Date.now())
        channel.dirty = false
        channel.sentAt = Date.now()
        const batch = await database.tenant(communityId, (tx) => read(tx, channel.seq))
        channel.seq = batch.last
        channel.dirty ||= batch.more
        for (const client of channel.clients) send(client, batch)
      }
    } catch (error) {
      // The next wake or look reads from the same place.
      log.error({ err: error, communityId }, 'stream could not read events')
    } finally {
      channel.delivering = false
    }
  }

  function wake(communityId: string): void {
    const channel = channels.get(communityId)
    if (!channel) return
    channel.dirty = true
    void deliver(communityId, channel)
  }

  const pings = setInterval(() => {
    for (const { clients } of channels.values()) for (const { out } of clients) out.write(': ping\n\n')
  }, pingEveryMs)
  // Events that another instance numbered: no wake tells of them.
  const looks = setInterval(() => {
    for (const communityId of channels.keys()) wake(communityId)
  }, lookEveryMs)

  return {
    async open({ communityId, memberId, lastSeq: resumeFrom, out }) {
      const now = await lastSeq(communityId)
      const client: Client = { memberId, seq: resumeFrom ?? now, out }
      // The number without data: a client that is cut off before its first hint can resume as well.
      out.write(`retry: ${retryMs}\nid: ${client.seq}\n\n`)
      if (client.seq > now || now - client.seq > replayLimit) {
        client.seq = now
        out.write(frame({ seq: now, type: 'reset', id: null }))
      }
      // Catch up with the channel before joining it: it may move on during each read.
      for (
        let channel = channels.get(communityId);
        channel && client.seq < channel.seq;
        channel = channels.get(communityId)
      ) {
        const batch = await database.tenant(communityId, (tx) => read(tx, client.seq))
        send(client, batch)
      }
      if (closed || out.destroyed || out.writableEnded) return
      const channel = channels.get(communityId) ?? {
        clients: new Set(),
        seq: client.seq,
        dirty: false,
        delivering: false,
        sentAt: 0,
      }
      channels.set(communityId, channel)
      channel.clients.add(client)
      const leave = () => {
        channel.clients.delete(client)
        if (channel.clients.size === 0 && channels.get(communityId) === channel) channels.delete(communityId)
      }
      out.on('close', leave)
      out.on('error', leave)
      // Whatever was numbered between the first look and now.
      wake(communityId)
    },
    wake,
    close() {
      closed = true
      clearInterval(pings)
      clearInterval(looks)
      for (const { clients } of channels.values()) for (const { out } of clients) out.end()
      channels.clear()
    },
  }
}

function concerns({ type, id }: Hint, { memberId }: Client, boards: Batch['boards']): boolean {
  const audience = type === 'reset' ? 'everyone' : audiences[type]
  if (audience === 'subject') return id === memberId
  const board = audience === 'viewers' ? boards.get(id ?? '') : undefined
  return board ? mayView(board, memberId) : audience === 'everyone'
}

const frame = (hint: Hint): string => `id: ${hint.seq}\nevent: ${hint.type}\ndata: ${JSON.stringify(hint)}\n\n`

const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, Math.max(0, ms)))
