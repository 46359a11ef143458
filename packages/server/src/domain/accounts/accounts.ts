import { keyPrefixes } from '@rai/contract'
import { type Kysely, type Selectable, sql } from 'kysely'
import type { AccountsTx, Database } from '../../db/database.js'
import type { Tables } from '../../db/tables.js'
import { Failure } from '../failure.js'
import { newId } from '../ids.js'
import { hashOf, isWellFormed, newSecret } from '../keys/text.js'
import { queueMail } from './mails.js'
import { type Passwords, refuseCommon } from './passwords.js'
import { beginSession, endSessionsOf, type Session, type SessionTokens } from './sessions.js'

/** Who wants an account, until the address is confirmed. Anybody may register any address. */
type Registration = Selectable<Tables['registrations']>

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

/**
 * The account of somebody who signed in with its password.
 * @throws Failure `forbidden` for a member by Secure Auth, who has none.
 */
export async function accountOfSession(tx: AccountsTx, { account_id: id }: Session): Promise<Account> {
  if (id === null) throw new Failure('forbidden', 'A login by Secure Auth is one member and stays it.')
  return accountById(tx, id)
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
const linkMs = { registration: 24 * 60 * 60_000, invitation: 7 * 24 * 60 * 60_000, account: 30 * 60_000 }

/**
 * A new token for a link, which does one thing once: confirm a registration, choose the password of who was invited, or set an
 * account's password.
 */
export async function newLink({ db }: AccountsTx, kind: keyof typeof linkMs, id: string, at: Date): Promise<string> {
  const token = newSecret(keyPrefixes.linkToken)
  await db
    .insertInto('link_tokens')
    .values({
      hash: hashOf(token),
      registration_id: kind === 'account' ? null : id,
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
): Promise<Registration | undefined> {
  return db
    .selectFrom('registrations')
    .selectAll()
    .where('email_key', '=', byEmail(email))
    .where('created_at', '>', new Date(at.getTime() - linkMs.registration))
    .orderBy('created_at', 'desc')
    .limit(1)
    .executeTakeFirst()
}

/** What is known of somebody who was invited. Mails that are tried again are about the same one. */
export async function registrationOfInvited(
  { db }: AccountsTx,
  { email, firstName, lastName, displayName }: Required<NewAccount>,
  at: Date,
): Promise<{ id: string }> {
  const id = newId(at.getTime())
  const names = { first_name: firstName, last_name: lastName, display_name: displayName }
  return (
    (await db
      .updateTable('registrations')
      .set({ ...names, created_at: at })
      .where('email_key', '=', byEmail(email))
      .where('password_hash', 'is', null)
      .returning('id')
      .executeTakeFirst()) ??
    (await db
      .insertInto('registrations')
      .values({ id, email, ...names, created_at: at })
      .returning('id')
      .executeTakeFirstOrThrow())
  )
}

/** A link that is good. It is not used up by looking. */
function goodLink({ db }: AccountsTx, token: string, at: Date) {
  if (!isWellFormed(token)) throw noSuchLink()
  return db.selectFrom('link_tokens as link').where('link.hash', '=', hashOf(token)).where('link.expires_at', '>', at)
}
const noSuchLink = () => new Failure('invalid_token')

/**
 * The registration that a link confirms.
 * @throws Failure `invalid_token`
 */
export const registrationOfLink = async (tx: AccountsTx, token: string, at: Date): Promise<Registration> =>
  goodLink(tx, token, at)
    .innerJoin('registrations as r', 'r.id', 'link.registration_id')
    .selectAll('r')
    .executeTakeFirstOrThrow(noSuchLink)

/**
 * The account whose password a link sets.
 * @throws Failure `invalid_token`
 */
export const accountOfLink = async (tx: AccountsTx, token: string, at: Date): Promise<Account> =>
  goodLink(tx, token, at)
    .innerJoin('accounts as a', 'a.id', 'link.account_id')
    .selectAll('a')
    .executeTakeFirstOrThrow(noSuchLink)

/**
 * Makes a registration an account. A mail says nothing of who registered the address: where several did, nobody can tell whose
 * password is its owner's. Then none of them counts, and a mail goes out that sets one.
 * @returns Whether the password of the registration is the account's.
 * @throws Failure `invalid_token`
 */
export async function confirm(
  { database, passwords }: Tools,
  token: string,
  at: Date,
): Promise<{ hasPassword: boolean }> {
  const nobodys = await passwords.nobodys
  return database.accounts(async (tx) => {
    const { id, email_key } = await registrationOfLink(tx, token, at)
    const registrations = await tx.db
      .deleteFrom('registrations')
      .where('email_key', '=', email_key)
      .returningAll()
      .execute()
    const asked = registrations.find((one) => one.id === id)
    // Of two who come at once, the second has waited for the first and finds nothing.
    if (!asked) throw noSuchLink()
    const passwordHash = (registrations.length === 1 && asked.password_hash) || nobodys
    const hasPassword = passwordHash === asked.password_hash
    const { email, first_name: firstName, last_name: lastName, display_name: displayName } = asked
    const account = await createAccount(tx.db, { email, firstName, lastName, displayName }, passwordHash, at)
    if (!account) throw noSuchLink()
    if (!hasPassword) await queueMail(tx, 'reset', email, at)
    return { hasPassword }
  })
}

/**
 * Makes an account for who was invited, with the password that they say. Whoever else registered the address has not shown
 * that it is theirs: that is gone.
 * @throws Failure `invalid_token`, or `invalid_request` for a common password: the link is still good then.
 */
export async function acceptInvitation(
  { database, passwords }: Tools,
  { token, password }: { token: string; password: string },
  at: Date,
): Promise<void> {
  const registrationOf = (tx: AccountsTx) => registrationOfLink(tx, token, at)
  const { email, email_key, first_name, last_name, display_name } = await database.accounts(registrationOf)
  refuseCommon(password, [email, first_name, last_name, display_name])
  const hash = await passwords.hash(password)
  await database.accounts(async (tx) => {
    const { id } = await registrationOf(tx)
    const gone = await tx.db.deleteFrom('registrations').where('email_key', '=', email_key).returning('id').execute()
    // Of two who come at once, the second has waited for the first and finds nothing.
    if (!gone.some((one) => one.id === id)) throw noSuchLink()
    const named = { email, firstName: first_name, lastName: last_name, displayName: display_name }
    if (!(await createAccount(tx.db, named, hash, at))) throw noSuchLink()
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
  const accountOf = (tx: AccountsTx) => accountOfLink(tx, token, at)
  const { email, first_name, last_name, display_name } = await database.accounts(accountOf)
  refuseCommon(password, [email, first_name, last_name, display_name])
  const password_hash = await passwords.hash(password)
  await database.accounts(async (tx) => {
    const { id } = await accountOf(tx)
    const used = await tx.db.deleteFrom('link_tokens').where('account_id', '=', id).returning('hash').execute()
    if (!used.some(({ hash }) => hash.equals(hashOf(token)))) throw noSuchLink()
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
  const ranOut = (ms: number) => new Date(at.getTime() - ms)
  await db
    .deleteFrom('registrations')
    .where('created_at', '<=', ranOut(2 * linkMs.registration))
    .where((eb) => eb.or([eb('password_hash', 'is not', null), eb('created_at', '<=', ranOut(linkMs.invitation))]))
    .execute()
}
