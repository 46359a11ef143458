import { type Selectable, sql } from 'kysely'
import type { Tx } from '../../db/database.js'
import type { Tables } from '../../db/tables.js'
import { atMost } from '../at-most.js'
import { Failure } from '../failure.js'
import { findFields } from '../fields/fields.js'
import { given } from '../given.js'
import { isId, newId, nobody } from '../ids.js'
import { fieldOf } from '../leaderboards/index.js'
import { takeBoards } from '../locks.js'
import { refuseNamed } from '../naming.js'

/** Something that members are given: by people, or by what is counted. */
export type Badge = Selectable<Tables['badges']>

/** What a caller can set. Pictures are the ids of uploaded ones; null for none. */
export interface BadgeInput {
  title?: string | undefined
  description?: string | undefined
  /** What is counted for it; null where people give it. */
  metric?: Badge['metric'] | undefined
  quantity?: number | undefined
  image?: string | null | undefined
  darkImage?: string | null | undefined
  lightImage?: string | null | undefined
  enabledDarkAndLight?: boolean | undefined
  applied?: boolean | undefined
  attachRequired?: boolean | undefined
  awarded?: boolean | undefined
  award?: boolean | undefined
  awardXpQuantity?: number | undefined
  awardCurrency?: boolean | undefined
  awardCurrencyQuantity?: number | undefined
}

/** Nobody looks through more of them. */
const mostBadges = 200

function columnsOf(input: BadgeInput) {
  const columns = {
    title: input.title?.trim(),
    description: input.description,
    metric: input.metric,
    quantity: input.quantity,
    image_id: input.image,
    dark_image_id: input.darkImage,
    light_image_id: input.lightImage,
    enabled_dark_and_light: input.enabledDarkAndLight,
    applied: input.applied,
    attach_required: input.attachRequired,
    awarded: input.awarded,
    award: input.award,
    award_xp_quantity: input.awardXpQuantity,
    award_currency: input.awardCurrency,
    award_currency_quantity: input.awardCurrencyQuantity,
  }
  return given(columns)
}

/** The community's badges, without those that are being taken away. */
const badges = (tx: Tx) =>
  tx.db.selectFrom('badges').where('community_id', '=', tx.communityId).where('deleted_at', 'is', null)

/** Every badge, oldest first. */
export const listBadges = (tx: Tx): Promise<Badge[]> => badges(tx).selectAll().orderBy('id').execute()

export async function badgeById(tx: Tx, id: string): Promise<Badge> {
  const badge = isId(id) ? await badges(tx).selectAll().where('id', '=', id).executeTakeFirst() : undefined
  if (!badge) throw new Failure('not_found', 'There is no such badge.')
  return badge
}

/**
 * Makes a badge. Members who have enough of what it counts are given it in the background.
 * @throws Failure `unknown_reference` for a field that is not here, `conflict` where there are too many.
 */
export async function createBadge(tx: Tx, input: BadgeInput & { title: string }, at: Date): Promise<Badge> {
  await takeBoards(tx)
  await checkMetric(tx, input.metric)
  const { n } = await badges(tx)
    .select((eb) => eb.fn.countAll<number>().as('n'))
    .executeTakeFirstOrThrow()
  atMost(mostBadges, n + 1, 'A community', 'badges')
  tx.wake('badges')
  return tx.db
    .insertInto('badges')
    .values({
      ...columnsOf(input),
      community_id: tx.communityId,
      id: newId(at.getTime()),
      title: input.title.trim(),
      counted_to: input.metric ? nobody : null,
      created_at: at,
      updated_at: at,
    })
    .returningAll()
    .executeTakeFirstOrThrow()
}

/**
 * Changes what is given, and nothing else. Who has the badge keeps it, and what it gave them.
 * @throws Failure `unknown_reference` for a field that is not here.
 */
export async function updateBadge(
  tx: Tx,
  id: string,
  input: BadgeInput,
  at: Date,
): Promise<{ before: Badge; badge: Badge }> {
  await takeBoards(tx)
  const before = await badgeById(tx, id)
  await checkMetric(tx, input.metric)
  const { metric = before.metric, quantity = before.quantity } = input
  const isCounted = metric === before.metric && quantity === before.quantity
  tx.wake('badges')
  const badge = await tx.db
    .updateTable('badges')
    .set({
      ...columnsOf(input),
      ...(!isCounted && { counted_to: metric && nobody }),
      updated_at: at,
      revision: sql`revision + 1`,
    })
    .where('community_id', '=', tx.communityId)
    .where('id', '=', before.id)
    .returningAll()
    .executeTakeFirstOrThrow()
  return { before, badge }
}

/**
 * Deletes a badge: nobody has it from now on. The ledger keeps what it gave. Its traces go in the background.
 * @throws Failure `not_found`, `conflict` while a milestone names it.
 */
export async function deleteBadge(tx: Tx, id: string, at: Date): Promise<Badge> {
  await takeBoards(tx)
  const badge = await badgeById(tx, id)
  await refuseNamed(tx, 'badge', badge.id)
  tx.wake('badges')
  await tx.db
    .updateTable('badges')
    .set({ metric: null, counted_to: nobody, deleted_at: at })
    .where('community_id', '=', tx.communityId)
    .where('id', '=', badge.id)
    .execute()
  return badge
}

async function checkMetric(tx: Tx, metric: Badge['metric'] | undefined): Promise<void> {
  const field = metric && fieldOf(metric)
  if (!field || (await findFields(tx, [field])).get(field)?.type === 'number') return
  throw new Failure('unknown_reference', `The community has no field of numbers "${field}".`, [
    { path: 'action', message: 'no such field' },
  ])
}
