import type { Facts, ItemState } from '@rai/contract'
import { type RawBuilder, sql } from 'kysely'
import type { Tx } from '../../db/database.js'
import { Failure } from '../failure.js'
import { isId, nobody } from '../ids.js'
import { balancesOf, findMember } from '../members/members.js'
import { rolesOf } from '../roles.js'
import { freeCodes } from './codes.js'
import type { Product } from './products.js'

/*
 * What an item is for who asks: what it costs them, and whether they can buy it. It is found out in one statement, for a
 * page of the catalogue and for a purchase alike, so that nobody is shown what they are then refused.
 */

/** Who asks. */
export interface Buyer {
  memberId: string
  roleIds: readonly string[]
  fields: Readonly<Record<string, unknown>>
  xp: number
  currency: number
}

/** An item as it is for somebody at a moment. */
export interface Offer extends Product {
  /** What they pay; where the price is variable, what the choice begins with. */
  pays: number
  /** What everybody pays meanwhile; null without a discount that holds. */
  discount: number | null
  /** Whether one of its rules is for them. */
  is_open: boolean
  /** How much XP the least of the rules asks for that else are for them; null for none. */
  needs_xp: number | null
  /** How many are left, counted up to a hundred; null without limit. */
  remaining: number | null
  /** Of the code that would be sold next; null for none, and for ever. */
  code_expires_at: Date | null
  /** Whether they have had as many as they may, and until when; null for ever. */
  is_limited: boolean
  limited_until: Date | null
  /** Null where they do not save for it. */
  notify: boolean | null
  back_at: Date | null
}

/** Some member who has done nothing yet and has enough: what visitors are shown. */
const anybody = (tx: Tx): Buyer => ({
  memberId: nobody,
  roleIds: [tx.communityId],
  fields: {},
  xp: 0,
  currency: Number.MAX_SAFE_INTEGER,
})

/** @param memberId Undefined for a visitor. */
export async function buyerOf(tx: Tx, memberId: string | undefined): Promise<Buyer> {
  if (memberId === undefined) return anybody(tx)
  const [member, balances] = await Promise.all([findMember(tx, { id: memberId }), balancesOf(tx, memberId)])
  if (!member) throw new Failure('unauthorized')
  const roles = await rolesOf(tx, member)
  return { memberId, roleIds: roles.map(({ id }) => id), fields: member.fields, ...balances }
}

/** So many are counted. */
const mostCounted = 100

const offers = ({ communityId }: Tx, buyer: Buyer, at: Date) => sql<Offer>`
  select p.*, d.price as discount, least(coalesce(d.price, p.price), r.price) as pays,
    p.access_rules = '[]' or coalesce(r.is_open, false) as is_open, r.needs_xp,
    case
      when p.type = 'voucher' then (
        select count(*) from (
          ${freeCodes(communityId, at)} limit ${mostCounted}
        ) free
      )
      when p.stocked is not null then least(p.stocked - p.sold, ${mostCounted})
    end as remaining,
    case when p.type = 'voucher' then (
      select nullif(free.expires_at, 'infinity')
      from (${freeCodes(communityId, at)} order by v.expires_at limit 1) free
    ) end as code_expires_at,
    l.at is not null and (l.until is null or l.until > ${at}) as is_limited, l.until as limited_until,
    w.notify, w.back_at
  from products p
  cross join lateral (
    select case
      when p.discount_price < p.price and coalesce(p.discount_starts_at <= ${at}, true)
        and coalesce(p.discount_ends_at > ${at}, true) then p.discount_price
    end as price
  ) d
  cross join lateral (
    select bool_or("minXp" <= ${buyer.xp}) as is_open, min("minXp") as needs_xp,
      min(price) filter (where "minXp" <= ${buyer.xp}) as price
    from jsonb_to_recordset(p.access_rules) as rules (roles jsonb, users jsonb, fields jsonb, "minXp" bigint, price bigint)
    where (roles = '[]' or roles ?| ${sql.val(buyer.roleIds)}::text[]) and (users = '[]' or users ? ${buyer.memberId})
      and ${JSON.stringify(buyer.fields)}::jsonb @> fields
  ) r
  -- The oldest of as many as they may have: when that is over, they may have another one.
  left join lateral (
    select o.created_at as at, o.created_at
      + ((p.purchase_limit #>> '{interval,count}') || ' ' || (p.purchase_limit #>> '{interval,unit}'))::interval as until
    from orders o
    where o.community_id = ${communityId} and o.product_id = p.id and o.member_id = ${buyer.memberId}
      and o.returned_at is null and p.purchase_limit is not null
    order by o.id desc limit 1 offset (p.purchase_limit ->> 'quantity')::bigint - 1
  ) l on true
  ${savedFor(communityId, buyer)}
  where p.community_id = ${communityId} and p.deleted_at is null`

/** A join: what a member saves for. */
const savedFor = (communityId: string, { memberId }: Buyer) => sql`
  left join wishes w on w.community_id = ${communityId} and w.member_id = ${memberId} and w.product_id = p.id`

/**
 * @param archived Also one that is archived.
 * @throws Failure `not_found` for an item that pages do not show.
 */
export async function offerOf(tx: Tx, id: string, buyer: Buyer, at: Date, archived = false): Promise<Offer> {
  const { rows } = await sql<Offer>`${offers(tx, buyer, at)} and p.id = ${isId(id) ? id : null}::uuid`.execute(tx.db)
  if (!rows[0] || (rows[0].is_archived && !archived)) throw new Failure('not_found', 'There is no such item.')
  return rows[0]
}

/** What lists of items are ordered by, lowest first. */
const sortKeys = {
  featured: sql`display_order`,
  newest: sql`-(extract(epoch from created_at) * 1000)::bigint`,
  price_asc: sql`pays`,
  price_desc: sql`-pays`,
  name: sql`lower(name)`,
} as const
export type ItemSort = keyof typeof sortKeys

/** A place in such a list. */
export interface ItemPlace {
  key: number | string
  id: string
}

/** Which items are asked for. */
export interface ItemFilter {
  categoryId: string | undefined
  /** In the name, without regard to case. */
  search: string | undefined
  minPrice: number | undefined
  maxPrice: number | undefined
  affordable: boolean
  wished: boolean
}

export interface ItemPage extends ItemFilter {
  sort: ItemSort
  after: ItemPlace | undefined
  limit: number
}

/** Items for who asks. */
export async function listOffers(
  tx: Tx,
  buyer: Buyer,
  { sort, after, limit, ...filter }: ItemPage,
  at: Date,
): Promise<(Offer & { sort_key: ItemPlace['key'] })[]> {
  const key = sortKeys[sort]
  const place = after && (sort === 'name' ? sql`${after.key}::text` : sql`${after.key}::bigint`)
  const { rows } = await sql<Offer & { sort_key: ItemPlace['key'] }>`
    select i.*, ${key} as sort_key from (${offers(tx, buyer, at)}) i
    where ${asked(buyer, filter)} ${after ? sql`and (${key}, id) > (${place}, ${after.id}::uuid)` : sql``}
    order by ${key}, id limit ${limit}`.execute(tx.db)
  return rows
}

/** How many there are on all pages. What each of them costs is found out only where that decides. */
export async function countOffers(tx: Tx, buyer: Buyer, filter: ItemFilter, at: Date): Promise<number> {
  const { minPrice, maxPrice, affordable } = filter
  const isByPrice = minPrice !== undefined || maxPrice !== undefined || affordable
  const items = isByPrice
    ? offers(tx, buyer, at)
    : sql`
      select p.*, w.notify from products p ${savedFor(tx.communityId, buyer)}
      where p.community_id = ${tx.communityId} and p.deleted_at is null`
  const { rows } = await sql<{ n: number }>`
    select count(*) as n from (${items}) i where ${asked(buyer, filter)}`.execute(tx.db)
  return rows[0]!.n
}

function asked(
  { currency }: Buyer,
  { categoryId, search, minPrice, maxPrice, affordable, wished }: ItemFilter,
): RawBuilder<unknown> {
  const conditions = [
    sql`not is_archived`,
    ...(categoryId === undefined ? [] : [sql`category_id = ${categoryId}::uuid`]),
    ...(search === undefined ? [] : [sql`position(lower(${search}) in lower(name)) > 0`]),
    ...(minPrice === undefined ? [] : [sql`coalesce((variable_price ->> 'max')::bigint, pays) >= ${minPrice}::bigint`]),
    ...(maxPrice === undefined ? [] : [sql`${leastPrice} <= ${maxPrice}::bigint`]),
    ...(affordable ? [sql`${leastPrice} <= ${currency}::bigint`] : []),
    ...(wished ? [sql`notify is not null`] : []),
  ]
  return sql.join(conditions, sql` and `)
}
const leastPrice = sql`coalesce((variable_price ->> 'min')::bigint, pays)`

/** Whether somebody can buy an item, and why not, in numbers where there are any. */
export interface Standing extends Pick<Facts, 'missing'> {
  state: ItemState
  availableAt?: Date | undefined
  lockedBy?: 'xp' | 'group'
}

/** @param price What they would pay. */
export function standingOf(offer: Offer, { xp, currency }: Buyer, price: number, at: Date): Standing {
  if (offer.is_archived || (offer.ends_at && offer.ends_at <= at)) return { state: 'ended' }
  if (offer.starts_at && offer.starts_at > at) return { state: 'not_started', availableAt: offer.starts_at }
  if (!offer.is_open) {
    const missing = offer.needs_xp !== null && offer.needs_xp > xp
    return missing
      ? { state: 'locked', lockedBy: 'xp', missing: offer.needs_xp! - xp }
      : { state: 'locked', lockedBy: 'group' }
  }
  if (offer.remaining === 0) return { state: 'sold_out' }
  if (offer.is_limited) return { state: 'limit_reached', availableAt: offer.limited_until ?? undefined }
  if (price > currency) return { state: 'not_enough', missing: price - currency }
  return { state: 'available' }
}

/** The least that somebody may pay for an item. */
export const leastOf = ({ variable_price, pays }: Offer): number => variable_price?.min ?? pays

/** @throws Failure in the words of item states, for who cannot buy an item at a price. */
export function refuseUnlessAvailable(offer: Offer, buyer: Buyer, price: number, at: Date): void {
  const { state, missing, availableAt } = standingOf(offer, buyer, price, at)
  if (state === 'available') return
  throw new Failure(state, undefined, [], {
    ...(missing !== undefined && { missing }),
    ...(availableAt && { availableAt: availableAt.toISOString() }),
  })
}

/** Whether somebody can choose to pay an amount. */
export function canPay({ variable_price }: Offer, amount: number): boolean {
  if (!variable_price) return false
  const { min, max, step } = variable_price
  return amount >= min && amount <= max && (amount - min) % step === 0
}
