import { sql } from 'kysely'
import { writeOnce } from '../../db/connection.js'
import type { Tx } from '../../db/database.js'
import { thisCommunity } from '../communities.js'
import { Failure, type FailureDetail } from '../failure.js'
import { isId } from '../ids.js'
import { keepRows } from '../locks.js'
import { balancesOf, findMember } from '../members/members.js'
import { type Authority, changeRoles, checkDeciding, type Role } from '../roles.js'

/** A role that members get by their XP. */
export interface XpRole {
  roleId: string
  /** Whoever comes with so much has it from then on. */
  xp: number
}

// Points may be given by who gives no rights: one that has become an administrator's is given by its XP no more.
const given = writeOnce<Pick<Tx, 'communityId'>>(
  ({ communityId }) => sql`
    select x.role_id as "roleId", x.xp from xp_roles x join roles r on r.community_id = x.community_id and r.id = x.role_id
    where x.community_id = ${communityId} and 'server_administrator' <> all (r.server_permissions)
    order by x.xp, x.role_id`,
)

/** Those for the least XP first. */
export const xpRolesOf = (tx: Tx): Promise<XpRole[]> => tx.send<XpRole>(given(tx.db, tx))

/**
 * The roles that a part of the settings names, held so that none is deleted meanwhile.
 * @throws Failure `unknown_reference` for one that is not there, or that everybody has.
 */
export async function namedRoles(
  tx: Tx,
  part: 'xpRoles' | 'roleBoosts',
  named: readonly { roleId: string }[],
): Promise<Pick<Role, 'id' | 'server_permissions'>[]> {
  const found = await keepRows(
    tx,
    tx.db
      .selectFrom('roles')
      .select(['id', 'server_permissions'])
      .where('community_id', '=', tx.communityId)
      .where('id', '<>', tx.communityId)
      .where('id', 'in', [tx.communityId, ...named.map(({ roleId }) => roleId).filter(isId)]),
  )
  const missing = detailsOf(part, named, (id) => !found.some((role) => role.id === id), 'no such role')
  if (missing.length > 0) throw new Failure('unknown_reference', 'There are no such roles.', missing)
  return found
}

const detailsOf = (
  part: string,
  named: readonly { roleId: string }[],
  is: (roleId: string) => boolean,
  message: string,
): FailureDetail[] => named.flatMap(({ roleId }, n) => (is(roleId) ? [{ path: `${part}.${n}.roleId`, message }] : []))

/**
 * Puts roles in the place of those that there were.
 * @throws Failure `unknown_reference` as `namedRoles`, `invalid_request` for one that may administrate, `forbidden` where a role
 * changes that a member does not decide on.
 */
export async function setXpRoles(tx: Tx, roles: readonly XpRole[], authority: Authority): Promise<void> {
  const before = await xpRolesOf(tx)
  const isIn = (list: readonly XpRole[]) => (one: XpRole) =>
    list.some(({ roleId, xp }) => roleId === one.roleId && xp === one.xp)
  const changed = [...roles.filter((one) => !isIn(before)(one)), ...before.filter((one) => !isIn(roles)(one))]
  const ids = changed.map(({ roleId }) => roleId).filter(isId)
  await checkDeciding(tx, ids, authority)
  const found = await namedRoles(tx, 'xpRoles', roles)
  const administrators = found.filter(({ server_permissions }) => server_permissions.includes('server_administrator'))
  const wrong = detailsOf(
    'xpRoles',
    roles,
    (roleId) => administrators.some(({ id }) => id === roleId),
    'must not have server_administrator',
  )
  if (wrong.length > 0) throw new Failure('invalid_request', 'XP make nobody an administrator.', wrong)
  await tx.db.deleteFrom('xp_roles').where('community_id', '=', tx.communityId).execute()
  if (roles.length === 0) return
  await tx.db
    .insertInto('xp_roles')
    .values(roles.map(({ roleId, xp }) => ({ community_id: tx.communityId, role_id: roleId, xp })))
    .execute()
}

/**
 * Gives a member the roles that their XP reach. Twice is as once. No points move in the same transaction: those hold the
 * member before anybody knows which roles are reached, and roles take the lock on counts first.
 */
export async function giveXpRoles(tx: Tx, memberId: string, at: Date): Promise<void> {
  const [member, { xp_enabled }, roles, { xp }] = await Promise.all([
    findMember(tx, { id: memberId }),
    thisCommunity(tx),
    xpRolesOf(tx),
    balancesOf(tx, memberId),
  ])
  if (!member || !xp_enabled) return
  const reached = roles.filter((role) => role.xp <= xp)
  await changeRoles(tx, member, { add: reached.map(({ roleId }) => roleId) }, at)
}
