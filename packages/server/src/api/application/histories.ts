import { type AnswerOf, type QueryOf, type RouteKey, Time } from '@rai/contract'
import { z } from 'zod'
import type { Tx } from '../../db/database.js'
import { Failure } from '../../domain/failure.js'
import { type FieldRecord, listRecords, type RecordPage, recordById } from '../../domain/field-histories.js'
import { recordValue } from '../../domain/field-values.js'
import { fieldById, mustBe, readValue } from '../../domain/fields.js'
import { isId } from '../../domain/ids.js'
import { memberByUserId } from '../../domain/members.js'
import type { Handlers } from '../../http/context.js'
import { readCursor, writeCursor } from '../../http/cursor.js'

type Community = '/apis/v1/communities/{communityId}'
type OneHistory = `${Community}/users/{userId}/user-fields/{fieldId}/histories`
const defaultLimit = 20

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
    const actor = principal.memberId ?? principal.keyId
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

async function list(
  tx: Tx,
  { cursor, limit = defaultLimit, from, to }: QueryOf<`GET ${OneHistory}`>,
  whose: Pick<RecordPage, 'fieldId' | 'memberId'>,
): Promise<AnswerOf<`GET ${OneHistory}`>> {
  const { records, hasMore } = await listRecords(tx, {
    ...whose,
    from: from === undefined ? undefined : new Date(from),
    to: to === undefined ? undefined : new Date(to),
    after: cursor === undefined ? undefined : readCursor(cursor, Place),
    limit,
  })
  return { items: records.map(showRecord), nextCursor: hasMore ? writeCursor(placeOf(records.at(-1)!)) : null }
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
