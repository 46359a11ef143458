import { type RawBuilder, sql } from 'kysely'

/** A code that runs out sooner is of no use to who would buy it. */
const leastMs = 60_000

/** What a code must outlive to be sold. */
export const soon = (at: Date): Date => new Date(at.getTime() + leastMs)

/** The codes of the product `p` of a statement that can be sold at a moment: when each runs out. */
export const freeCodes = (communityId: string, at: Date): RawBuilder<unknown> => sql`
  select v.expires_at from vouchers v
  where v.community_id = ${communityId} and v.product_id = p.id and v.order_id is null and v.expires_at > ${soon(at)}`
