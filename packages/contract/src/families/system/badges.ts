import { z } from 'zod'
import { bodyLimits, table } from '../../route.js'
import {
  cursorQuery,
  FieldName,
  Flag,
  Id,
  line,
  page,
  serverQuery,
  Time,
  text,
  UserId,
  wholeNumber,
} from '../../schemas.js'

/** A badge may give XP and coins, so that only who may everything makes and gives them. */
const access = { principals: ['systemKey', 'loginMember'], may: 'server_administrator' } as const
const byMembers = { principals: ['loginMember'] } as const
const anyMember = { principals: ['systemKey', 'loginMember'] } as const

const mostAmount = 1_000_000_000
const query = z.strictObject(serverQuery)
const BadgePath = z.object({ badgeId: Id })
const ApplicationPath = z.object({ applicationId: Id })

/** What can be set on a badge, in the documented words. */
const fields = {
  title: line(1, 100).meta({ description: 'What people read' }),
  description: text(1000).meta({ description: 'What it is for. Default: empty' }),
  action: z
    .union([
      z.enum(['custom', 'xp', 'coins']),
      z
        .templateLiteral(['field:', FieldName], 'must be field: and the name of a field')
        .meta({ maxLength: 56, description: '`field:` and the name of a field of whole numbers' }),
    ])
    .meta({
      description:
        'What it is for: `custom` (people give it), or what is counted: `xp`, `coins` (what the member has of them), or `field:<name>`. Whoever reaches `quantity` of that has the badge from then on',
    }),
  quantity: wholeNumber(1, Number.MAX_SAFE_INTEGER).meta({
    description: 'How much of what is counted is enough. Nothing asks for that of a `custom` badge. Default: 1',
  }),
  enabledDarkAndLight: Flag.meta({
    description: 'Show `darkImage` and `lightImage` by a page’s theme, and not `image`. Default: false',
  }),
  applied: Flag.meta({ description: 'Members may apply for it. Default: false' }),
  awarded: Flag.meta({ description: 'It may be given by hand. Default: true' }),
  award: Flag.meta({ description: 'It gives XP and coins to who gets it. Default: true' }),
  awardXpQuantity: wholeNumber(0, mostAmount).meta({ description: 'How much XP it gives. Default: 0' }),
  awardCurrency: Flag.meta({ description: 'It gives coins as well. Default: true' }),
  awardCurrencyQuantity: wholeNumber(0, mostAmount).meta({ description: 'How many coins it gives. Default: 0' }),
  attachRequired: Flag.meta({ description: 'Who applies for it sends a picture as proof. Default: false' }),
}
export type BadgeAction = z.output<typeof fields.action>

const pictures = ['image', 'darkImage', 'lightImage'] as const
const Picture = z.url().nullable().meta({ description: 'WebP of at most 512 × 512 pixels' })
const noPicture = z.null().optional().meta({ description: 'null takes the picture away' })

const shown = {
  id: Id,
  title: z.string(),
  description: z.string(),
  action: z.string(),
  quantity: z.int(),
  image: Picture,
  darkImage: Picture,
  lightImage: Picture,
  enabledDarkAndLight: z.boolean(),
  applied: z.boolean(),
  awarded: z.boolean(),
  award: z.boolean(),
  awardXpQuantity: z.int(),
  awardCurrency: z.boolean(),
  awardCurrencyQuantity: z.int(),
  attachRequired: z.boolean(),
  createdAt: Time,
  updatedAt: Time,
  __v: z.int(),
}
const Badge = z.strictObject(shown).meta({ id: 'Badge' })
const MemberBadge = z
  .strictObject({ ...shown, awardedAt: Time })
  .meta({ id: 'MemberBadge', description: 'A badge that a member has' })

const Holder = z.strictObject({ userId: UserId })

const Application = z
  .strictObject({
    _id: Id,
    badgeId: Id,
    userId: Id,
    username: z.string(),
    note: z.string(),
    attachment: z.url().nullable().meta({ description: 'Where the proof is, until the application is decided' }),
    state: z.enum(['waiting', 'approved', 'rejected']),
    createdAt: Time,
    decidedAt: Time.nullable(),
  })
  .meta({ id: 'BadgeApplication', description: 'A member asks for a badge' })

const once =
  'Safe to repeat: a member has a badge once. What it gives, a member is given the first time, and never again.'

/** What members are given for what they did. */
export const badges = table({
  'GET /api/v1/badges': {
    summary: 'The badges of a server, oldest first',
    description: 'At most 200.',
    access: anyMember,
    query,
    answer: z.array(Badge),
    message: 'Badges fetched successfully',
  },
  'POST /api/v1/badges': {
    summary: 'Create a badge',
    description:
      'Members who have enough of what it counts are given it too, soon after. A form carries pictures; its other fields are those of the JSON.',
    access,
    query,
    body: z.strictObject(fields).partial().extend({ title: fields.title, action: fields.action }),
    bodyLimit: bodyLimits.small,
    pictures,
    answer: Badge,
    status: 201,
    message: 'Badge has been created successfully',
  },
  'PUT /api/v1/badges/{badgeId}': {
    summary: 'Change a badge',
    description:
      'What is not sent stays, and so do the badges that members have: whoever got it keeps what it gave them then.',
    access,
    params: BadgePath,
    query,
    body: z.strictObject(fields).partial().extend({ image: noPicture, darkImage: noPicture, lightImage: noPicture }),
    bodyLimit: bodyLimits.small,
    pictures,
    answer: Badge,
    message: 'Badge has been updated successfully',
  },
  'DELETE /api/v1/badges/{badgeId}': {
    summary: 'Delete a badge. Nobody has it any more; what it gave stays with the members',
    description: 'Refused while a milestone asks for it or gives it.',
    access,
    params: BadgePath,
    query,
    answer: z.strictObject({ id: Id }),
    message: 'Badge has been deleted successfully',
  },
  'POST /api/v1/badges/{badgeId}/award': {
    summary: 'Give a member a badge, and what it gives. Answers all that the member has',
    description: once,
    access,
    params: BadgePath,
    query,
    body: Holder,
    bodyLimit: bodyLimits.small,
    answer: z.array(MemberBadge),
    message: 'Badge has been rewarded successfully',
  },
  'POST /api/v1/badges/{badgeId}/remove': {
    summary: 'Take a badge from a member. Answers all that the member has left',
    description:
      'What the badge gave stays with the member. One that follows from a count does not come back by it: give it by hand. Safe to repeat.',
    access,
    params: BadgePath,
    query,
    body: Holder,
    bodyLimit: bodyLimits.small,
    answer: z.array(MemberBadge),
    message: 'Badge has been removed successfully',
  },
  'GET /api/v1/users/{userId}/badges': {
    summary: 'The badges that a member has, in the order in which they got them',
    description: 'Whom boards do not show, other members are not shown either: only administrators and the member are.',
    access: anyMember,
    params: z.object({ userId: UserId }),
    query,
    answer: z.array(MemberBadge),
    message: 'Badges fetched successfully',
  },
  'POST /api/v1/badges/{badgeId}/application': {
    summary: 'Apply for a badge',
    description:
      'Where the badge says `applied`. One application waits at a time; whoever was turned down may apply again.',
    access: byMembers,
    params: BadgePath,
    query,
    body: z.strictObject({ note: text(1000).optional().meta({ description: 'What the member says for it' }) }),
    bodyLimit: bodyLimits.small,
    pictures: ['attachment'],
    answer: Application,
    status: 201,
    message: 'Application has been sent successfully',
  },
  'GET /api/v1/badges/{badgeId}/application': {
    summary: 'What became of one’s own application for a badge',
    access: byMembers,
    params: BadgePath,
    query,
    answer: Application,
    message: 'Application fetched successfully',
  },
  'GET /api/v1/badge-applications': {
    summary: 'Applications for badges, oldest first',
    access,
    query: z.strictObject({
      ...serverQuery,
      state: Application.shape.state.optional().meta({ description: 'Default: waiting' }),
      badgeId: z.uuid().max(36).optional().meta({ description: 'Only those for this badge' }),
      ...cursorQuery,
    }),
    answer: page(Application),
    message: 'Applications fetched successfully',
  },
  'POST /api/v1/badge-applications/{applicationId}/approve': {
    summary: 'Give a member the badge that they applied for, and what it gives',
    description: once,
    access,
    params: ApplicationPath,
    query,
    answer: Application,
    message: 'Application has been approved successfully',
  },
  'POST /api/v1/badge-applications/{applicationId}/reject': {
    summary: 'Turn an application down',
    access,
    params: ApplicationPath,
    query,
    answer: Application,
    message: 'Application has been rejected successfully',
  },
})
