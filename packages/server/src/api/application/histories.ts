import { type AnswerOf, type QueryOf, type RouteKey, Time } from '@rai/contract'
import { z } from 'zod'
import type { Tx } from '../../db/database.js'
import { Failure } from '../../domain/failure.js'
import { fieldById, mustBe, readValue } from '../../domain/fields/fields.js'
import { type FieldRecord, listRecords, type RecordPage, recordById } from '../../domain/fields/histories.js'
import { recordValue } from '../../domain/fields/values.js'
import { isId } from '../../domain/ids.js'
import { memberByUserId } from '../../domain/members/members.js'
import { actorOf, type Handlers } from '../../http/context.js'
import { pageByCursor } from '../../http/cursor.js'

type Community = '/apis/v1/communities/{communityId}'
type OneHistory = `${Community}/users/{userId}/user-fields/{fieldId}/histories`

export const histories: Handlers<Extract<RouteKey, `${string} ${Community}/${string}histories`>> = {
  'GET /apis/v1/communities/{communityId}/user-field-histories': ({ tx, query }) => list(tx, query, {}),

  'GET /apis/v1/communities/{communityId}/user-fields/{fieldId}/histories': async ({ tx, params, query }) =>
    list(tx, query, { fieldId: (await fieldById(tx, params.fieldId)).id }),

  'GET /apis/v1/communities/{communityId}/users/{userId}/user-field-histories': async ({ tx, params, query }) =>
    list(tx, query, { memberId: (await memberByUserId(tx, params.userId)).id }),

  'GET /apis/v1/communities/{communityId}/users/{userId}/user-fields/{fieldId}/histories': async ({
    tx,
    params,
    query,
  }) => {
    const [member, field] = await Promise.all([memberByUserId(tx, params.userId), fieldById(tx, params.fieldId)])
    return list(tx, query, { memberId: member.id, fieldId: field.id })
  },

  'POST /apis/v1/communities/{communityId}/users/{userId}/user-fields/{fieldId}/histories': async ({
    tx,
    params,
    body,
    principal,
    now,
  }) => {
    const [member, field] = await Promise.all([memberByUserId(tx, params.userId), fieldById(tx, params.fieldId)])
    const value = readValue(field, body.value)
    if (value === undefined) {
      const details = [{ path: 'value', message: mustBe(field) }]
      throw new Failure('invalid_request', 'The field cannot have this value.', details)
    }
    const at = body.recordedAt === undefined ? now : pastTime(body.recordedAt, now)
    const actor = actorOf(principal)
    const id = await recordValue(tx, { memberId: member.id, field, value }, { at, actor, source: 'api' })
    return showRecord(await recordById(tx, id))
  },
}

/** @throws Failure `invalid_request` */
function pastTime(text: string, now: Date): Date {
  const at = new Date(text)
  if (at.getTime() >= 0 && at <= now) return at
  const message = 'must lie between 1970 and now'
  throw new Failure('invalid_request', 'A value is recorded when it is so.', [{ path: 'recordedAt', message }])
}

function list(
  tx: Tx,
  { from, to, ...query }: QueryOf<`GET ${OneHistory}`>,
  whose: Pick<RecordPage, 'fieldId' | 'memberId'>,
): Promise<AnswerOf<`GET ${OneHistory}`>> {
  const range = {
    ...whose,
    from: from === undefined ? undefined : new Date(from),
    to: to === undefined ? undefined : new Date(to),
  }
  return pageByCursor(query, {
    place: Place,
    placeOf,
    find: (after, limit) => listRecords(tx, { ...range, after, limit }),
    show: showRecord,
  })
}

/** Where a record stands among the others. */
const Place = z.strictObject({ at: Time, id: z.string().refine(isId) })
const placeOf = ({ recorded_at, id }: FieldRecord): z.infer<typeof Place> => ({ at: recorded_at.toISOString(), id })

const showRecord = (record: FieldRecord): AnswerOf<`POST ${OneHistory}`> => ({
  _id: record.id,
  fieldId: record.field_id,
  userId: record.member_id,
  value: record.value ?? record.content!,
  previousValue: record.previous ?? record.previous_content,
  recordedAt: record.recorded_at.toISOString(),
  source: record.source,
  actor: record.actor,
})
