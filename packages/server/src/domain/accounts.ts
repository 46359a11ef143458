import { keyPrefixes } from '@rai/contract'
import { type Kysely, type Selectable, sql } from 'kysely'
import type { AccountsTx, Database } from '../db/database.js'
import type { Tables } from '../db/tables.js'
import { Failure } from './failure.js'
import { newId } from './ids.js'
import { hashOf, isWellFormed, newSecret } from './key-text.js'
import { queueMail } from './mails.js'
import { type Passwords, refuseCommon } from './passwords.js'
import { beginSession, endSessionsOf, type Session, type SessionTokens } from './sessions.js'

/** A login. It belongs to the installation and to no community; members are linked to it. */
export type Account = Selectable<Tables['accounts']>

export interface NewAccount {
  email: string
  firstName?: string
  lastName?: string
  displayName?: string
}

const byEmail = (email: string) => sql<string>`lower(${email})`

/**
 * Makes an account whose address is known to be its owner's.
 * @returns Undefined when the e-mail, compared without case, is taken.
 */
export async function createAccount(
  db: Kysely<Tables>,
  { email, firstName = '', lastName = '', displayName = '' }: NewAccount,
  passwordHash: string,
  at: Date,
): Promise<Account | undefined> {
  return db
    .insertInto('accounts')
    .values({
      id: newId(at.getTime()),
      email,
      password_hash: passwordHash,
      first_name: firstName,
      last_name: lastName,
      display_name: displayName,
      created_at: at,
    })
    .onConflict((oc) => oc.doNothing())
    .returningAll()
    .executeTakeFirst()
}

export async function findAccount({ db }: Pick<AccountsTx, 'db'>, email: string): Promise<Account | undefined> {
  return db.selectFrom('accounts').selectAll().where('email_key', '=', byEmail(email)).executeTakeFirst()
}

export async function accountById({ db }: Pick<AccountsTx, 'db'>, id: string): Promise<Account> {
  return db.selectFrom('accounts').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
}

/** What accounts are worked on with. */
interface Tools {
  database: Database
  passwords: Passwords
}

/**
 * Writes down who wants an account. Whether the address has one already is looked up when the mail is sent, so that
 * nothing here takes another way or another time for it.
 * @throws Failure `invalid_request` for a common password.
 */
export async function register(
  { database, passwords }: Tools,
  { email, firstName, lastName, displayName, password }: Required<NewAccount> & { password: string },
  at: Date,
): Promise<void> {
  refuseCommon(password, [email, firstName, lastName, displayName])
  const password_hash = await passwords.hash(password)
  await database.accounts(async (tx) => {
    await tx.db
      .insertInto('registrations')
      .values({
        id: newId(at.getTime()),
        email,
        password_hash,
        first_name: firstName,
        last_name: lastName,
        display_name: displayName,
        created_at: at,
      })
      .execute()
    await queueMail(tx, 'confirm', email, at)
  })
}

/** How long the links of mails are good, from when they are sent. */
const linkMs = { registration: 24 * 60 * 60_000, account: 30 * 60_000 }

/** A new token for a link, which does one thing once: confirm a registration, or set an account's password. */
export async function newLink(
  { db }: AccountsTx,
  purpose: { registration: string } | { account: string },
  at: Date,
): Promise<string> {
  const token = newSecret(keyPrefixes.linkToken)
  const [kind, id] = Object.entries(purpose)[0] as ['registration' | 'account', string]
  await db
    .insertInto('link_tokens')
    .values({
      hash: hashOf(token),
      registration_id: kind === 'registration' ? id : null,
      account_id: kind === 'account' ? id : null,
      expires_at: new Date(at.getTime() + linkMs[kind]),
    })
    .execute()
  return token
}

/** The registration that a mail about an address confirms: the newest. */
export async function newestRegistration(
  { db }: AccountsTx,
  email: string,
  at: Date,
): Promise<Selectable<Tables['registrations']> | undefined> {
  return db
    .selectFrom('registrations')
    .selectAll()
    .where('email_key', '=', byEmail(email))
    .where('created_at', '>', new Date(at.getTime() - linkMs.registration))
    .orderBy('created_at', 'desc')
    .limit(1)
    .executeTakeFirst()
}

/** What a link is for, if it is good. It is not used up by looking. */
export async function readLink({ db }: AccountsTx, token: string, at: Date) {
  if (!isWellFormed(token)) throw new Failure('invalid_token')
  const link = await db
    .selectFrom('link_tokens')
    .select(['registration_id', 'account_id'])
    .where('hash', '=', hashOf(token))
    .where('expires_at', '>', at)
    .executeTakeFirst()
  if (!link) throw new Failure('invalid_token')
  return link
}

/**
 * Makes a registration an account. Every other of the same address is void.
 * @throws Failure `invalid_token`
 */
export async function confirm({ database }: Tools, token: string, at: Date): Promise<void> {
  await database.accounts(async (tx) => {
    const { registration_id: id } = await readLink(tx, token, at)
    if (id === null) throw new Failure('invalid_token')
    // Locked, so that of two who come with one token the second finds nothing.
    const asked = await tx.db
      .selectFrom('registrations')
      .selectAll()
      .where('id', '=', id)
      .forUpdate()
      .executeTakeFirst()
    if (!asked) throw new Failure('invalid_token')
    const { email, password_hash, first_name: firstName, last_name: lastName, display_name: displayName } = asked
    const account = await createAccount(tx.db, { email, firstName, lastName, displayName }, password_hash, at)
    if (!account) throw new Failure('invalid_token')
    await tx.db.deleteFrom('registrations').where('email_key', '=', account.email_key).execute()
  })
}

/** Asks for a mail about an address. Whether there is anything to say to it is looked up when it is sent. */
export const askForMail = ({ database }: Tools, kind: 'confirm' | 'reset', email: string, at: Date): Promise<void> =>
  database.accounts((tx) => queueMail(tx, kind, email, at))

/**
 * Sets a new password by the link of a mail. Every login of the account ends, and every other such link.
 * @throws Failure `invalid_token`, or `invalid_request` for a common password: the link is still good then.
 */
export async function resetPassword(
  { database, passwords }: Tools,
  { token, password }: { token: string; password: string },
  at: Date,
): Promise<void> {
  const accountOf = async (tx: AccountsTx) => {
    const { account_id: id } = await readLink(tx, token, at)
    if (id === null) throw new Failure('invalid_token')
    return accountById(tx, id)
  }
  const { email, first_name, last_name, display_name } = await database.accounts(accountOf)
  refuseCommon(password, [email, first_name, last_name, display_name])
  const password_hash = await passwords.hash(password)
  await database.accounts(async (tx) => {
    const { id } = await accountOf(tx)
    const used = await tx.db.deleteFrom('link_tokens').where('account_id', '=', id).returning('hash').execute()
    if (!used.some(({ hash }) => hash.equals(hashOf(token)))) throw new Failure('invalid_token')
    await tx.db.updateTable('accounts').set({ password_hash }).where('id', '=', id).execute()
    await endSessionsOf(tx, id)
    await queueMail(tx, 'changed', email, at)
  })
}

/**
 * Begins a session for who knows the password of an address.
 * @throws Failure `unauthorized`, the same for every reason and after the same work.
 */
export async function logIn(
  { database, passwords }: Tools,
  { email, password }: { email: string; password: string },
  at: Date,
): Promise<{ session: Session; tokens: SessionTokens }> {
  const found = await database.accounts((tx) => findAccount(tx, email))
  const isRight = await passwords.verify(found?.password_hash, password)
  const refusal = new Failure('unauthorized', 'The e-mail or the password is not right.')
  if (!found || !isRight) throw refusal
  return database.accounts(async (tx) => {
    const { id, password_hash } = found
    // The password may have been changed meanwhile.
    const account = await tx.db
      .selectFrom('accounts')
      .select('id')
      .where('id', '=', id)
      .where('password_hash', '=', password_hash)
      .forShare()
      .executeTakeFirst()
    if (!account) throw refusal
    return beginSession(tx, { accountId: id }, at)
  })
}

/** Deletes what has run out: sessions and their tokens, links, and registrations that nobody confirmed. */
export async function pruneAccounts({ db }: AccountsTx, at: Date): Promise<void> {
  await db.deleteFrom('sessions').where('expires_at', '<=', at).execute()
  await db.deleteFrom('session_tokens').where('expires_at', '<=', at).execute()
  await db.deleteFrom('link_tokens').where('expires_at', '<=', at).execute()
  // The link of the last mail, which may have been asked for at the very end, is good for as long again.
  const oldest = new Date(at.getTime() - 2 * linkMs.registration)
  await db.deleteFrom('registrations').where('created_at', '<=', oldest).execute()
}
