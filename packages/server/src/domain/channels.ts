import {
  type ChannelPermission,
  type ChannelType,
  channelPermissions,
  type Manifest,
  mostChannels,
} from '@rai/contract'
import { type Selectable, sql } from 'kysely'
import type { Tx } from '../db/database.js'
import type { Tables } from '../db/tables.js'
import { atMost } from './at-most.js'
import { emit } from './events.js'
import { Failure } from './failure.js'
import { given } from './given.js'
import { isId, newId } from './ids.js'
import { holdRow, takeTurn } from './locks.js'
import { activeMember } from './members/members.js'
import { dropUploads } from './messages/attachments.js'
import { hideCardsOf } from './messages/cards.js'
import { atPath, checkNamed, refuseUnknown } from './references.js'
import { type Allowed, allowedBy, listRoles, type Role, rolesOf } from './roles.js'

/** Where members talk, or are shown another page. */
export interface Channel extends Selectable<Tables['channels']> {
  /** The short number of who made it; null for a key. */
  creator: number | null
  /** Who is in it, where it is a direct one. */
  members: string[]
}

/** What roles may in a channel otherwise than everywhere, by the role's id. */
export type RolePermissions = Readonly<Record<string, Flags>>
type Flags = { readonly [Name in ChannelPermission]?: boolean | undefined }
const channelNames = Object.keys(channelPermissions) as ChannelPermission[]

/** What can be set on a channel; what is absent stays as it is. */
export interface ChannelChanges {
  topic?: string | undefined
  type?: ChannelType | undefined
  description?: string | undefined
  permissions?: RolePermissions | undefined
  /** Of a direct channel: who is in it. */
  members?: readonly string[] | undefined
  order?: number | undefined
  slowModeSeconds?: number | undefined
  /** Of an iframe channel. Its origin follows from its `url`. */
  iframe?: ManifestChanges | undefined
}

type ManifestChanges = { [Name in keyof Omit<Manifest, 'origin'>]?: Manifest[Name] | undefined }

export interface NewChannel extends ChannelChanges {
  topic: string
  type: ChannelType
}

/** A member as channels know them: by their roles, and as one who is in direct channels. */
export interface Onlooker {
  memberId: string
  roles: readonly Role[]
  allowed: Allowed
}

/**
 * Makes a channel. A member who makes a direct one is in it.
 * @param actor The member who asks; null for a back-end, which sees every channel.
 * @throws Failure `invalid_request` for what its type has not or cannot be without, `unknown_reference` for members and roles
 * that are not here, `forbidden` for what the actor may not do themselves, `conflict` where there are too many.
 */
export async function createChannel(tx: Tx, input: NewChannel, actor: string | null, at: Date): Promise<Channel> {
  await refuseTooMany(tx)
  const id = newId(at.getTime())
  await tx.db
    .insertInto('channels')
    .values({
      ...(await columnsOf(tx, input, null, await onlookerFor(tx, actor))),
      community_id: tx.communityId,
      id,
      topic: input.topic.trim(),
      type: input.type,
      created_by: actor,
      created_at: at,
      updated_at: at,
    })
    .execute()
  if (input.members) await addMembers(tx, id, actor === null ? input.members : [actor, ...input.members])
  await emit(tx, 'channel.changed', id)
  return channelById(tx, id, null)
}

async function refuseTooMany(tx: Tx): Promise<void> {
  await takeTurn(tx, 'channels')
  const { n } = await tx.db
    .selectFrom('channels')
    .select((eb) => eb.fn.countAll<number>().as('n'))
    .where('community_id', '=', tx.communityId)
    .executeTakeFirstOrThrow()
  atMost(mostChannels, n + 1, 'A community', 'channels')
}

/**
 * Changes a channel.
 * @param actor As in `createChannel`.
 * @throws Failure what `createChannel` does, `not_found`, `conflict` where a direct channel would become none, or another one.
 */
export async function updateChannel(
  tx: Tx,
  id: string,
  changes: ChannelChanges,
  actor: string | null,
  at: Date,
): Promise<Channel> {
  const onlooker = await onlookerFor(tx, actor)
  const before = await channelById(tx, id, onlooker)
  if (changes.type !== undefined && (changes.type === 'direct') !== (before.type === 'direct'))
    throw new Failure('conflict', 'What is said between members stays there. Make another channel instead.')
  await tx.db
    .updateTable('channels')
    .set({
      ...(await columnsOf(tx, changes, before, onlooker)),
      updated_at: at,
      revision: sql`revision + 1`,
    })
    .where('community_id', '=', tx.communityId)
    .where('id', '=', id)
    .execute()
  if (changes.members) {
    await tx.db
      .deleteFrom('channel_members')
      .where('community_id', '=', tx.communityId)
      .where('channel_id', '=', id)
      .execute()
    await addMembers(tx, id, changes.members)
  }
  await emit(tx, 'channel.changed', id)
  return channelById(tx, id, null)
}

/** @param actor As in `createChannel`. */
export async function deleteChannel(tx: Tx, id: string, actor: string | null, at: Date): Promise<void> {
  await channelById(tx, id, await onlookerFor(tx, actor))
  await dropUploads(tx, { channelId: id }, at)
  await hideCardsOf(tx, id, at)
  await tx.db.deleteFrom('channels').where('community_id', '=', tx.communityId).where('id', '=', id).execute()
  await emit(tx, 'channel.changed', id)
}

/** A channel that may be seen, as it stays to the end of the transaction. */
async function channelById(tx: Tx, id: string, onlooker: Onlooker | null): Promise<Channel> {
  const channel = isId(id) ? await holdRow(tx, channels(tx).where('id', '=', id)) : undefined
  if (!channel || !isSeenBy(channel, onlooker)) throw new Failure('not_found', 'There is no such channel.')
  return channel
}

interface Page {
  page: number
  limit: number
}

/**
 * The channels that may be seen, in the operator's order.
 * @param actor As in `createChannel`.
 */
export async function listChannels(tx: Tx, actor: string | null, page: Page): Promise<Channel[]> {
  return pageOf(await seenChannels(tx, await onlookerFor(tx, actor)), page)
}

/** Who asks for channels to read or write there. */
export interface Reader {
  /** Whom they are shown to; null for a back-end, which sees all but direct channels. */
  onlooker: Onlooker | null
  /** Whether a back-end asks, also where it does so for a member. */
  isBackEnd: boolean
  /** The only channels that its key is for; null for no such limit. */
  only: readonly string[] | null
}

/** Where messages can be sent, in the operator's order. */
export const listTargets = async (tx: Tx, reader: Reader, page: Page): Promise<Channel[]> =>
  pageOf(await seenTargets(tx, reader), page)

/** All of them. */
export const seenTargets = async (tx: Tx, reader: Reader): Promise<Channel[]> =>
  (await seenChannels(tx, reader.onlooker)).filter((channel) => isTarget(channel, reader))

/** Whether messages of a channel that is seen are for who asks. What members write to each other is for no back-end. */
const isTarget = ({ id, type }: Channel, { isBackEnd, only }: Reader): boolean =>
  !(isBackEnd && type === 'direct') && (only === null || only.includes(id))

/** Channels by their ids, whoever sees them. */
export async function findChannels(tx: Tx, ids: readonly string[]): Promise<Map<string, Channel>> {
  const found =
    ids.length === 0
      ? []
      : await channels(tx)
          .where('id', 'in', [...ids])
          .execute()
  return new Map(found.map((channel) => [channel.id, channel]))
}

/** One of these; undefined for any other. */
export async function findTarget(tx: Tx, reader: Reader, id: string): Promise<Channel | undefined> {
  const channel = isId(id) ? await channels(tx).where('id', '=', id).executeTakeFirst() : undefined
  return channel && isSeenBy(channel, reader.onlooker) && isTarget(channel, reader) ? channel : undefined
}

/** @throws Failure `unknown_reference` for ids in a list of the request, at that path, of no channel that a member sees. */
export async function checkChannels(tx: Tx, path: string, memberId: string, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return
  const seen = await seenChannels(tx, await onlookerOf(tx, memberId))
  refuseUnknown('channels', atPath(path, ids), new Set(seen.map(({ id }) => id)))
}

const pageOf = (all: Channel[], { page, limit }: Page): Channel[] => all.slice((page - 1) * limit, page * limit)

/** All that are seen, in the operator's order: a community has few (`mostChannels`). */
async function seenChannels(tx: Tx, onlooker: Onlooker | null): Promise<Channel[]> {
  const all = await channels(tx).orderBy('display_order').orderBy('id').execute()
  return all.filter((channel) => isSeenBy(channel, onlooker))
}

/** Null for back-ends, which see every channel. */
const onlookerFor = async (tx: Tx, actor: string | null): Promise<Onlooker | null> =>
  actor === null ? null : onlookerOf(tx, actor)

/** @throws Failure `not_found` for who is no active member. */
export async function onlookerOf(tx: Tx, memberId: string): Promise<Onlooker> {
  const member = await activeMember(tx, memberId)
  if (!member) throw new Failure('not_found')
  const roles = await rolesOf(tx, member)
  return { memberId, roles, allowed: allowedBy(roles, member) }
}

const channels = (tx: Tx) =>
  tx.db
    .selectFrom('channels')
    .selectAll()
    .select([
      sql<number | null>`(
        select number from members where community_id = ${tx.communityId} and id = created_by)`.as('creator'),
      sql<string[]>`array(
        select member_id from channel_members where community_id = ${tx.communityId} and channel_id = channels.id
        order by member_id)`.as('members'),
    ])
    .where('community_id', '=', tx.communityId)

/** Whether a channel may be seen, by a back-end (null) or a member: a direct one by who is in it, and no other administrator. */
export function isSeenBy(channel: Channel, onlooker: Onlooker | null): boolean {
  if (!onlooker || channel.members.includes(onlooker.memberId)) return true
  return channel.type === 'direct'
    ? saidOf(channel, onlooker, 'view_message_history') === true
    : mayIn(channel, onlooker, 'view_message_history')
}

/**
 * Whether a member may do something in a channel that they see: what it says of their roles goes before what these allow
 * everywhere. Administrators may everything, but for what direct channels say.
 */
export function mayIn(channel: Channel, onlooker: Onlooker, name: ChannelPermission): boolean {
  const { server_permissions, channel_permissions } = onlooker.allowed
  if (channel.type !== 'direct' && server_permissions.includes('server_administrator')) return true
  return saidOf(channel, onlooker, name) ?? channel_permissions.includes(name)
}

/**
 * What a channel says of a member's roles: yes of one goes before no of another, both before what it says of everybody.
 * Undefined for nothing.
 */
function saidOf(
  { permissions, community_id: everybody }: Channel,
  { roles }: Onlooker,
  name: ChannelPermission,
): boolean | undefined {
  const said = roles.flatMap(({ id }) => (id === everybody ? [] : (permissions[id]?.[name] ?? [])))
  return said.length > 0 ? said.some(Boolean) : permissions[everybody]?.[name]
}

/** What changes of a channel's row; of a new one what is not left to its defaults. */
async function columnsOf(tx: Tx, changes: ChannelChanges, before: Channel | null, onlooker: Onlooker | null) {
  const { topic, type = before?.type, description, permissions, members, order, slowModeSeconds, iframe } = changes
  checkKind(type!, changes, before)
  await checkNamed(tx, 'members', 'allowedUsers', members)
  if (permissions) await checkPermissions(tx, permissions, before?.permissions ?? {}, onlooker)
  return given({
    topic: topic?.trim(),
    type,
    description,
    permissions: permissions && JSON.stringify(permissions),
    display_order: order,
    slow_mode_seconds: slowModeSeconds,
    iframe: type === 'iframe' ? JSON.stringify(manifestOf(before?.iframe ?? null, iframe ?? {})) : null,
  })
}

const refuse = (path: string, message: string, sentence: string): never => {
  throw new Failure('invalid_request', sentence, [{ path, message }])
}

/** Holds what is sent to what a channel of that type has. */
function checkKind(type: ChannelType, { members, iframe }: ChannelChanges, before: Channel | null): void {
  if (type === 'direct' ? !members && !before : members)
    refuse('allowedUsers', 'belongs to a direct channel', 'A direct channel says who is in it, and no other does.')
  if (type === 'iframe' ? !iframe?.url && !before?.iframe : iframe)
    refuse('iframe', 'belongs to an iframe channel', 'An iframe channel says which page it shows, and no other does.')
}

/** Roles that are named anew must be here, and nobody lets one do more in a channel than they may do themselves. */
async function checkPermissions(
  tx: Tx,
  after: RolePermissions,
  before: RolePermissions,
  onlooker: Onlooker | null,
): Promise<void> {
  const roles = (await listRoles(tx)).map(({ id }) => id)
  const named = Object.keys(after).map((id, n) => [`permissions.${n}.roleId`, id])
  refuseUnknown('roles', Object.fromEntries(named), new Set([...Object.keys(before), ...roles]))
  const given = roles.flatMap((id) =>
    channelNames.filter((name) => extentOf(after[id]?.[name]) > extentOf(before[id]?.[name])),
  )
  const beyond = given.find((name) => onlooker && !onlooker.allowed.channel_permissions.includes(name))
  if (beyond) throw new Failure('forbidden', `You cannot allow what you are not allowed yourself: ${beyond}.`)
}

/** A permission that is not named, which is as everywhere, may be more than a refusal and less than a grant. */
const extentOf = (flag: boolean | undefined): number => Number(flag ?? 0.5)

const blank: Omit<Manifest, 'url' | 'origin' | 'app'> = {
  capabilities: [],
  granted: [],
  height: { mode: 'fill' },
  allow: [],
  allowPopups: false,
  isEnabled: true,
}

/** What a page is and may. Another origin's begins anew: what was granted was granted to the one before. */
function manifestOf(before: Manifest | null, changes: ManifestChanges): Manifest {
  const url = changes.url ?? before!.url
  const { origin, hostname: app } = new URL(url)
  const manifest = { ...blank, app, ...(before?.origin === origin && before), ...given(changes), url, origin }
  if (manifest.granted.some((one) => !manifest.capabilities.includes(one)))
    refuse('iframe.granted', 'must be among capabilities', 'Only what the page asks for can be granted.')
  return manifest
}

async function addMembers(tx: Tx, channelId: string, members: readonly string[]): Promise<void> {
  if (members.length === 0) return
  const rows = [...new Set(members)].map((member_id) => ({
    community_id: tx.communityId,
    channel_id: channelId,
    member_id,
  }))
  await tx.db.insertInto('channel_members').values(rows).execute()
}
