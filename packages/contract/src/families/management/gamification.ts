import { z } from 'zod'
import { table } from '../../route.js'
import { Id, serverQuery, Tier, Time, UnitSettings } from '../../schemas.js'

/** It decides over everybody's points. */
const access = { principals: ['systemKey', 'loginMember'], may: 'server_administrator' } as const
const query = z.strictObject(serverQuery)

const areDifferentRoles = (all: { roleId: string }[]) => new Set(all.map(({ roleId }) => roleId)).size === all.length
const mustBeDifferentRoles = 'must be different roles'

const points = (unit: string) =>
  z
    .int()
    .min(0)
    .max(1_000_000)
    .meta({ description: `How much ${unit} it gives` })
const reward = { xp: points('XP'), currency: points('currency') }
const rule = { enabled: z.boolean().meta({ description: 'Whether it gives anything' }), ...reward }
const kept = '. Kept and answered, without effect yet'

/** What a member can do many times a day. */
const repeated = (what: string, effect = kept) =>
  z
    .strictObject({
      ...rule,
      cooldownSeconds: z
        .int()
        .min(0)
        .max(86_400)
        .meta({ description: 'For so many seconds after one that gave something, the next gives nothing' }),
      limitPerDay: z
        .int()
        .min(1)
        .max(100_000)
        .nullable()
        .meta({ description: 'How many give something on a day of the member; null: all' }),
    })
    .meta({ description: `For ${what}${effect}` })

const Earning = z.strictObject({
  message: repeated('a message'),
  reply: repeated('a reply'),
  reaction: repeated('a reaction'),
  referral: repeated('somebody new whom the member brought: the `referral` of who is created', ''),
  dailyLogin: z.strictObject(rule).meta({ description: 'For the first visit on a day of the member' }),
})

const RoleBoosts = z
  .array(
    z.strictObject({
      roleId: Id.meta({ description: 'The role. Not `@all`' }),
      percent: z
        .int()
        .min(101)
        .max(1000)
        .meta({ description: 'How much of the XP of a rule its members get; 200: twice as much' }),
    }),
  )
  .max(100)
  .refine(areDifferentRoles, mustBeDifferentRoles)

const Streaks = z.strictObject({
  rewards: z
    .array(
      z.strictObject({
        days: z.int().min(2).max(3650).meta({ description: 'On which day in a row' }),
        ...reward,
      }),
    )
    .max(100)
    .refine((all) => new Set(all.map(({ days }) => days)).size === all.length, 'must be for different days')
    .meta({ description: 'What long streaks give, beside the daily login. Default: nothing' }),
  freezes: z
    .strictObject({
      everyDays: z
        .int()
        .min(1)
        .max(365)
        .meta({ description: 'A member gets one each time that so many days in a row are full' }),
      max: z.int().min(0).max(30).meta({ description: 'How many a member holds at most. Default: 0, there are none' }),
    })
    .meta({ description: 'What saves a streak: each one day that was missed' }),
  repair: z
    .strictObject({
      days: z
        .int()
        .min(0)
        .max(30)
        .meta({ description: 'For so many days after the one that broke it. 0: no streak can be had back' }),
      price: z.int().min(0).max(1_000_000).meta({ description: 'What it costs, in currency. 0: nothing' }),
    })
    .default({ days: 0, price: 0 })
    .meta({ description: 'How a member gets back a streak that was broken. Default: not at all' }),
})

const Tiers = z
  .array(Tier)
  .max(50)
  .refine(
    (tiers) => tiers.flatMap(({ levels }) => levels).every((xp, n, all) => n === 0 || all[n - 1]! < xp),
    'must ask for more XP at each level than at the one before',
  )

const XpRoles = z
  .array(
    z.strictObject({
      roleId: Id.meta({ description: 'The role. Not `@all`, and none that may administrate' }),
      xp: z.int().min(1).meta({ description: 'How much XP gives it' }),
    }),
  )
  .max(100)
  .refine(areDifferentRoles, mustBeDifferentRoles)

const parts = {
  units: z
    .strictObject({
      xp: UnitSettings.meta({ description: 'What ranks and tiers count' }),
      currency: UnitSettings.meta({ description: 'What can be spent' }),
    })
    .meta({ description: 'What members have balances of' }),
  earning: Earning.meta({ description: 'What it gives to do something. Default: nothing' }),
  roleBoosts: RoleBoosts.meta({
    description:
      'Roles whose members get more of the XP that `earning` gives, rounded down; of several, the one that gives the most counts. Default: none',
  }),
  streaks: Streaks.meta({ description: 'Days in a row on which a member came, by the member’s own calendar' }),
  tiers: Tiers.meta({ description: 'Lowest first. Default: none. There are none either while XP is not enabled' }),
  xpRoles: XpRoles.meta({
    description:
      'Roles that XP give, while it is enabled: whoever comes with so much has the role from then on. Default: none',
  }),
}
export type GamificationSettings = z.infer<z.ZodObject<typeof parts>>

const Gamification = z
  .strictObject({ communityID: Id, ...parts, updatedAt: Time.nullable(), __v: z.int() })
  .meta({ id: 'Gamification', description: 'How members earn, and what that makes of them' })

/** How members of a community earn. */
export const gamification = table({
  'GET /v1/gamification': {
    summary: 'Read how members earn: units, rules, streaks, tiers, roles',
    access,
    query,
    answer: Gamification,
    message: 'Gamification settings fetched successfully',
  },
  'PATCH /v1/gamification': {
    summary: 'Change how members earn',
    description:
      'A part that is sent (`units`, `earning`, `roleBoosts`, `streaks`, `tiers`, `xpRoles`) takes the place of that part, whole; the others stay. It holds from the next request on, and pages are told. What was given stays given. A login changes in `xpRoles` only roles below the highest of theirs that itself allows `manage_roles`.',
    access,
    query,
    body: z.strictObject(parts).partial().meta({ id: 'UpdateGamification' }),
    answer: Gamification,
    message: 'Gamification settings updated successfully',
  },
})
