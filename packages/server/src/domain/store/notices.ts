import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import type { Tx } from '../../db/database.js'
import type { BackAbout } from '../../db/tables.js'

/** A mail to who waited for an item that is back. */
export interface Notice {
  /** The same for the same coming back, whoever looks. */
  id: string
  recipient: string
  about: BackAbout
}

/** Whose wish it is. */
interface DueWish {
  member_id: string
  product_id: string
  back_at: Date
}

/** How many are looked at in one step. */
const atOnce = 200

/**
 * Which mails are due to members who waited for items of this community. Who has left, or has no address, is told by pages
 * alone, and so is everybody where the store no longer says where it stands.
 */
export async function dueNotices(tx: Tx): Promise<{ due: DueWish[]; notices: Notice[] }> {
  const { rows } = await sql<DueWish & { email: string | null; item: string; community: string; page: string | null }>`
    select w.member_id, w.product_id, w.back_at, case when m.status = 'active' then m.email end as email, p.name as item,
      c.name as community, s.page
    from wishes w
    join members m on m.community_id = ${tx.communityId} and m.id = w.member_id
    join products p on p.community_id = ${tx.communityId} and p.id = w.product_id
    join communities c on c.id = ${tx.communityId}
    left join stores s on s.community_id = ${tx.communityId}
    where w.community_id = ${tx.communityId} and w.is_mail_due
    limit ${atOnce}`.execute(tx.db)
  return {
    due: rows,
    notices: rows.flatMap(({ email, page, item, community, ...wish }) =>
      email === null || page === null
        ? []
        : [{ id: idOf(tx, wish), recipient: email, about: { item, community, page } }],
    ),
  }
}

/** Takes note that mails are on their way. A wish that waits anew since then is another one. */
export async function dropNotices(tx: Tx, wishes: readonly DueWish[]): Promise<void> {
  await sql`
    update wishes w set is_mail_due = false
    from unnest(
      ${sql.val(wishes.map(({ member_id }) => member_id))}::uuid[],
      ${sql.val(wishes.map(({ product_id }) => product_id))}::uuid[],
      ${sql.val(wishes.map(({ back_at }) => back_at))}::timestamptz[]
    ) as told (member_id, product_id, back_at)
    where w.community_id = ${tx.communityId} and w.member_id = told.member_id and w.product_id = told.product_id
      and w.back_at = told.back_at`.execute(tx.db)
}

/** An id that follows from what it is about, in the shape of a UUID. */
function idOf({ communityId }: Tx, { member_id, product_id, back_at }: DueWish): string {
  const text = `${communityId} ${member_id} ${product_id} ${back_at.toISOString()}`
  const hex = createHash('sha256').update(text).digest('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-')
}
