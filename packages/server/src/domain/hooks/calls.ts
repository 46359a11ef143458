import { createHash } from 'node:crypto'
import type { AnswerOf, ErrorCode, managementFamily } from '@rai/contract'
import { type Selectable, sql } from 'kysely'
import type { Tx } from '../../db/database.js'
import type { Tables } from '../../db/tables.js'
import { Failure } from '../failure.js'
import { firstIdAt, newId } from '../ids.js'
import { takeTurn, tryTurn } from '../locks.js'
import { type Hook, hookById } from './hooks.js'

/** What was asked of a hook, as its log has it. */
export type LoggedCall = Selectable<Tables['hook_calls']>
export type HookAnswer = AnswerOf<'POST /hooks/v1/{hookAddress}'>

/** What another system asks, once it is known to be let in. */
export interface Call {
  /** By what a repeat is told; none: it counts each time. */
  names: readonly string[]
  /** What it holds; null where a repeat may hold something else. */
  content: Buffer | null
  /** What the sender calls it. */
  externalId: string | null
}

/**
 * Does what a call asks for once, and writes it down, in the effect's own transaction. A repeat is answered as the first was;
 * one that comes meanwhile waits. What is refused is as if it had not been asked.
 * @param effect Gets a name of the call that no other call of the community has.
 * @throws Failure `idempotency_mismatch` for a name that was used for something else.
 */
export async function once(
  tx: Tx,
  hook: Hook,
  { names, content, externalId }: Call,
  effect: (name: string) => Promise<Partial<HookAnswer>>,
  at: Date,
): Promise<HookAnswer> {
  for (const name of names.toSorted()) await takeTurn(tx, 'hooks', `${hook.id}:${name}`)
  const hash = content && createHash('sha256').update(content).digest()
  const before = await callBy(tx, hook, names)
  const id = newId(at.getTime())
  const row = { community_id: tx.communityId, id, hook_id: hook.id, external_id: externalId, created_at: at }
  if (before) {
    if (hash && before.content_hash && !hash.equals(before.content_hash)) throw new Failure('idempotency_mismatch')
    await tx.db
      .insertInto('hook_calls')
      .values({ ...row, outcome: 'repeated', repeats: before.id })
      .execute()
    await keepNames(tx, hook, names, before.id)
    return inOrder(before.answer!)
  }
  const effected = await effect(`hook:${hook.id}:${names[0] ?? id}`)
  const answer = inOrder({ messageId: null, userId: null, currency: null, ...effected, _id: id })
  await tx.db
    .insertInto('hook_calls')
    .values({ ...row, outcome: 'done', answer: JSON.stringify(answer), content_hash: hash })
    .execute()
  await keepNames(tx, hook, names, id)
  return answer
}

/** The database gives an answer back in another order, and a repeat is answered letter for letter. */
const inOrder = ({ _id, messageId, userId, currency }: HookAnswer): HookAnswer => ({
  _id,
  messageId,
  userId,
  currency,
})

/** A repeat may have a name more. */
async function keepNames(tx: Tx, hook: Hook, names: readonly string[], callId: string): Promise<void> {
  if (names.length === 0) return
  await tx.db
    .insertInto('hook_call_names')
    .values(names.map((name) => ({ community_id: tx.communityId, hook_id: hook.id, name, call_id: callId })))
    .onConflict((oc) => oc.doNothing())
    .execute()
}

/** The call that one of the names is known by. */
const callBy = (tx: Tx, { id }: Hook, names: readonly string[]): Promise<LoggedCall | undefined> =>
  tx.db
    .selectFrom('hook_call_names as n')
    .innerJoin('hook_calls as c', (join) =>
      join.on('c.community_id', '=', tx.communityId).onRef('c.id', '=', 'n.call_id'),
    )
    .selectAll('c')
    .where('n.community_id', '=', tx.communityId)
    .where('n.hook_id', '=', id)
    .where(sql<boolean>`n.name = any(${sql.val(names)}::text[])`)
    .orderBy('c.id')
    .limit(1)
    .executeTakeFirst()

const minuteMs = 60_000

/**
 * Writes down that a call was refused. Of those who were not let in, who may be many, once a minute for each reason.
 * @param code As it was answered.
 */
export async function writeDownRefused(
  tx: Tx,
  hookId: string,
  { code, reason }: { code: ErrorCode; reason: string },
  at: Date,
): Promise<void> {
  if (code === 'unauthorized') {
    if (!(await tryTurn(tx, 'refusal', `${hookId}:${reason}`))) return
    const before = await tx.db
      .selectFrom('hook_calls')
      .select('id')
      .where('community_id', '=', tx.communityId)
      .where('hook_id', '=', hookId)
      .where('id', '>=', firstIdAt(new Date(at.getTime() - minuteMs)))
      .where('reason', '=', reason)
      .limit(1)
      .executeTakeFirst()
    if (before) return
  }
  await tx.db
    .insertInto('hook_calls')
    .values({
      community_id: tx.communityId,
      id: newId(at.getTime()),
      hook_id: hookId,
      outcome: 'refused',
      code,
      reason,
      created_at: at,
    })
    .execute()
}

export interface CallPage {
  outcome?: managementFamily.HookOutcome | undefined
  /** The last one of the page before. */
  after: string | undefined
  limit: number
}

/**
 * What was asked of a hook, newest first.
 * @throws Failure `not_found`
 */
export async function listCalls(tx: Tx, hookId: string, { outcome, after, limit }: CallPage): Promise<LoggedCall[]> {
  await hookById(tx, hookId)
  let found = tx.db
    .selectFrom('hook_calls')
    .selectAll()
    .where('community_id', '=', tx.communityId)
    .where('hook_id', '=', hookId)
  if (outcome) found = found.where('outcome', '=', outcome)
  if (after !== undefined) found = found.where('id', '<', after)
  return found.orderBy('id', 'desc').limit(limit).execute()
}
