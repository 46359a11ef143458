import type { GamificationSettings, Unit, UnitForms } from '@rai/contract'
import { sql } from 'kysely'
import { writeOnce } from '../../db/connection.js'
import type { Tx } from '../../db/database.js'
import type { Community } from '../communities.js'
import { emit } from '../events.js'
import type { Authority } from '../roles.js'
import { namedRoles, setXpRoles } from './xp-roles.js'

/**
 * How members of a community earn, and what that makes of them. What its units are called stands in the community, and which
 * roles XP give in a table of their own.
 */
export type Gamification = Omit<GamificationSettings, 'units' | 'xpRoles'> & {
  revision: number
  /** Null while nothing was set. */
  updatedAt: Date | null
}

/** What is to be another; what is absent stays. */
export type GamificationInput = { [Part in keyof GamificationSettings]?: GamificationSettings[Part] | undefined }

const nothing = { enabled: false, xp: 0, currency: 0 }
const repeated = { ...nothing, cooldownSeconds: 0, limitPerDay: null }

/** What a community has that set nothing. */
const unset: Gamification = {
  earning: { message: repeated, reply: repeated, reaction: repeated, referral: repeated, dailyLogin: nothing },
  roleBoosts: [],
  streaks: { rewards: [], freezes: { everyDays: 7, max: 0 }, repair: { days: 0, price: 0 } },
  tiers: [],
  revision: 0,
  updatedAt: null,
}

interface Row {
  settings: Partial<Gamification>
  revision: number
  updated_at: Date
}
const settingsOf = writeOnce<Pick<Tx, 'communityId'>>(
  ({ communityId }) => sql`select settings, revision, updated_at from gamification where community_id = ${communityId}`,
)

export async function gamificationOf(tx: Tx): Promise<Gamification> {
  const [row] = await tx.send<Row>(settingsOf(tx.db, tx))
  return row ? { ...unset, ...row.settings, revision: row.revision, updatedAt: row.updated_at } : unset
}

/**
 * Puts each part that is given in the place of what it was. Two changes of different parts at once both stand.
 * @throws Failure what `setXpRoles` does, `unknown_reference` for a role that is not there.
 */
export async function changeGamification(
  tx: Tx,
  { units, xpRoles, ...parts }: GamificationInput,
  authority: Authority,
  at: Date,
): Promise<void> {
  if (units) {
    await tx.db
      .updateTable('communities')
      .set({
        xp_name: units.xp.name,
        xp_forms: JSON.stringify(units.xp.forms ?? {}),
        xp_icon: units.xp.icon,
        xp_enabled: units.xp.enabled,
        currency_name: units.currency.name,
        currency_forms: JSON.stringify(units.currency.forms ?? {}),
        currency_icon: units.currency.icon,
        currency_enabled: units.currency.enabled,
      })
      .where('id', '=', tx.communityId)
      .execute()
  }
  await tx.db
    .insertInto('gamification')
    .values({ community_id: tx.communityId, settings: JSON.stringify(parts), updated_at: at })
    .onConflict((oc) =>
      oc.column('community_id').doUpdateSet({
        settings: sql`gamification.settings || excluded.settings`,
        updated_at: at,
        revision: sql`gamification.revision + 1`,
      }),
    )
    .execute()
  // The row above keeps two changes of them apart.
  if (xpRoles) await setXpRoles(tx, xpRoles, authority)
  if (parts.roleBoosts) await namedRoles(tx, 'roleBoosts', parts.roleBoosts)
  await emit(tx, 'config.changed', null)
}

/** The units of a community, as pages and operators read them. */
export const unitsOf = (community: Community): GamificationSettings['units'] => ({
  xp: {
    name: community.xp_name,
    ...formsOf(community.xp_forms),
    icon: community.xp_icon,
    enabled: community.xp_enabled,
  },
  currency: {
    name: community.currency_name,
    ...formsOf(community.currency_forms),
    icon: community.currency_icon,
    enabled: community.currency_enabled,
  },
})

const formsOf = (forms: UnitForms) => Object.keys(forms).length > 0 && { forms }

/** The tiers that members can be in: none while they earn no XP. */
export const tiersOf = ({ xp_enabled }: Community, { tiers }: Gamification): Gamification['tiers'] =>
  xp_enabled ? tiers : []

/** One of the levels that tiers have. */
export interface Level {
  /** Of the tier: 1 is the lowest. */
  number: number
  name: string
  icon: string
  /** 1 to 3. */
  level: number
  /** The XP that it needs. */
  needed: number
}

/** Every level of all tiers, lowest first. */
export const levelsOf = (tiers: Gamification['tiers']): Level[] =>
  tiers.flatMap(({ name, icon, levels }, n) =>
    levels.map((needed, level) => ({ number: n + 1, name, icon, level: level + 1, needed })),
  )

/** Where a member stands among tiers. */
export interface Standing extends Omit<Level, 'needed'> {
  /** The XP that the next level needs; null at the last one of all. */
  nextXp: number | null
}

/** Null below the first level of all. */
export function standingOf(tiers: Gamification['tiers'], xp: number): Standing | null {
  const levels = levelsOf(tiers)
  const reached = levels.findLastIndex(({ needed }) => needed <= xp)
  if (reached < 0) return null
  const { needed: _, ...standing } = levels[reached]!
  return { ...standing, nextXp: levels[reached + 1]?.needed ?? null }
}

/** What something gives, of the units that members earn. */
export const givenOf = (community: Community, reward: Record<Unit, number>): { unit: Unit; amount: number }[] =>
  (['xp', 'currency'] as const)
    .filter((unit) => community[`${unit}_enabled`] && reward[unit] > 0)
    .map((unit) => ({ unit, amount: reward[unit] }))
