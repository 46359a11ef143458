import type { Tx } from '../../db/database.js'
import type { InvitedAbout } from '../../db/tables.js'
import { newId } from '../ids.js'

/** Leaves a mail that leads a member to a login to the background. */
export async function invite(tx: Tx, memberId: string, at: Date): Promise<void> {
  await tx.db
    .insertInto('invitations')
    .values({ community_id: tx.communityId, id: newId(at.getTime()), member_id: memberId })
    .execute()
  tx.wake('notices')
}

/** How many are looked at in one step. */
const atOnce = 200

/** Which mails are due to members who are invited. Nobody invites who has left meanwhile. */
export async function dueInvitations(tx: Tx): Promise<{
  due: string[]
  notices: { id: string; recipient: string; about: InvitedAbout }[]
}> {
  const rows = await tx.db
    .selectFrom('invitations as i')
    .innerJoin('members as m', (join) =>
      join.onRef('m.community_id', '=', 'i.community_id').onRef('m.id', '=', 'i.member_id'),
    )
    .innerJoin('communities as c', 'c.id', 'i.community_id')
    .select(['i.id', 'm.email', 'm.status', 'm.first_name', 'm.last_name', 'm.display_name', 'c.name as community'])
    .where('i.community_id', '=', tx.communityId)
    .limit(atOnce)
    .execute()
  return {
    due: rows.map(({ id }) => id),
    notices: rows.flatMap(({ id, email, status, community, first_name, last_name, display_name }) =>
      email === null || status !== 'active'
        ? []
        : [
            {
              id,
              recipient: email,
              about: { community, firstName: first_name, lastName: last_name, displayName: display_name },
            },
          ],
    ),
  }
}

/** Takes note that mails are on their way. */
export async function dropInvitations(tx: Tx, ids: readonly string[]): Promise<void> {
  await tx.db.deleteFrom('invitations').where('community_id', '=', tx.communityId).where('id', 'in', ids).execute()
}
