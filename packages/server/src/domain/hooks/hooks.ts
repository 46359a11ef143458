import { randomBytes } from 'node:crypto'
import { keyPrefixes, type managementFamily } from '@rai/contract'
import { type Selectable, sql } from 'kysely'
import type { Database, Tx } from '../../db/database.js'
import type { Tables } from '../../db/tables.js'
import { atMost } from '../at-most.js'
import { findTarget } from '../channels.js'
import { Failure } from '../failure.js'
import { findFields } from '../fields/fields.js'
import { isId, newId } from '../ids.js'
import type { RootKey } from '../keys/secrets.js'
import { hashOf, hintOf, isWellFormed, newSecret as newKeyText } from '../keys/text.js'
import { awaitUsesOf, sharingKeys } from '../locks.js'
import { findMember, userIdName } from '../members/members.js'
import { atPath, refuseUnknown } from '../references.js'
import {
  dropSecrets,
  type LiveSecrets,
  liveSecrets,
  newSecret,
  rotateSecret,
  writeSigningSecret,
} from '../webhooks/secrets.js'

/** Where another system has something done. */
export type Hook = Selectable<Tables['hooks']>
export type HookAction = managementFamily.HookAction
type HookInput = {
  [Name in keyof managementFamily.HookFields]?: managementFamily.HookFields[Name] | undefined
}

/** What was made, and what is shown of it this once: what was given is known already. */
export interface NewHookSecrets {
  hook: Hook
  address?: string
  key?: string
  signingSecret?: string
  encryptionKey?: string
}

/** Somebody who does not show all that the hook wants. What is missing stands in the log alone: everybody hears the same. */
export class NotLetIn extends Failure {
  readonly reason: string
  constructor(reason: string) {
    super('unauthorized', 'This hook is not known, or wants to see something else.')
    this.reason = reason
  }
}

const mostHooks = 50

const hooks = (tx: Tx) => tx.db.selectFrom('hooks').where('community_id', '=', tx.communityId)

/** Oldest first. */
export const listHooks = (tx: Tx): Promise<Hook[]> => hooks(tx).selectAll().orderBy('id').execute()

export async function hookById(tx: Tx, id: string): Promise<Hook> {
  const hook = isId(id) ? await hooks(tx).selectAll().where('id', '=', id).executeTakeFirst() : undefined
  if (!hook) throw new Failure('not_found', 'There is no such hook.')
  return hook
}

/** Which hook has an address, before a community is known. */
export async function findHook(
  database: Database,
  address: string,
): Promise<Pick<Hook, 'community_id' | 'id'> | undefined> {
  if (!address.startsWith(keyPrefixes.hookAddress) || !isWellFormed(address)) return undefined
  const hash = hashOf(address)
  return database.lookup(hash.toString('hex'), (db) =>
    db.selectFrom('hooks').select(['community_id', 'id']).where('address_hash', '=', hash).executeTakeFirst(),
  )
}

/** A hook and its secrets, which stay so until the transaction ends. Undefined where it is gone. */
export async function useHook(
  tx: Tx,
  rootKey: RootKey,
  id: string,
  at: Date,
): Promise<{ hook: Hook; secrets: LiveSecrets } | undefined> {
  await tx.send(sharingKeys(tx.db, { ids: [id] }))
  const hook = await hooks(tx).selectAll().where('id', '=', id).executeTakeFirst()
  return hook && { hook, secrets: (await liveSecrets(tx, rootKey, [id], at)).get(id)! }
}

/**
 * @throws Failure `invalid_request` for one that anybody could use, or a secret that does not fit; `unknown_reference`;
 * `conflict` where there are too many.
 */
export async function createHook(
  tx: Tx,
  rootKey: RootKey,
  { name, action, description = '', ...input }: HookInput & Pick<managementFamily.HookFields, 'name' | 'action'>,
  at: Date,
): Promise<NewHookSecrets> {
  atMost(mostHooks, (await listHooks(tx)).length + 1, 'A community', 'hooks')
  const address = newKeyText(keyPrefixes.hookAddress)
  const hook = await tx.db
    .insertInto('hooks')
    .values({
      community_id: tx.communityId,
      id: newId(at.getTime()),
      name: name!.trim(),
      description: description.trim(),
      action: JSON.stringify(await checkedAction(tx, action!)),
      address_hash: hashOf(address),
      address_hint: hintOf(address),
      requires_key: input.requiresKey ?? false,
      signature: input.signature ?? 'none',
      encryption: input.encryption ?? 'none',
      is_enabled: input.isEnabled ?? true,
      created_at: at,
      updated_at: at,
    })
    .returningAll()
    .executeTakeFirstOrThrow()
  return { hook, address, ...(await settle(tx, rootKey, undefined, hook, input, at)) }
}

/**
 * Changes what is given, and nothing else. What is turned on gets its secret, what is turned off loses it.
 * @throws Failure as `createHook`, `not_found`.
 */
export async function updateHook(
  tx: Tx,
  rootKey: RootKey,
  id: string,
  { name, description, action, isEnabled, ...input }: HookInput,
  at: Date,
): Promise<NewHookSecrets> {
  await awaitUsesOf(tx, id)
  const before = await hookById(tx, id)
  const { requiresKey, signature, encryption } = input
  const hook = await tx.db
    .updateTable('hooks')
    .set({
      ...(name !== undefined && { name: name.trim() }),
      ...(description !== undefined && { description: description.trim() }),
      ...(action && { action: JSON.stringify(await checkedAction(tx, action)) }),
      ...(requiresKey !== undefined && { requires_key: requiresKey }),
      ...(signature && { signature }),
      ...(encryption && { encryption }),
      ...(isEnabled !== undefined && { is_enabled: isEnabled }),
      updated_at: at,
      revision: sql`revision + 1`,
    })
    .where('community_id', '=', tx.communityId)
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirstOrThrow()
  return { hook, ...(await settle(tx, rootKey, before, hook, input, at)) }
}

/** Safe to repeat, but for a `not_found`. */
export async function deleteHook(tx: Tx, id: string): Promise<void> {
  await awaitUsesOf(tx, id)
  await hookById(tx, id)
  await dropSecrets(tx, id)
  await tx.db.deleteFrom('hooks').where('community_id', '=', tx.communityId).where('id', '=', id).execute()
}

/**
 * Makes another secret of one kind.
 * @throws Failure `not_found`, `conflict` for a kind that the hook has none of.
 */
export async function rotateHook(
  tx: Tx,
  rootKey: RootKey,
  id: string,
  secret: managementFamily.HookSecret,
  at: Date,
): Promise<NewHookSecrets> {
  await awaitUsesOf(tx, id)
  const before = await hookById(tx, id)
  const has = {
    url: true,
    key: before.requires_key,
    signingSecret: isSigned(before),
    encryptionKey: isEncrypted(before),
  }
  if (!has[secret]) throw new Failure('conflict', `This hook has no ${secret}.`)
  const address = newKeyText(keyPrefixes.hookAddress)
  const hook = await tx.db
    .updateTable('hooks')
    .set({
      ...(secret === 'url' && { address_hash: hashOf(address), address_hint: hintOf(address) }),
      updated_at: at,
      revision: sql`revision + 1`,
    })
    .where('community_id', '=', tx.communityId)
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirstOrThrow()
  switch (secret) {
    case 'url':
      return { hook, address }
    case 'key': {
      const key = newKeyText(keyPrefixes.hookKey)
      await rotateSecret(tx, rootKey, id, at, 'key', hashOf(key))
      return { hook, key }
    }
    case 'signingSecret': {
      const signingSecret = madeSigningSecret()
      await rotateSecret(tx, rootKey, id, at, 'sign', Buffer.from(signingSecret))
      return { hook, signingSecret }
    }
    case 'encryptionKey': {
      const encryptionKey = madeEncryptionKey()
      await dropSecrets(tx, id, 'encrypt')
      await newSecret(tx, rootKey, id, 'encrypt', Buffer.from(encryptionKey))
      return { hook, encryptionKey }
    }
  }
}

const isSigned = ({ signature }: Hook): boolean => signature !== 'none'
const isEncrypted = ({ encryption }: Hook): boolean => encryption !== 'none'

const madeSigningSecret = (): string => writeSigningSecret(randomBytes(32))
/** 32 characters of 64 different ones: 192 random bits. */
const madeEncryptionKey = (): string => randomBytes(24).toString('base64url')

/** Gives a hook the secrets that it needs now and takes those that it does not. Answers what we made. */
async function settle(
  tx: Tx,
  rootKey: RootKey,
  before: Hook | undefined,
  hook: Hook,
  { signingSecret, encryptionKey }: HookInput,
  at: Date,
): Promise<Omit<NewHookSecrets, 'hook'>> {
  checkGuards(hook)
  checkGiven(hook, signingSecret, encryptionKey)
  const made: Omit<NewHookSecrets, 'hook'> = {}
  const { id } = hook
  if (!hook.requires_key) await dropSecrets(tx, id, 'key')
  else if (!before?.requires_key) {
    made.key = newKeyText(keyPrefixes.hookKey)
    await newSecret(tx, rootKey, id, 'key', hashOf(made.key))
  }
  // What was signed in another way is good no more.
  const isOther = before?.signature !== hook.signature
  if (isOther) await dropSecrets(tx, id, 'sign')
  if (isSigned(hook) && signingSecret !== undefined)
    await rotateSecret(tx, rootKey, id, at, 'sign', Buffer.from(signingSecret))
  else if (isSigned(hook) && isOther) {
    made.signingSecret = madeSigningSecret()
    await newSecret(tx, rootKey, id, 'sign', Buffer.from(made.signingSecret))
  }
  if (!isEncrypted(hook) || encryptionKey !== undefined) await dropSecrets(tx, id, 'encrypt')
  if (isEncrypted(hook) && encryptionKey !== undefined)
    await newSecret(tx, rootKey, id, 'encrypt', Buffer.from(encryptionKey))
  else if (isEncrypted(hook) && !(before && isEncrypted(before))) {
    made.encryptionKey = madeEncryptionKey()
    await newSecret(tx, rootKey, id, 'encrypt', Buffer.from(made.encryptionKey))
  }
  return made
}

/** What moves what members have, or can be changed on its way, needs more than an address. */
function checkGuards({ action, requires_key, signature, encryption }: Hook): void {
  if (requires_key || signature !== 'none') return
  const refuse = (message: string, path: string) =>
    new Failure('invalid_request', `${message} needs a key or a signature.`, [
      { path, message: 'needs requiresKey or a signature' },
    ])
  if (action.kind !== 'message') throw refuse('A hook for fields or currency', 'action.kind')
  if (encryption === 'aes-256-cbc') throw refuse('AES-CBC proves nothing, and', 'encryption')
}

function checkGiven(hook: Hook, signingSecret: string | undefined, encryptionKey: string | undefined): void {
  if (signingSecret !== undefined) {
    const refuse = (message: string) =>
      new Failure('invalid_request', 'This is no secret that such a hook has.', [{ path: 'signingSecret', message }])
    if (!isSigned(hook)) throw refuse('is for a hook with a signature')
    if (hook.signature === 'standard' && !readSigningSecret(signingSecret))
      throw refuse('must be whsec_ and 24 to 64 bytes in base64')
  }
  if (encryptionKey !== undefined && !isEncrypted(hook))
    throw new Failure('invalid_request', 'This is no secret that such a hook has.', [
      { path: 'encryptionKey', message: 'is for a hook with encryption' },
    ])
}

/** The bytes of a secret as Standard Webhooks write it. */
export function readSigningSecret(text: string): Buffer | undefined {
  const [, base64] = /^whsec_([A-Za-z\d+/]+={0,2})$/.exec(text) ?? []
  const bytes = Buffer.from(base64 ?? '', 'base64')
  return bytes.length >= 24 && bytes.length <= 64 ? bytes : undefined
}

/** What a hook is to do, with the id of a member that it names. */
async function checkedAction(tx: Tx, action: HookAction): Promise<HookAction> {
  switch (action.kind) {
    case 'message': {
      const channel = await findTarget(tx, { onlooker: null, isBackEnd: true, only: null }, action.channelId)
      refuseUnknown('channels', { 'action.channelId': action.channelId }, new Set(channel ? [channel.id] : []))
      const member = await findMember(tx, userIdName(action.userId))
      const isThere = member && member.status !== 'deleted'
      refuseUnknown('members', { 'action.userId': action.userId }, new Set(isThere ? [action.userId] : []))
      return { ...action, userId: member!.id }
    }
    case 'fields': {
      const known = await findFields(tx, action.fields)
      refuseUnknown('fields', atPath('action.fields', action.fields), new Set(known.keys()))
      return action
    }
    case 'currency':
      return action
  }
}
