import type { BodyOf, FieldValue } from '@rai/contract'
import type { Tx } from '../../db/database.js'
import { clockOf } from '../../domain/clock.js'
import { thisCommunity } from '../../domain/communities.js'
import { countFacts } from '../../domain/facts.js'
import { Failure, type FailureDetail } from '../../domain/failure.js'
import { isAsked, listFields, mustBe, readValue } from '../../domain/fields/fields.js'
import { type NewValue, valuesOf } from '../../domain/fields/values.js'
import { takeEarnings } from '../../domain/gamification/earning.js'
import { gamificationOf } from '../../domain/gamification/settings.js'
import { currentStreak, visitsOf } from '../../domain/gamification/visits.js'
import { deleteMember, restoreMember } from '../../domain/members/deletions.js'
import { invite } from '../../domain/members/invitations.js'
import {
  balancesOf,
  createMember,
  defaultExternalIdType,
  earnedToday,
  findMember,
  findMemberByAny,
  type Member,
  notDeleted,
} from '../../domain/members/members.js'
import { rolesOf, setAccessLevel } from '../../domain/roles.js'
import { memberByCode, payReferral } from '../../domain/socials/referrals.js'
import type { Context, Handlers } from '../../http/context.js'
import { countMail } from '../system/accounts.js'

type CreateUser = BodyOf<'POST /apis/v1/users'>

export const users: Handlers<'POST /apis/v1/users' | 'POST /apis/v1/users/info' | 'POST /apis/v1/users/manage'> = {
  'POST /apis/v1/users': async (context) => {
    const { tx, principal, body, now } = context
    refuseWhatIsNotThere(body)
    const isInvited = body.sendEmail || body.emailPassword
    if (isInvited) await countInvitation(context, body.email)
    const values = await readCustomFields(tx, body.customFields ?? [])
    const referrer = body.referral ? await referrerOf(tx, body.referral) : undefined
    // Before the new member, as locks have their order.
    if (referrer && (await gamificationOf(tx)).earning.referral.enabled) await takeEarnings(tx, referrer.id)
    const { username, email, displayname, firstname, lastname, externalId = null, avatarUrl, timeZone } = body
    const externalIds = externalId === null ? [] : [{ type: defaultExternalIdType, value: externalId }]
    const member = await createMember(
      tx,
      {
        username,
        email,
        displayName: displayname,
        firstName: firstname,
        lastName: lastname,
        externalIds,
        fields: { values, source: 'api', actor: principal.keyId },
        avatarSource: avatarUrl,
        timeZone,
        referredBy: referrer?.id,
      },
      now,
    )
    const { accessLevel } = body
    const levelled = accessLevel === undefined ? member : await setAccessLevel(tx, member, accessLevel, now)
    // A role may allow more than this key does. A level that names none passes: it stands in documented requests.
    if (levelled.role_ids.length > 0 && principal.kind !== 'systemKey')
      throw new Failure('forbidden', 'Only the system key gives a role. Leave accessLevel out.')
    if (referrer) await payReferral(tx, member, referrer.id, now)
    if (isInvited) await invite(tx, member.id, now)
    return showUser(levelled, externalId)
  },

  'POST /apis/v1/users/info': async ({ tx, principal, body, now }) => {
    const [found, community, settings] = await Promise.all([
      findMemberByAny(tx, body.idOrEmail),
      thisCommunity(tx),
      gamificationOf(tx),
    ])
    // A user key is told of nobody else, not even whether they are there.
    const isTold = principal.kind !== 'userKey' || found?.id === principal.memberId
    const member = notDeleted(isTold ? found : undefined)
    const ever = { subject: null, since: null, until: null }
    const [balances, today, values, roles, visits, [messages, replies, reactions]] = await Promise.all([
      balancesOf(tx, member.id),
      earnedToday(tx, member.id, clockOf(community), now),
      valuesOf(tx, member.id),
      rolesOf(tx, member),
      visitsOf(tx, member.id),
      countFacts(
        tx,
        member.id,
        (['message', 'reply', 'reaction'] as const).map((kind) => ({ kind, ...ever })),
      ),
    ])
    return {
      userId: String(member.number),
      username: member.username,
      xp: balances.xp,
      coins: balances.currency,
      roles: roles.map(({ title }) => title),
      highestRole: roles.at(-1)!.title,
      firstName: member.first_name,
      lastName: member.last_name,
      xpEarnedToday: today.xp,
      coinsEarnedToday: today.currency,
      language: member.language,
      totalMessages: messages!,
      totalReactions: reactions!,
      visitCount: visits?.count ?? 0,
      replySent: replies!,
      // Nothing counts it. Clients of the documented API read a number here.
      timeSpent: 0,
      loginStreak: currentStreak(visits, member, community, settings, now).days,
      customFields: { ...member.fields, ...values },
    }
  },

  'POST /apis/v1/users/manage': async ({ tx, body: { action, user }, note, now }) => {
    // By id first: members choose their usernames, and another's id may be one.
    const member = (await findMember(tx, { id: user })) ?? (await findMember(tx, { username: user }))
    if (!member) throw new Failure('not_found', 'There is no such member.')
    await (action === 'delete' ? deleteMember : restoreMember)(tx, member, now)
    note.action = action
    return { action, user, _id: member.id }
  },
}

/** @throws Failure `unknown_reference` for nobody, and for whoever is deleted. */
async function referrerOf(tx: Tx, referral: string): Promise<Member> {
  const member = (await memberByCode(tx, referral)) ?? (await findMemberByAny(tx, referral))
  if (member && member.status !== 'deleted') return member
  const details = [{ path: 'referral', message: 'no such member' }]
  throw new Failure('unknown_reference', 'The member who brought them is not here.', details)
}

/**
 * What the documented operation does and this server does not: a login belongs to whoever confirmed its address, and is good in
 * every community, so that none sets its password. An empty value asks for nothing. `joinServer` and `emailTemplate` stand in
 * every documented request and are let pass; the contract says so.
 */
const notThere = ['password', 'confirmPassword'] as const

function refuseWhatIsNotThere(body: CreateUser): void {
  const asked = notThere.filter((name) => body[name])
  if (asked.length > 0) {
    throw new Failure(
      'not_supported',
      `A login is its owner’s, who chooses the password: leave out ${asked.join(', ')}, and say sendEmail to invite them.`,
      asked.map((path) => ({ path, message: 'is not supported' })),
    )
  }
}

/** Mails go to whomever somebody names: so many to one address, and so many of one community. */
async function countInvitation(
  { deps, limit, tx }: Pick<Context<'POST /apis/v1/users'>, 'deps' | 'limit' | 'tx'>,
  email: string | undefined,
): Promise<void> {
  if (email === undefined) {
    const details = [{ path: 'email', message: 'is needed for a mail' }]
    throw new Failure('invalid_request', 'Say the e-mail of whom you invite.', details)
  }
  await countMail({ deps, limit }, email)
  await limit.take('invitations', tx.communityId)
}

type CustomFields = NonNullable<CreateUser['customFields']>

/** @throws Failure for fields that are not there, values that they cannot have, a field that is named twice or is missing. */
async function readCustomFields(tx: Tx, given: CustomFields): Promise<Omit<NewValue, 'memberId'>[]> {
  const fields = await listFields(tx)
  const named = given.map(({ fieldIdorName: name, value }, n) => ({
    field: fields.find(({ field }) => field === name) ?? fields.find(({ id }) => id === name),
    value,
    path: `customFields.${n}`,
  }))
  const unknown = named.filter(({ field }) => field === undefined)
  if (unknown.length > 0) {
    throw new Failure(
      'unknown_reference',
      'The community has no such custom fields.',
      unknown.map(({ path }) => ({ path: `${path}.fieldIdorName`, message: 'no such field' })),
    )
  }
  const values = new Map<string, FieldValue>()
  const wrong = named.flatMap(({ field, value, path }): FailureDetail[] => {
    const { id: fieldId } = field!
    if (values.has(fieldId)) return [{ path: `${path}.fieldIdorName`, message: 'is named twice' }]
    const read = readValue(field!, value)
    values.set(fieldId, read ?? '')
    return read === undefined ? [{ path: `${path}.value`, message: mustBe(field!) }] : []
  })
  if (wrong.length > 0) throw new Failure('invalid_request', 'The custom fields cannot have these values.', wrong)
  const missing = fields.filter((field) => isAsked(field) && !values.has(field.id))
  if (missing.length > 0) {
    throw new Failure(
      'invalid_request',
      'Say all custom fields that are required.',
      missing.map(({ field }) => ({ path: 'customFields', message: `${field} is missing` })),
    )
  }
  return [...values].map(([fieldId, value]) => ({ fieldId, value }))
}

const showUser = (member: Member, externalId: string | null) => ({
  _id: member.id,
  id: String(member.number),
  username: member.username,
  displayName: member.display_name,
  firstName: member.first_name,
  lastName: member.last_name,
  email: member.email,
  externalId,
  createdAt: member.created_at.toISOString(),
  updatedAt: member.updated_at.toISOString(),
  __v: member.revision,
})
