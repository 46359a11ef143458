import { type managementFamily, Username } from '@rai/contract'
import type { Database, Tx } from '../../db/database.js'
import { Failure } from '../failure.js'
import { takeEarnings } from '../gamification/earning.js'
import { isNewVisit } from '../gamification/visits.js'
import { goodKeyById, type Key } from '../keys/keys.js'
import type { EmbedClaims, Tokens } from '../keys/tokens.js'
import { takeTurn } from '../locks.js'
import { memberByCode, payReferral } from '../socials/referrals.js'
import { createMember, findMember, type Member, type MemberName, memberSignedIn } from './members.js'
import { admitted } from './moderation.js'

const nameOf = (meaning: managementFamily.IdentifierMeaning, value: string): MemberName => {
  switch (meaning) {
    case '@username':
      return { username: value }
    case '@id':
      return { id: value }
    default:
      return { externalId: { type: meaning, value } }
  }
}

/**
 * The one active member that all identifiers name, by what a widget access key declares them to mean. A key with
 * `create_member` makes somebody of whom nothing is known yet, if it is told a username.
 * @param referral The code of who brought them, if they are made.
 * @throws Failure `invalid_request` for an undeclared identifier, `not_found` for nobody, or for more than one, `suspended` or
 * `banned`.
 */
export async function identifyMember(
  tx: Tx,
  key: Key,
  identifiers: Readonly<Record<string, string>>,
  at: Date,
  referral?: string,
): Promise<Member> {
  const given = Object.entries(identifiers).map(([name, value]) => ({ name, value, meaning: key.identifiers[name] }))
  const undeclared = given.filter(({ meaning }) => meaning === undefined)
  if (undeclared.length > 0) {
    throw new Failure(
      'invalid_request',
      'Declare the identifier on the widget access key first.',
      undeclared.map(({ name }) => ({
        path: `userIdentifiers.${name}`,
        message: 'is not declared on this access key',
      })),
    )
  }
  const names = given.map(({ meaning, value }) => nameOf(meaning!, value))
  const username = given.find(({ meaning }) => meaning === '@username')?.value

  let members = await findAll(tx, names)
  if (key.create_member && username !== undefined && members.includes(undefined)) {
    // Two pages may name the same new member at once: the second waits here and then finds what the first made. Half of
    // the names found may be no contradiction either, but the first one's commit between two of our look-ups.
    await takeTurn(tx, 'username', username)
    members = await findAll(tx, names)
    if (members.every((member) => member === undefined)) {
      if (!Username.safeParse(username).success)
        throw new Failure('invalid_request', 'This is no username: one line, 1 to 100 characters.')
      const externalIds = names.flatMap((name) => ('externalId' in name ? [name.externalId] : []))
      const referrer = referral === undefined ? undefined : await memberByCode(tx, referral)
      if (referrer) await takeEarnings(tx, referrer.id)
      const member = await createMember(tx, { username, externalIds, referredBy: referrer?.id }, at)
      if (referrer) await payReferral(tx, member, referrer.id, at)
      return member
    }
  }
  const [found] = members
  const member = members.every((other) => other?.id === found?.id) ? await admitted(tx, found) : undefined
  if (!member) throw new Failure('not_found', 'These identifiers do not name one active member.')
  return member
}

async function findAll(tx: Tx, names: readonly MemberName[]): Promise<(Member | undefined)[]> {
  const members: (Member | undefined)[] = []
  for (const name of names) members.push(await findMember(tx, name))
  return members
}

/**
 * What an embed token says, if all that it rests on still stands: its access key and its member are looked up each time.
 * Tells as well whether who uses it has come again.
 * @throws Failure `token_expired`, `unauthorized`, `suspended` or `banned`
 */
export async function readEmbedToken(
  { database, tokens }: { database: Database; tokens: Tokens },
  token: string,
  at: Date,
): Promise<{ claims: EmbedClaims; key: Key; member: Member; isVisit: boolean }> {
  const claims = await tokens.verify(token, at)
  return database.tenant(
    claims.communityId,
    async (tx) => {
      const [key, found, isVisit] = await Promise.all([
        goodKeyById(tx, claims.accessKeyId, at),
        memberSignedIn(tx, claims.memberId, claims.issuedAt),
        isNewVisit(tx, claims.memberId, at),
      ])
      const isMinter = key?.kind === 'widget_access' && key.generation === claims.generation
      const member = isMinter ? await admitted(tx, found) : undefined
      if (!isMinter || !member) throw new Failure('unauthorized', 'This token is not good any more. Ask for a new one.')
      return { claims, key, member, isVisit }
    },
    { snapshot: true },
  )
}
