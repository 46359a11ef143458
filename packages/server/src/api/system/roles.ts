import { type AnswerOf, type BodyOf, channelPermissions, type RouteKey, serverPermissions } from '@rai/contract'
import { memberByUserId } from '../../domain/members/members.js'
import {
  createRole,
  deleteRole,
  giveRole,
  listRoles,
  type Role,
  type RoleInput,
  rolesOf,
  takeRole,
  updateRole,
} from '../../domain/roles.js'
import type { Context, Handlers } from '../../http/context.js'
import { authorityOf } from '../../http/credential.js'

export const roles: Handlers<Extract<RouteKey, `${string} /api/v1/roles${string}` | `${string}/{serverId}/roles`>> = {
  'GET /api/v1/servers/{serverId}/roles': async ({ tx }) => (await listRoles(tx)).map(show),

  'POST /api/v1/roles': async ({ tx, principal, body, now }) =>
    show(await createRole(tx, { ...toInput(body), title: body.title }, authorityOf(principal), now)),

  'PUT /api/v1/roles/{id}': async ({ tx, principal, params, body, now }) =>
    show(await updateRole(tx, params.id, toInput(body), authorityOf(principal), now)),

  'DELETE /api/v1/roles/{id}': async ({ tx, principal, params }) => {
    await deleteRole(tx, params.id, authorityOf(principal))
    return { _id: params.id }
  },

  'GET /api/v1/roles/{id}': async ({ tx, params }) =>
    (await rolesOf(tx, await memberByUserId(tx, params.id))).map(show),

  'POST /api/v1/roles/{roleId}/add': (context) => move(context, giveRole),
  'POST /api/v1/roles/{roleId}/remove': (context) => move(context, takeRole),
}

/** Gives or takes a role, and answers all that the member has then. */
async function move(
  context: Pick<Context<'POST /api/v1/roles/{roleId}/add'>, 'tx' | 'principal' | 'params' | 'body' | 'note' | 'now'>,
  how: typeof giveRole,
): Promise<AnswerOf<'POST /api/v1/roles/{roleId}/add'>> {
  const { tx, principal, params, body, note, now } = context
  const member = await how(tx, { ...params, ...body }, authorityOf(principal), now)
  note.objects = { userId: member.id }
  return (await rolesOf(tx, member)).map(show)
}

/** The role as the API spells it: two names of a group, and an older name in each. */
function toInput(body: BodyOf<'PUT /api/v1/roles/{id}'>): RoleInput {
  const { title, description, order, billable, accessLevel } = body
  const server = { ...body.server_permissions, ...body.serverPermissions }
  const channel = { ...body.channel_permissions, ...body.channelPermissions }
  return {
    title,
    description,
    colour: body.class,
    position: order,
    isBillable: billable,
    accessLevel,
    serverPermissions: { overwrite_language_settings: server.overwrite_language, ...server },
    channelPermissions: { share_attachments: channel.share_Attachments, ...channel },
  }
}

const flags = <Name extends string>(all: Readonly<Record<Name, string>>, given: readonly Name[]) =>
  Object.fromEntries(Object.keys(all).map((name) => [name, given.includes(name as Name)])) as Record<Name, boolean>

const show = (role: Role): AnswerOf<'POST /api/v1/roles'> => ({
  _id: role.id,
  serverId: role.community_id,
  title: role.title,
  description: role.description,
  class: role.colour,
  order: role.position,
  billable: role.is_billable,
  accessLevel: role.access_level,
  serverPermissions: flags(serverPermissions, role.server_permissions),
  channelPermissions: flags(channelPermissions, role.channel_permissions),
  createdAt: role.created_at.toISOString(),
  updatedAt: role.updated_at.toISOString(),
  __v: role.revision,
})
