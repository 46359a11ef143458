import { createHash } from 'node:crypto'
import type { HookCall } from '@rai/contract'
import type { Tx } from '../../db/database.js'
import { onlookerOf } from '../channels.js'
import { Failure, type FailureDetail } from '../failure.js'
import { findFields, mustBe, readValue } from '../fields/fields.js'
import { type NewValue, setValues } from '../fields/values.js'
import { post } from '../ledger.js'
import { lockBalances, shareBoards, takeTurn } from '../locks.js'
import { balancesOf, findMember, findMemberByAny, notDeleted } from '../members/members.js'
import { sendMessage } from '../messages/messages.js'
import type { HookAnswer } from './calls.js'
import type { Hook, HookAction } from './hooks.js'

/** What a hook is for, of one kind. */
type ActionOf<K extends HookAction['kind']> = Extract<HookAction, { kind: K }>

/**
 * Says in the hook's channel what a call says, as by the member that the hook speaks for.
 * @param name The same message is said once in its name.
 */
export async function speak(
  tx: Tx,
  { id: keyId }: Hook,
  { channelId, userId }: ActionOf<'message'>,
  { message: text, forumTopicId: topicId }: HookCall<'message'>,
  name: string,
  at: Date,
): Promise<Partial<HookAnswer>> {
  const member = notDeleted(await findMember(tx, { id: userId }))
  if (member.status !== 'active') throw new Failure('forbidden', `The member who says it is ${member.status}.`)
  const speaker = { onlooker: await onlookerOf(tx, member.id), isBackEnd: true, only: null, keyId }
  const clientId = createHash('sha256').update(name).digest('base64url')
  const message = await sendMessage(tx, speaker, channelId, { text, topicId, clientId }, at)
  return { messageId: message.id }
}

/** Sets fields of a member, of those that the hook is for. */
export async function setFields(
  tx: Tx,
  { id: actor }: Hook,
  { fields: allowed }: ActionOf<'fields'>,
  { user, customFields }: HookCall<'fields'>,
  at: Date,
): Promise<Partial<HookAnswer>> {
  const { id: memberId } = notDeleted(await findMemberByAny(tx, user))
  const fields = [...(await findFields(tx, allowed)).values()]
  const values = new Map<string, NewValue>()
  const wrong: FailureDetail[] = []
  for (const [n, { fieldIdorName: name, value: given }] of customFields.entries()) {
    const field = fields.find(({ field }) => field === name) ?? fields.find(({ id }) => id === name)
    const path = `customFields.${n}`
    if (!field) {
      const details = [{ path: `${path}.fieldIdorName`, message: 'no such field' }]
      throw new Failure('unknown_reference', 'The hook is for no such field.', details)
    }
    const value = readValue(field, given)
    if (values.has(field.id)) wrong.push({ path: `${path}.fieldIdorName`, message: 'is named twice' })
    else if (value === undefined) wrong.push({ path: `${path}.value`, message: mustBe(field) })
    else values.set(field.id, { memberId, fieldId: field.id, value })
  }
  if (wrong.length > 0) throw new Failure('invalid_request', 'The custom fields cannot have these values.', wrong)
  await setValues(tx, [...values.values()], { at, source: 'api', actor })
  return { userId: memberId }
}

/**
 * Moves currency of a member.
 * @param name What was moved under it is not moved again.
 * @throws Failure `not_enough`, `conflict` where it would become too much.
 */
export async function moveCurrency(
  tx: Tx,
  { id: actor }: Hook,
  { user, operation, amount }: HookCall<'currency'>,
  name: string,
  at: Date,
): Promise<Partial<HookAnswer>> {
  const { id: memberId } = notDeleted(await findMemberByAny(tx, user))
  const change =
    operation === 'add' ? amount : operation === 'subtract' ? -amount : await changeTo(tx, memberId, amount)
  const move = { memberId, unit: 'currency', amount: change, reason: 'webhook', key: name, actor } as const
  await post(tx, change === 0 ? [] : [move], at)
  return { userId: memberId, currency: (await balancesOf(tx, memberId)).currency }
}

/** What a member lacks to an amount, or has too much. Nobody moves their currency meanwhile. */
async function changeTo(tx: Tx, memberId: string, amount: number): Promise<number> {
  // Who has had none yet has no row to hold.
  await takeTurn(tx, 'hooks', memberId)
  await shareBoards(tx)
  const balances = await lockBalances(tx, [memberId])
  return amount - (balances.get(`${memberId} currency`) ?? 0)
}
