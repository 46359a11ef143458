import { type ChannelPermission, channelPermissions, type ServerPermission, serverPermissions } from '@rai/contract'
import { type Selectable, sql } from 'kysely'
import { everyColumn, writeOnce } from '../db/connection.js'
import type { Tx } from '../db/database.js'
import { constraintOf } from '../db/errors.js'
import type { Tables } from '../db/tables.js'
import { atMost } from './at-most.js'
import { type Community, thisCommunity } from './communities.js'
import { emit } from './events.js'
import { Failure } from './failure.js'
import { isId, newId } from './ids.js'
import { boardsRanking, countMoved } from './leaderboards/counting.js'
import { lockMember, shareBoards, takeBoards, takeCounts, takeTurn } from './locks.js'
import { activeMember, type Member, memberByUserId } from './members/members.js'
import { refuseNamed } from './naming.js'

/** What a group of members is called and may do. */
export type Role = Selectable<Tables['roles']>

/** What a caller can set; what is absent stays. Of permissions, whether each is given. */
export interface RoleInput {
  title?: string | undefined
  description?: string | undefined
  colour?: string | undefined
  position?: number | undefined
  isBillable?: boolean | undefined
  accessLevel?: number | null | undefined
  serverPermissions?: Flags<ServerPermission> | undefined
  channelPermissions?: Flags<ChannelPermission> | undefined
}
type Flags<Name extends string> = { readonly [N in Name]?: boolean | undefined }

/**
 * On whose word something is done: a member's, who decides on what their roles let them; or the community's own, by its keys
 * or on the server's machine, which stands above all.
 */
export type Authority = 'community' | { readonly memberId: string }

/** What somebody is allowed. */
export type Allowed = Pick<Role, 'server_permissions' | 'channel_permissions'>

const serverNames = Object.keys(serverPermissions) as ServerPermission[]
const channelNames = Object.keys(channelPermissions) as ChannelPermission[]
const everything: Allowed = { server_permissions: serverNames, channel_permissions: channelNames }
const nothing: Allowed = { server_permissions: [], channel_permissions: [] }

/** A list of them is answered whole. */
const mostRoles = 250
const baseTitle = '@all'

/** The role that every member has and nobody can be without, as it is until somebody changes it. */
const baseRole = ({ id, created_at }: Community): Role => ({
  community_id: id,
  id,
  title: baseTitle,
  description: 'Everybody',
  colour: '',
  position: 0,
  is_billable: false,
  access_level: null,
  server_permissions: ['allow_dm', 'create_invite'],
  channel_permissions: [
    'view_message_history',
    'post_messages',
    'allow_mentions',
    'attach_files',
    'share_links',
    'share_attachments',
  ],
  created_at,
  updated_at: created_at,
  revision: 0,
})

const isBase = ({ id, community_id }: Role): boolean => id === community_id

const columns = everyColumn<Role>({
  community_id: true,
  id: true,
  title: true,
  description: true,
  colour: true,
  position: true,
  is_billable: true,
  access_level: true,
  server_permissions: true,
  channel_permissions: true,
  created_at: true,
  updated_at: true,
  revision: true,
})
const someRoles = writeOnce<{ communityId: string; ids: readonly string[] | null }>(
  ({ communityId, ids }) => sql`
    select ${columns} from roles
    where community_id = ${communityId}::uuid and (${ids}::uuid[] is null or id = any(${ids}::uuid[]))
    order by position, created_at, id`,
)

/** Those of the roles that are there, and that of everybody, lowest first. Null: all there are. */
async function findRoles(tx: Tx, ids: readonly string[] | null): Promise<Role[]> {
  const asked = { communityId: tx.communityId, ids: ids && [tx.communityId, ...ids] }
  const [roles, community] = await Promise.all([tx.send<Role>(someRoles(tx.db, asked)), thisCommunity(tx)])
  return roles.some(isBase) ? roles : [baseRole(community), ...roles]
}

/** The community's roles, lowest first. */
export const listRoles = (tx: Tx): Promise<Role[]> => findRoles(tx, null)

/** A member's roles, lowest first. */
export const rolesOf = (tx: Tx, { role_ids }: Pick<Member, 'role_ids'>): Promise<Role[]> => findRoles(tx, role_ids)

/** What a member's roles allow together. Owners and administrators are allowed everything. */
export const allowedTo = async (tx: Tx, member: Pick<Member, 'role' | 'role_ids'>): Promise<Allowed> =>
  member.role === 'owner' ? everything : allowedBy(await rolesOf(tx, member), member)

/** The same, by their roles that were read. */
export const allowedBy = (roles: readonly Role[], { role }: Pick<Member, 'role'>): Allowed =>
  role === 'owner' ? everything : together(roles)

function together(roles: readonly Role[]): Allowed {
  const server_permissions = [...new Set(roles.flatMap((role) => role.server_permissions))]
  const channel_permissions = [...new Set(roles.flatMap((role) => role.channel_permissions))]
  return server_permissions.includes('server_administrator') ? everything : { server_permissions, channel_permissions }
}

/** @throws Failure `not_found` */
async function roleById(tx: Tx, id: string): Promise<Role> {
  const role = isId(id) ? (await findRoles(tx, [id])).find((one) => one.id === id) : undefined
  if (!role) throw new Failure('not_found', 'There is no such role.')
  return role
}

/**
 * Makes a role.
 * @throws Failure `forbidden` beyond what a member may decide on or give, `already_exists` for a title or an access level
 * of another role, `conflict` where there are too many.
 */
export async function createRole(
  tx: Tx,
  input: RoleInput & { title: string },
  authority: Authority,
  at: Date,
): Promise<Role> {
  const reach = await takeRoles(tx, authority, 'manage_roles')
  const blank = { ...nothing, description: '', colour: '', position: 1, is_billable: false, access_level: null }
  const origin = { community_id: tx.communityId, id: newId(at.getTime()), created_at: at, updated_at: at, revision: 0 }
  const role = changed({ ...blank, ...origin, title: input.title }, input)
  checkReach(reach, role)
  checkGiven(reach, role, nothing)
  checkRole(role)
  const { n } = await tx.db
    .selectFrom('roles')
    .select((eb) => eb.fn.countAll<number>().as('n'))
    .where('community_id', '=', tx.communityId)
    .executeTakeFirstOrThrow()
  atMost(mostRoles, n + 1, 'A community', 'roles')
  return write(tx, role)
}

/**
 * Changes a role; of that of everybody the permissions and nothing else.
 * @throws Failure what `createRole` does, `not_found`, `invalid_request` for what is not to be changed.
 */
export async function updateRole(tx: Tx, id: string, input: RoleInput, authority: Authority, at: Date): Promise<Role> {
  const reach = await takeRoles(tx, authority, 'manage_roles')
  const before = await roleById(tx, id)
  const role = { ...changed(before, input), updated_at: at, revision: before.revision + 1 }
  checkReach(reach, before)
  checkReach(reach, role)
  // By another access level a back-end gives all that the role allows, to whom it likes.
  const isGiven = role.access_level !== null && role.access_level !== before.access_level
  checkGiven(reach, role, isGiven ? nothing : before)
  if (isBase(before)) checkUnchanged(before, role)
  else checkRole(role)
  return write(tx, role)
}

/**
 * Deletes a role. Members may go on naming it: that means nothing any more.
 * @throws Failure `forbidden`, `not_found`, `conflict` for the role of everybody and one that a leaderboard is for or a
 * milestone names: those would be for everybody then.
 */
export async function deleteRole(tx: Tx, id: string, authority: Authority): Promise<void> {
  const reach = await takeRoles(tx, authority, 'manage_roles')
  const role = await roleById(tx, id)
  refuseBase(role)
  checkReach(reach, role)
  // Whoever would name it waits, and does not find it then.
  await takeBoards(tx)
  await refuseNamed(tx, 'role', role.id)
  await tx.db.deleteFrom('roles').where('community_id', '=', tx.communityId).where('id', '=', role.id).execute()
}

/** Who is to have a role, or not. */
interface Holding {
  roleId: string
  /** An id or a short number. */
  userId: string
}

/**
 * Gives a member a role. Twice is as once.
 * @returns The member as they are now.
 * @throws Failure `forbidden`, `not_found`, `conflict` for the role of everybody.
 */
export async function giveRole(tx: Tx, change: Holding, authority: Authority, at: Date): Promise<Member> {
  const { reach, role, member } = await takeHolding(tx, change, authority)
  checkGiven(reach, role, nothing)
  return changeRoles(tx, member, { add: [role.id] }, at)
}

/** Takes a role from a member. All else is as in `giveRole`. */
export async function takeRole(tx: Tx, change: Holding, authority: Authority, at: Date): Promise<Member> {
  const { role, member } = await takeHolding(tx, change, authority)
  return changeRoles(tx, member, { remove: [role.id] }, at)
}

async function takeHolding(tx: Tx, { roleId, userId }: Holding, authority: Authority) {
  const reach = await takeRoles(tx, authority, 'manage_roles')
  const role = await roleById(tx, roleId)
  const member = await memberByUserId(tx, userId)
  refuseBase(role)
  checkReach(reach, role)
  return { reach, role, member }
}

/** Gives a member the role of an access level, if there is one, and takes those of other levels away. */
export async function setAccessLevel(tx: Tx, member: Member, level: number, at: Date): Promise<Member> {
  const levels = (await listRoles(tx)).filter(({ access_level }) => access_level !== null)
  const named = levels.filter(({ access_level }) => access_level === level)
  const others = levels.filter((role) => !named.includes(role))
  const ids = (roles: readonly Role[]) => roles.map(({ id }) => id)
  return changeRoles(tx, member, { add: ids(named), remove: ids(others) }, at)
}

/**
 * Changes which roles a member has, whoever wants it. The boards that rank these roles alone count the member again, and the
 * member's pages ask again which boards they may show.
 * @param change Ids of roles other than that of everybody.
 */
export async function changeRoles(
  tx: Tx,
  member: Member,
  { add = [], remove = [] }: { add?: readonly string[]; remove?: readonly string[] },
  at: Date,
): Promise<Member> {
  const movedFrom = ({ role_ids }: Pick<Member, 'role_ids'>) => [
    ...add.filter((id) => !role_ids.includes(id)),
    ...remove.filter((id) => role_ids.includes(id)),
  ]
  // Most sign-ins and visits change nothing, and wait for nobody then.
  if (movedFrom(member).length === 0) return member
  await shareBoards(tx)
  // Before the member, and so before it is known which of the roles move.
  const concerned = await boardsRanking(tx, { roles: [...add, ...remove] })
  if (concerned.length > 0) await takeCounts(tx)
  const held = (await lockMember(tx, member.id))!
  const moved = movedFrom(held)
  if (moved.length === 0) return held
  const boards = concerned.filter(({ ranked_roles }) => ranked_roles.some((id) => moved.includes(id)))
  const changed = await tx.db
    .updateTable('members')
    .set({
      role_ids: sql`array(
        select distinct id from unnest(role_ids || ${sql.val(add)}::uuid[]) as id
        where id <> all(${sql.val(remove)}::uuid[]) order by id)`,
      updated_at: at,
      revision: sql`revision + 1`,
    })
    .where('community_id', '=', tx.communityId)
    .where('id', '=', member.id)
    .returningAll()
    .executeTakeFirstOrThrow()
  if (boards.length > 0) await countMoved(tx, boards, [member.id])
  await emit(tx, 'config.changed', member.id)
  return changed
}

/** How far somebody's word reaches: to roles that stand below, and to what they are allowed themselves. */
interface Reach extends Allowed {
  /** Where the highest stands of their roles that itself allows what they want to do. Others, such as by XP, lift nobody above any. */
  below: number
}

/**
 * Holds the community's roles to the end of the transaction, so that what is decided by them is decided by those of now.
 * @param may What it is that somebody wants to do.
 * @throws Failure `forbidden` for a member who may not.
 */
async function takeRoles(tx: Tx, authority: Authority, may: ServerPermission): Promise<Reach> {
  await takeTurn(tx, 'roles')
  const aboveAll = { ...everything, below: Number.POSITIVE_INFINITY }
  if (authority === 'community') return aboveAll
  const member = await activeMember(tx, authority.memberId)
  if (member?.role === 'owner') return aboveAll
  const roles = member ? await rolesOf(tx, member) : []
  const deciding = roles.findLast((role) => together([role]).server_permissions.includes(may))
  if (!deciding) throw new Failure('forbidden')
  return { ...together(roles), below: deciding.position }
}

/**
 * The member to whom somebody wants to do something, above whom they stand until the transaction ends.
 * @param userId An id or a short number.
 * @param may What it needs.
 * @throws Failure `not_found`, `forbidden` for a member whose highest role stands no lower than the highest of theirs that
 * allows it.
 */
export async function memberBelow(
  tx: Tx,
  userId: string,
  may: ServerPermission,
  authority: Authority,
): Promise<Member> {
  const { below } = await takeRoles(tx, authority, may)
  const member = await memberByUserId(tx, userId)
  const highest = (await rolesOf(tx, member)).at(-1)!
  if (highest.position >= below)
    throw new Failure('forbidden', `This member stands at or above the highest of your roles that allows ${may}.`)
  return member
}

/**
 * Sees that somebody decides on roles which others are to get, or to get no more, and may give all that these allow.
 * @throws Failure `forbidden`
 */
export async function checkDeciding(tx: Tx, ids: readonly string[], authority: Authority): Promise<void> {
  const reach = await takeRoles(tx, authority, 'manage_roles')
  for (const role of (await findRoles(tx, ids)).filter(({ id }) => ids.includes(id))) {
    checkReach(reach, role)
    checkGiven(reach, role, nothing)
  }
}

function checkReach({ below }: Reach, { position }: Role): void {
  if (position >= below)
    throw new Failure('forbidden', 'This role stands at or above your highest that may manage roles.')
}

function checkGiven(own: Allowed, role: Allowed, before: Allowed): void {
  const missing = (['server_permissions', 'channel_permissions'] as const).flatMap((group) => {
    const known: readonly string[] = [...own[group], ...before[group]]
    return role[group].filter((name) => !known.includes(name))
  })
  if (missing.length > 0)
    throw new Failure('forbidden', `You cannot give what you are not allowed yourself: ${missing.join(', ')}.`)
}

function refuseBase(role: Role): void {
  if (isBase(role)) throw new Failure('conflict', 'Everybody has this role, and nobody can be without it.')
}

/** What of a role is not its permissions, in the words of the API. */
const properties = {
  title: 'title',
  description: 'description',
  colour: 'class',
  position: 'order',
  is_billable: 'billable',
  access_level: 'accessLevel',
} as const

function checkUnchanged(before: Role, role: Role): void {
  const names = (Object.keys(properties) as (keyof typeof properties)[]).filter((name) => role[name] !== before[name])
  if (names.length === 0) return
  const details = names.map((name) => ({ path: properties[name], message: 'cannot be changed' }))
  throw new Failure('invalid_request', 'Of the role that everybody has, only the permissions can be changed.', details)
}

function checkRole({ title, position, access_level, server_permissions }: Role): void {
  if (title === baseTitle) throw new Failure('already_exists', taken.roles_title)
  if (position === 0) {
    throw new Failure('invalid_request', 'Only the role that everybody has stands at 0.', [
      { path: 'order', message: 'must be at least 1' },
    ])
  }
  if (access_level !== null && server_permissions.includes('server_administrator')) {
    throw new Failure('invalid_request', 'An access level makes nobody an administrator.', [
      { path: 'accessLevel', message: 'must be null for a role with server_administrator' },
    ])
  }
}

/** A role as an input makes it of what it was. */
const changed = (before: Role, input: RoleInput): Role => ({
  ...before,
  title: input.title ?? before.title,
  description: input.description ?? before.description,
  colour: input.colour ?? before.colour,
  position: input.position ?? before.position,
  is_billable: input.isBillable ?? before.is_billable,
  access_level: input.accessLevel === undefined ? before.access_level : input.accessLevel,
  server_permissions: flagged(serverNames, before.server_permissions, input.serverPermissions),
  channel_permissions: flagged(channelNames, before.channel_permissions, input.channelPermissions),
})

const flagged = <Name extends string>(all: readonly Name[], before: readonly Name[], flags: Flags<Name> = {}): Name[] =>
  all.filter((name) => flags[name] ?? before.includes(name))

const taken: Record<string, string> = {
  roles_title: 'Another role has this title.',
  roles_access_level: 'Another role has this access level.',
}

/** Writes a role, whether there is a row of it or not: that of everybody has none at first. */
async function write(tx: Tx, role: Role): Promise<Role> {
  const { community_id: _community, id: _id, created_at: _createdAt, ...content } = role
  try {
    return await tx.db
      .insertInto('roles')
      .values(role)
      .onConflict((oc) => oc.columns(['community_id', 'id']).doUpdateSet(content))
      .returningAll()
      .executeTakeFirstOrThrow()
  } catch (error) {
    const message = taken[constraintOf(error)]
    throw message === undefined ? error : new Failure('already_exists', message)
  }
}
