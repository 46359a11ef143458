import { createAccount, type NewAccount } from '../../packages/server/src/domain/accounts/accounts.js'
import { beginSession, type SignedIn } from '../../packages/server/src/domain/accounts/sessions.js'
import { type Move, post } from '../../packages/server/src/domain/ledger.js'
import { createMember, type Member, type NewMember } from '../../packages/server/src/domain/members/members.js'
import type { TestCommunity } from './community.js'
import type { TestServer } from './server.js'

type Server = Pick<TestServer, 'database'>

/** A member who signed in, and what they ask with. */
export interface Person extends Member {
  bearer: string
}

/** An id that nobody and nothing has. */
export const missingId = '01890000-0000-7000-8000-000000000000'

/** An account, which no password opens by default. Answers its id. */
export async function newAccount(
  { database }: Server,
  { passwordHash = '', ...account }: NewAccount & { passwordHash?: string },
  at = new Date(),
): Promise<string> {
  return (await database.accounts(({ db }) => createAccount(db, account, passwordHash, at)))!.id
}

/** Begins a login and answers its access token. */
export async function signIn({ database }: Server, who: SignedIn, at = new Date()): Promise<string> {
  return (await database.accounts((tx) => beginSession(tx, who, at))).tokens.accessToken
}

/** Makes a member with an account, who signs in. */
export async function signedIn(
  server: Server,
  { id, tenant }: Pick<TestCommunity, 'id' | 'tenant'>,
  { passwordHash = '', ...person }: NewMember & { passwordHash?: string },
  at = new Date(),
): Promise<Person> {
  const email = person.email ?? `${person.username.replaceAll(' ', '.')}@${id}.example`
  const accountId = await newAccount(server, { email, passwordHash }, at)
  const member = await tenant((tx) => createMember(tx, { ...person, accountId }, at))
  return { ...member, bearer: await signIn(server, { accountId }, at) }
}

let moves = 0
/** Gives a member points, XP by default, each time anew. */
export const earn = (
  { tenant }: Pick<TestCommunity, 'tenant'>,
  memberId: string,
  amount: number,
  { at = new Date(), ...more }: Partial<Move> & { at?: Date } = {},
) =>
  tenant((tx) => {
    const move = {
      memberId,
      unit: 'xp',
      amount,
      reason: 'adjustment',
      key: `earned ${++moves}`,
      actor: 'test',
    } as const
    return post(tx, [{ ...move, ...more }], at)
  })
