import type { ServerResponse } from 'node:http'
import type { EventType, Hint } from '@rai/contract'
import type { Logger } from 'pino'
import type { Database, Tx } from '../db/database.js'
import { findChannels, isSeenBy, type Onlooker, type Channel as Place } from '../domain/channels.js'
import { type Board, findBoards, mayView, type Viewer } from '../domain/leaderboards/index.js'
import { type Member, roleIdsOf } from '../domain/members/members.js'
import { findPlaced, mayRead, type Placed } from '../domain/messages/places.js'
import { allowedBy, listRoles, type Role } from '../domain/roles.js'

/**
 * Whom an event concerns: every page of the community, or where it is about a member, all of theirs; every page, whatever it
 * is about; those that may see the board; those of members who may read the message, or see the channel; those of all members, who are not told
 * which one it is, for it may not be for them; the pages of the member it is about; or those that got in by the key, or as the
 * member, that it is about. These are told nothing: their stream ends, and who comes back is asked again.
 */
const audiences: Partial<
  Record<EventType, 'everyone' | 'all' | 'viewers' | 'readers' | 'onlookers' | 'members' | 'subject' | 'holders'>
> = {
  'leaderboard.changed': 'viewers',
  'config.changed': 'everyone',
  'milestone.changed': 'everyone',
  'store.changed': 'all',
  'social.changed': 'everyone',
  'balance.changed': 'subject',
  'order.updated': 'subject',
  'wish.changed': 'all',
  'channel.changed': 'members',
  'channel.typing': 'onlookers',
  'message.created': 'readers',
  'message.updated': 'readers',
  'message.deleted': 'readers',
  'reaction.changed': 'readers',
  'key.changed': 'holders',
  'user.deleted': 'holders',
  'user.suspended': 'holders',
  'user.kicked': 'holders',
  'user.banned': 'holders',
}

/** A client that is further behind than this is told to ask again for everything. */
const replayLimit = 1000
/** The same thing is hinted at most twice a second. */
const hintEveryMs = 500
const pingEveryMs = 20_000
/** What another instance numbered is found by then, though no hint came: a key that was revoked there holds no longer here. */
const lookEveryMs = 500
/** How long a browser-like client waits before it comes back. */
const retryMs = 3000
/** A client that lets so many bytes pile up is cut off; it comes back and resumes. */
const backlogLimit = 64 * 1024

/** One open stream. */
interface Client extends Viewer {
  role: Member['role'] | undefined
  /** The keys that it got in by. */
  keyIds: readonly string[]
  /** The key that signed its token. */
  signedBy: string | undefined
  /** The last event when they were looked at. */
  since: number
  /** The last event that it has been told of. */
  seq: number
  out: ServerResponse
}

/**
 * What was read at once: hints, the boards and the messages that they are about, the community's roles where there are any of
 * these, and the roles of members for whom they are others now. A board or a message that is gone has nobody to tell.
 */
interface Batch {
  hints: readonly Hint[]
  boards: ReadonlyMap<string, Board>
  messages: ReadonlyMap<string, Placed>
  /** Where members write, by the channels' ids. */
  places: ReadonlyMap<string, Place>
  roles: readonly Role[]
  roleIds: ReadonlyMap<string, readonly string[]>
  last: number
}

interface Channel {
  clients: Set<Client>
  /** The last event that was read for this channel. */
  seq: number
  /** The last event that is known to be there. */
  newest: number
  /** A read is waiting or under way: a burst of wakes is one read. */
  delivering: boolean
  /** When hints were last sent. */
  sentAt: number
}

export interface OpenStream extends Viewer {
  communityId: string
  /** Whether the member is an owner; undefined for nobody. */
  role: Member['role'] | undefined
  /** The keys that the client got in by: the stream ends when one of them changes. */
  keyIds: readonly string[]
  /** The id of the key that signed the member's token: the stream ends when that is retired. */
  signedBy: string | undefined
  /** The community's last event (see `lastSeq`) in the snapshot in which the keys were good. */
  since: number
  /** The client's `Last-Event-ID`, when it resumes. */
  resumeFrom: number | undefined
  /** The answer, with its headers sent. The hub ends it. */
  out: ServerResponse
}

/** Server-sent events for pages: hints from numbered events, resumed without gap. */
export interface StreamHub {
  open(stream: OpenStream): Promise<void>
  /** Says that a community's events are numbered up to here. */
  wake(communityId: string, seq: number): void
  /** Ends every stream; clients reconnect elsewhere. */
  close(): void
}

/** The last number that an event of the community was given. */
export async function lastSeq(tx: Tx): Promise<number> {
  const relay = await tx.db
    .selectFrom('relays')
    .select('last_seq')
    .where('community_id', '=', tx.communityId)
    .executeTakeFirst()
  return relay?.last_seq ?? 0
}

/** @param isLive Whether tokens that a key signed are still good. */
export function createHub(
  database: Database,
  log: Pick<Logger, 'error'>,
  isLive: (kid: string) => Promise<boolean>,
): StreamHub {
  const channels = new Map<string, Channel>()
  let closed = false
  let looking = false

  /**
   * Hints for events after `seq`, each thing once with its newest number.
   * @param upTo The last event that is known: some before it may be gone, and are read by reading none.
   */
  async function read(tx: Tx, seq: number, upTo: number) {
    const rows = await tx.db
      .selectFrom('events')
      .select(['seq', 'type', 'subject', 'data'])
      .where('community_id', '=', tx.communityId)
      .where('seq', '>', seq)
      .orderBy('seq')
      .limit(replayLimit)
      .execute()
    const newest = new Map<string, Hint>()
    for (const { seq, type, subject, data } of rows) {
      const id = audiences[type] === 'members' ? null : subject
      const where = typeof data.channelId === 'string' ? { channelId: data.channelId } : {}
      if (audiences[type]) newest.set(`${type} ${id}`, { seq: seq!, type, id, ...where })
    }
    const named = [...newest.values()].sort((a, b) => a.seq - b.seq)
    const idsFor = (audience: string) =>
      named.flatMap(({ type, id }) => (audiences[type as EventType] === audience && id ? [id] : []))
    const boards = new Map((await findBoards(tx, idsFor('viewers'))).map((board) => [board.id, board]))
    const messages = await findPlaced(tx, idsFor('readers'))
    const places = await findChannels(
      tx,
      named.flatMap(({ channelId }) => channelId ?? []),
    )
    const roles = messages.size + places.size > 0 ? await listRoles(tx) : []
    const hints = named.map((hint): Hint => {
      const channel = messages.get(hint.id ?? '')?.channel
      return channel ? { ...hint, channelId: channel.id } : hint
    })
    const memberIds = hints.flatMap(({ type, id }) => (type === 'config.changed' && id ? [id] : []))
    const roleIds = await roleIdsOf(tx, memberIds)
    const last = rows.at(-1)?.seq ?? seq
    const upToHere = rows.length === replayLimit ? last : Math.max(last, upTo)
    return { hints, boards, messages, places, roles, roleIds, last: upToHere }
  }

  function send(client: Client, batch: Batch): void {
    const { hints, roleIds, last } = batch
    if (client.out.writableEnded) return
    if (hints.some((hint) => endsStream(hint, client))) {
      client.out.end()
      return
    }
    client.roleIds = roleIds.get(client.memberId ?? '') ?? client.roleIds
    const onlooker = batch.roles.length > 0 ? onlookerOf(client, batch.roles) : undefined
    const frames = hints
      .filter((hint) => hint.seq > client.seq && concerns(hint, client, batch, onlooker))
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
      while (channel.seq < channel.newest && channel.clients.size > 0) {
        await pause(channel.sentAt + hintEveryMs - Date.now())
        channel.sentAt = Date.now()
        const { seq, newest } = channel
        const batch = await database.tenant(communityId, (tx) => read(tx, seq, newest))
        channel.seq = batch.last
        for (const client of channel.clients) send(client, batch)
      }
    } catch (error) {
      // The next wake or look reads from the same place.
      log.error({ err: error, communityId }, 'stream could not read events')
    } finally {
      channel.delivering = false
    }
  }

  function wake(communityId: string, seq: number): void {
    const channel = channels.get(communityId)
    if (!channel) return
    channel.newest = Math.max(channel.newest, seq)
    void deliver(communityId, channel)
  }

  /** Finds in one query what other instances numbered. */
  async function look(): Promise<void> {
    if (looking || channels.size === 0) return
    looking = true
    try {
      const relays = await database.worker((db) =>
        db
          .selectFrom('relays')
          .select(['community_id', 'last_seq'])
          .where('community_id', 'in', [...channels.keys()])
          .execute(),
      )
      for (const { community_id, last_seq } of relays) wake(community_id, last_seq)
      await endUnsigned()
    } catch (error) {
      log.error({ err: error }, 'streams could not look for events')
    } finally {
      looking = false
    }
  }

  /** Ends the streams whose token ended before its time, with the key that signed it. */
  async function endUnsigned(): Promise<void> {
    const clients = [...channels.values()].flatMap(({ clients }) => [...clients])
    for (const kid of new Set(clients.map(({ signedBy }) => signedBy))) {
      if (kid === undefined || (await isLive(kid))) continue
      for (const { signedBy, out } of clients) if (signedBy === kid) out.end()
    }
  }

  const pings = setInterval(() => {
    for (const { clients } of channels.values()) for (const { out } of clients) out.write(': ping\n\n')
  }, pingEveryMs)
  const looks = setInterval(look, lookEveryMs)

  return {
    async open({ communityId, resumeFrom, ...who }) {
      const { since, out } = who
      const client: Client = { ...who, seq: resumeFrom ?? since }
      // The number without data: a client that is cut off before its first hint can resume as well.
      out.write(`retry: ${retryMs}\nid: ${client.seq}\n\n`)
      if (client.seq > since || since - client.seq > replayLimit) {
        client.seq = since
        out.write(frame({ seq: since, type: 'reset', id: null }))
      }
      // Catch up with the channel before joining it: it may move on during each read.
      for (
        let channel = channels.get(communityId);
        channel && client.seq < channel.seq && !out.writableEnded;
        channel = channels.get(communityId)
      ) {
        const { seq } = channel
        const batch = await database.tenant(communityId, (tx) => read(tx, client.seq, seq))
        send(client, batch)
      }
      if (closed || out.destroyed || out.writableEnded) return
      const channel = channels.get(communityId) ?? {
        clients: new Set(),
        seq: client.seq,
        newest: since,
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
      // What it missed while it was away; the next look finds what was numbered since.
      wake(communityId, since)
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

/** What changed before the client was let in was good then. */
const endsStream = ({ seq, type, id }: Hint, { keyIds, memberId, since }: Client): boolean =>
  type !== 'reset' && audiences[type] === 'holders' && seq > since && [...keyIds, memberId].includes(id ?? '')

/** A client as channels know it; undefined for nobody's. */
function onlookerOf({ memberId, role, roleIds }: Client, roles: readonly Role[]): Onlooker | undefined {
  if (memberId === undefined || role === undefined) return undefined
  const own = roles.filter(({ id, community_id }) => id === community_id || roleIds.includes(id))
  return { memberId, roles: own, allowed: allowedBy(own, { role }) }
}

function concerns(
  { type, id, channelId }: Hint,
  client: Client,
  { boards, messages, places }: Batch,
  onlooker: Onlooker | undefined,
): boolean {
  const audience = type === 'reset' ? 'everyone' : audiences[type]
  if (audience === 'all') return true
  if (audience === 'members') return client.memberId !== undefined
  if (audience === 'onlookers') {
    const place = places.get(channelId ?? '')
    return id !== client.memberId && place !== undefined && onlooker !== undefined && isSeenBy(place, onlooker)
  }
  if (audience === 'readers') {
    const placed = messages.get(id ?? '')
    return (
      placed !== undefined && onlooker !== undefined && isSeenBy(placed.channel, onlooker) && mayRead(placed, onlooker)
    )
  }
  if (audience === 'subject') return id === client.memberId
  if (audience === 'everyone') return id === null || id === client.memberId
  const board = boards.get(id ?? '')
  return board !== undefined && mayView(board, client)
}

const frame = (hint: Hint): string => `id: ${hint.seq}\nevent: ${hint.type}\ndata: ${JSON.stringify(hint)}\n\n`

const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, Math.max(0, ms)))
