import { type Selectable, sql } from 'kysely'
import type { Tx } from '../../db/database.js'
import type { Tables } from '../../db/tables.js'
import { emit } from '../events.js'
import { Failure } from '../failure.js'
import { given } from '../given.js'

/** Whether pages show the store, and what they put above it. */
export type Store = Omit<Selectable<Tables['stores']>, 'community_id' | 'updated_at'> & {
  /** Null while nothing was set. */
  updated_at: Date | null
}

export interface StoreInput {
  isEnabled?: boolean | undefined
  title?: string | undefined
  description?: string | undefined
  /** What the community calls what it is paid with, and whether members earn it. */
  currency?: { name?: string | undefined; isEnabled?: boolean | undefined } | undefined
  widget?: { isEnabled?: boolean | undefined } | undefined
  /** The page where it stands: mails lead there. */
  pageUrl?: string | null | undefined
}

/** What a community has that set nothing. */
const unset: Store = {
  is_enabled: false,
  title: '',
  description: '',
  widget_enabled: true,
  page: null,
  updated_at: null,
  revision: 0,
}

export async function storeOf(tx: Tx): Promise<Store> {
  const store = await tx.db
    .selectFrom('stores')
    .selectAll()
    .where('community_id', '=', tx.communityId)
    .executeTakeFirst()
  return store ?? unset
}

/**
 * The store as pages may show it.
 * @throws Failure `not_found` while it is not enabled, for pages at all or altogether.
 */
export async function openStore(tx: Tx): Promise<Store> {
  const store = await storeOf(tx)
  if (!store.is_enabled || !store.widget_enabled) throw new Failure('not_found', 'There is no store here.')
  return store
}

/** Changes what is given, and nothing else. */
export async function changeStore(
  tx: Tx,
  { isEnabled, title, description, currency, widget, pageUrl }: StoreInput,
  at: Date,
): Promise<Store> {
  const columns = given({
    is_enabled: isEnabled,
    title: title?.trim(),
    description,
    widget_enabled: widget?.isEnabled,
    page: pageUrl,
  })
  const unit = given({ currency_name: currency?.name?.trim(), currency_enabled: currency?.isEnabled })
  if (Object.keys(unit).length > 0) {
    await tx.db.updateTable('communities').set(unit).where('id', '=', tx.communityId).execute()
    await emit(tx, 'config.changed', null)
  }
  const store = await tx.db
    .insertInto('stores')
    .values({ ...columns, community_id: tx.communityId, updated_at: at })
    .onConflict((oc) =>
      oc.column('community_id').doUpdateSet({ ...columns, updated_at: at, revision: sql`stores.revision + 1` }),
    )
    .returningAll()
    .executeTakeFirstOrThrow()
  await emit(tx, 'store.changed', null)
  return store
}
