import type { BodyOf } from '@rai/contract'
import { Failure } from '../../domain/failure.js'
import {
  balancesOf,
  createMember,
  defaultExternalIdType,
  earnedToday,
  findMemberByAny,
  type Member,
} from '../../domain/members.js'
import type { Handlers } from '../../http/context.js'

type CreateUser = BodyOf<'POST /apis/v1/users'>

export const users: Handlers<'POST /apis/v1/users' | 'POST /apis/v1/users/info'> = {
  'POST /apis/v1/users': async ({ tx, body, now }) => {
    refuseWhatIsNotThere(body)
    const { username, email, displayname, firstname, lastname, externalId = null } = body
    const externalIds = externalId === null ? [] : [{ type: defaultExternalIdType, value: externalId }]
    const member = await createMember(
      tx,
      { username, email, displayName: displayname, firstName: firstname, lastName: lastname, externalIds },
      now,
    )
    return showUser(member, externalId)
  },

  'POST /apis/v1/users/info': async ({ tx, body, now }) => {
    const member = await findMemberByAny(tx, body.idOrEmail)
    if (!member || member.status === 'deleted') throw new Failure('not_found', 'There is no such member.')
    const balances = await balancesOf(tx, member.id)
    const today = await earnedToday(tx, member.id, now)
    return {
      userId: String(member.number),
      username: member.username,
      xp: balances.xp,
      coins: balances.currency,
      roles: ['@all'],
      highestRole: '@all',
      firstName: member.first_name,
      lastName: member.last_name,
      xpEarnedToday: today.xp,
      coinsEarnedToday: today.currency,
      language: member.language,
      // Nothing counts these yet. Clients of the documented API read numbers here.
      totalMessages: 0,
      totalReactions: 0,
      visitCount: 0,
      replySent: 0,
      timeSpent: 0,
      loginStreak: 0,
      customFields: {},
    }
  },
}

/**
 * What the documented operation does and this server cannot do yet. An empty value asks for nothing. `accessLevel`,
 * `joinServer` and `emailTemplate` stand in every documented request and are let pass; the contract says so.
 */
const notThere = ['sendEmail', 'emailPassword', 'password', 'confirmPassword', 'referral'] as const

function refuseWhatIsNotThere(body: CreateUser): void {
  const asked = notThere.filter((name) => body[name])
  if (asked.length > 0) {
    throw new Failure(
      'not_supported',
      `This server cannot do that yet: ${asked.join(', ')}. Leave it out.`,
      asked.map((path) => ({ path, message: 'is not supported yet' })),
    )
  }
  if (body.customFields && body.customFields.length > 0) {
    throw new Failure(
      'unknown_reference',
      'The community has no such custom fields.',
      body.customFields.map((_, n) => ({ path: `customFields.${n}.fieldIdorName`, message: 'no such field' })),
    )
  }
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
