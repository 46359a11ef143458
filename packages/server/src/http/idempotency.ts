import { createHash } from 'node:crypto'
import type { Tx } from '../db/database.js'
import { Failure } from '../domain/failure.js'
import type { RootKey } from '../domain/keys/secrets.js'
import { tryTurn } from '../domain/locks.js'

/**
 * Does an effect once per idempotency key and asker. Its answer is kept in the effect's own transaction, so that either
 * both stand or neither does: a refusal changed nothing and keeps nothing, and asking again tries again.
 * @param input What makes two requests the same, besides their operation.
 * @throws Failure `request_in_flight` while the first one still runs, `idempotency_mismatch` for another input.
 */
export type Once = <T>(tx: Tx, input: string | Buffer, effect: () => Promise<T>) => Promise<T>

const maxKeyLength = 255

/** What makes two forms the same. */
export const inputOf = (body: unknown, pictures: Readonly<Record<string, Buffer>>): Buffer => {
  const lengths = Object.entries(pictures).map(([name, { length }]) => [name, length])
  return Buffer.concat([Buffer.from(JSON.stringify([body, lengths])), ...Object.values(pictures)])
}

/** The request's idempotency key, if it has one. */
export function idempotencyKey(header: string | string[] | undefined): string | undefined {
  if (header === undefined) return undefined
  if (typeof header !== 'string' || !/^[\x20-\x7e]{1,255}$/.test(header))
    throw new Failure('invalid_request', `An Idempotency-Key is 1 to ${maxKeyLength} printable characters.`)
  return header
}

export interface OnceOptions {
  rootKey: RootKey
  key: string
  /** Who asks: a key, or a member by their login or embed token. Idempotency keys of different askers never meet. */
  principal: string
  /** Method and path. */
  operation: string
  now: Date
  /** What of the answer a repeat may be given. */
  replayed?: ((answer: unknown) => unknown) | undefined
  /** Told when the answer is an earlier one. */
  onReplay(): void
}

export function createOnce({ rootKey, key, principal, operation, now, replayed, onReplay }: OnceOptions): Once {
  return async <T>(tx: Tx, input: string | Buffer, effect: () => Promise<T>): Promise<T> => {
    const hash = createHash('sha256').update(input).digest()
    // Held to the end of the transaction. Who does not get it at once asks again later, rather than hold a connection.
    if (!(await tryTurn(tx, 'once', `${principal}:${key}`))) throw new Failure('request_in_flight')
    const before = await tx.db
      .selectFrom('idempotency_keys')
      .select(['operation', 'body_hash', 'answer'])
      .where('community_id', '=', tx.communityId)
      .where('principal', '=', principal)
      .where('key', '=', key)
      .executeTakeFirst()
    if (before) {
      if (before.operation !== operation || !before.body_hash.equals(hash)) throw new Failure('idempotency_mismatch')
      onReplay()
      return JSON.parse(rootKey.unwrap(before.answer).toString()) as T
    }
    const answer = await effect()
    await tx.db
      .insertInto('idempotency_keys')
      .values({
        community_id: tx.communityId,
        principal,
        key,
        operation,
        body_hash: hash,
        answer: rootKey.wrap(Buffer.from(JSON.stringify(replayed ? replayed(answer) : answer))),
        created_at: now,
      })
      .execute()
    return answer
  }
}

/** For requests without a key, and for operations whose effect may happen again. */
export const everyTime: Once = (_tx, _input, effect) => effect()
