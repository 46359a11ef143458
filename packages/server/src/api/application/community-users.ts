import { type AnswerOf, CommunityUser, type QueryOf } from '@rai/contract'
import { goesOn, lastVisits } from '../../domain/gamification/visits.js'
import { listMembers, type MemberPage } from '../../domain/members/list.js'
import { type Member, memberByUserId, notDeleted } from '../../domain/members/members.js'
import type { Handlers, Services } from '../../http/context.js'
import { pageByNumber } from '../../http/page.js'
import { pick, project } from '../../http/project.js'
import { shownAvatarUrl } from '../../pages/pictures.js'
import { readsOthers } from '../others.js'

/** The sortable fields and their columns. Short numbers are given in the order of joining. */
const columns = {
  createdAt: 'number',
  displayName: 'name_key',
  username: 'username',
} as const satisfies Record<string, MemberPage['sort']['column']>

type Users = 'GET /apis/v1/communities/{communityId}/users'
type User = 'GET /apis/v1/users/{userId}'

export const communityUsers: Handlers<Users | User> = {
  'GET /apis/v1/communities/{communityId}/users': async (context) => {
    const { tx, query, deps, now } = context
    const { sort = 'createdAt:desc', search, fields } = query
    const [by, direction] = sort.split(':') as [keyof typeof columns, 'asc' | 'desc']
    const members = await pageByNumber(context, (page) =>
      listMembers(tx, { ...page, sort: { column: columns[by], direction }, search }),
    )
    const visits = await lastVisits(
      tx,
      members.map(({ id }) => id),
    )
    return members.map((member) => project(CommunityUser, showUser(member, visits.get(member.id), deps, now), fields))
  },

  'GET /apis/v1/users/{userId}': async ({ tx, params, query, principal, deps, now }) => {
    const found = await memberByUserId(tx, params.userId)
    const mayRead = found.id === principal.memberId || (await readsOthers(tx, principal))
    const member = notDeleted(mayRead ? found : undefined)
    const visits = await lastVisits(tx, [member.id])
    return select(showUser(member, visits.get(member.id), deps, now), query)
  },
}

type Shown = AnswerOf<User>

/** The fields that are asked for by name; where none is, all but those that are not wanted. */
function select(user: Shown, { serverId: _serverId, ...asked }: QueryOf<User>): Shown {
  const said = (word: 'true' | 'false') =>
    Object.entries(asked).flatMap(([name, value]) => (value === word ? [name] : []))
  const [wanted, unwanted] = [said('true'), said('false')]
  return pick(user, (name) => (wanted.length > 0 ? wanted.includes(name) : !unwanted.includes(name)))
}

const showUser = (member: Member, visitedAt: Date | undefined, { config }: Services, now: Date) => ({
  _id: member.id,
  id: String(member.number),
  avatar: shownAvatarUrl(config.filesUrl, member),
  displayName: member.display_name,
  username: member.username,
  firstName: member.first_name,
  lastName: member.last_name,
  email: member.email,
  isOnline: member.status === 'active' && visitedAt !== undefined && goesOn(visitedAt, now),
  lastLogin: visitedAt?.toISOString() ?? null,
  status: member.status as Exclude<Member['status'], 'deleted'>,
  createdAt: member.created_at.toISOString(),
  updatedAt: member.updated_at.toISOString(),
  __v: member.revision,
})
