import { type AnswerOf, type BodyOf, FieldName, fieldTypeSpellings, type RouteKey } from '@rai/contract'
import type { Tx } from '../../db/database.js'
import { Failure } from '../../domain/failure.js'
import { changeField, createField, deleteField, type Field, fieldById, listFields } from '../../domain/fields/fields.js'
import { findMembers, type Member } from '../../domain/members/members.js'
import type { Handlers, Services } from '../../http/context.js'
import { shownAvatarUrl } from '../../pages/pictures.js'

type Fields = '/apis/v1/communities/{communityId}/user-fields'

export const userFields: Handlers<Extract<RouteKey, `${string} ${Fields}` | `${string} ${Fields}/{fieldId}`>> = {
  'GET /apis/v1/communities/{communityId}/user-fields': async ({ tx, deps }) => show(tx, deps, await listFields(tx)),

  'POST /apis/v1/communities/{communityId}/user-fields': async ({ tx, body, principal, now, deps }) => {
    const creatorId = principal.memberId ?? null
    return showOne(tx, deps, await createField(tx, { ...inputOf(body), field: nameOf(body), creatorId }, now))
  },

  'GET /apis/v1/communities/{communityId}/user-fields/{fieldId}': async ({ tx, params, deps }) =>
    showOne(tx, deps, await fieldById(tx, params.fieldId)),

  'PUT /apis/v1/communities/{communityId}/user-fields/{fieldId}': async ({ tx, params, body, now, deps }) =>
    showOne(tx, deps, await changeField(tx, params.fieldId, inputOf(body), now)),

  'DELETE /apis/v1/communities/{communityId}/user-fields/{fieldId}': async ({ tx, params }) => {
    await deleteField(tx, params.fieldId)
    return { _id: params.fieldId }
  },
}

/** Spaces become hyphens, as documented. */
function nameOf({ field }: BodyOf<`POST ${Fields}`>): string {
  const { data, error } = FieldName.safeParse(field.trim().replace(/ +/g, '-'))
  if (data !== undefined) return data
  throw new Failure('invalid_request', 'Requests cannot call a field so.', [
    { path: 'field', message: error!.issues[0]!.message },
  ])
}

const inputOf = ({ type, required, ...rest }: BodyOf<`PUT ${Fields}/{fieldId}`>) => ({
  ...rest,
  type: fieldTypeSpellings[type],
  isRequired: required,
})

type Shown = AnswerOf<`GET ${Fields}/{fieldId}`>

const showOne = async (tx: Tx, deps: Services, field: Field): Promise<Shown> => (await show(tx, deps, [field]))[0]!

async function show(tx: Tx, deps: Services, fields: readonly Field[]): Promise<Shown[]> {
  const creators = await findMembers(
    tx,
    fields.flatMap(({ creator_id }) => creator_id ?? []),
  )
  return fields.map((field) => ({
    _id: field.id,
    communityId: field.community_id,
    field: field.field,
    name: field.name,
    type: field.type,
    description: field.description,
    required: field.is_required,
    defaultValue: field.default_value,
    options: field.options,
    creator: showCreator(creators.get(field.creator_id ?? ''), deps),
    createdAt: field.created_at.toISOString(),
    updatedAt: field.updated_at.toISOString(),
    __v: field.revision,
  }))
}

const showCreator = (member: Member | undefined, { config }: Services): Shown['creator'] =>
  member
    ? {
        _id: member.id,
        id: String(member.number),
        avatar: shownAvatarUrl(config.filesUrl, member),
        displayName: member.display_name,
        username: member.username,
      }
    : null
