import { hash } from '@node-rs/argon2'
import type { Kysely } from 'kysely'
import type { Tables } from '../db/tables.js'
import { newId } from './ids.js'

/** OWASP's recommendation for argon2id, the library's default algorithm: 19 MiB, two passes, one lane. */
const cost = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }

/**
 * Makes a login. It belongs to the installation and to no community; members are linked to it.
 * @returns Its id; undefined when the e-mail, compared without case, is taken.
 */
export async function createAccount(
  db: Kysely<Tables>,
  { email, password }: { email: string; password: string },
  at: Date,
): Promise<string | undefined> {
  const account = await db
    .insertInto('accounts')
    .values({ id: newId(at.getTime()), email, password_hash: await hash(password, cost), created_at: at })
    .onConflict((oc) => oc.doNothing())
    .returning('id')
    .executeTakeFirst()
  return account?.id
}
