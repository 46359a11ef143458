import { z } from 'zod'
import type { ServerPermission } from '../../access.js'
import { bodyLimits, table } from '../../route.js'
import { cursorQuery, Id, page, serverQuery, Time, text, UserId } from '../../schemas.js'

const Standing = z
  .strictObject({
    _id: Id,
    status: z.enum(['active', 'suspended', 'banned']),
    suspendedUntil: Time.nullable().meta({ description: 'null for whoever is not suspended' }),
  })
  .meta({ id: 'Standing', description: 'What a member may be here now' })

const Moderation = z
  .strictObject({
    _id: Id,
    userId: Id,
    action: z.enum(['warn', 'suspend', 'unsuspend', 'kick', 'ban', 'unban']),
    reason: z.string(),
    until: Time.nullable().meta({ description: 'Of a suspension, as it was meant then' }),
    actor: Id.nullable().meta({ description: 'The key or member that did it; null to the member themselves' }),
    createdAt: Time,
  })
  .meta({ id: 'Moderation', description: 'What was done to a member, and why' })

const reason = text(1000).meta({ description: 'Why. The member can read it' })
const why = { reason: reason.optional() }
const query = z.strictObject(serverQuery)
const reach =
  'By login: to members whose highest role stands below the highest of theirs that itself allows it. An owner and the system key stand above all. Nobody does it to an owner.'

/** What all of them have in common. */
const order = <May extends ServerPermission>(may: May) =>
  ({
    access: { principals: ['systemKey', 'loginMember'], may },
    params: z.object({ userId: UserId }),
    query,
    bodyLimit: bodyLimits.small,
    answer: Standing,
    refuses: ['conflict'],
  }) as const

/** What is done to members who misbehave. */
export const moderation = table({
  'POST /api/v1/users/{userId}/warn': {
    ...order('warn_members'),
    summary: 'Warn a member',
    description: `It is kept for the member and for moderators to read, and nothing else follows from it. ${reach}`,
    body: z.strictObject({ reason: reason.min(1) }),
    message: 'User has been warned successfully',
  },
  'POST /api/v1/users/{userId}/suspend': {
    ...order('suspend_members'),
    summary: 'Suspend a member until a moment',
    description: `Within a second nothing acts as them any more: no login, token or key, which are refused with \`suspended\`, until when and why. Open streams end. No leaderboard ranks them. All of it is back at that moment. Of who is suspended it sets another end; whoever is banned stays so. ${reach}`,
    body: z.strictObject({ until: Time.meta({ description: 'When it ends, a moment to come' }), ...why }),
    message: 'User has been suspended successfully',
  },
  'POST /api/v1/users/{userId}/unsuspend': {
    ...order('suspend_members'),
    summary: 'End a suspension before its time',
    description: `Whoever is not suspended stays as they are. ${reach}`,
    message: 'User suspension has been revoked successfully',
  },
  'POST /api/v1/users/{userId}/kick': {
    ...order('kick_members'),
    summary: 'Send a member away, who may come again',
    description: `Within a second whatever they signed in with has ended, with their keys and their roles. Points, fields and badges stay theirs, and they come again by signing in anew: to keep somebody out, suspend or ban them. ${reach}`,
    body: z.strictObject(why),
    message: 'User has been kicked successfully',
  },
  'POST /api/v1/users/{userId}/ban': {
    ...order('ban_members'),
    summary: 'Ban a member',
    description: `As a suspension (\`banned\`), without an end. Their username and e-mail address stay taken. Again is as once. ${reach}`,
    body: z.strictObject(why),
    message: 'User has been banned successfully',
  },
  'POST /api/v1/users/{userId}/unban': {
    ...order('ban_members'),
    summary: 'End a ban: all that the member had is back',
    description: `Whoever is not banned stays as they are. ${reach}`,
    message: 'User ban has been revoked successfully',
  },
  'GET /api/v1/users/{userId}/moderations': {
    summary: 'What was done to a member, and why, newest first',
    description:
      'A member reads their own; whose roles allow any of it, the owner and the system key read anybody’s, and who did it.',
    access: { principals: ['systemKey', 'loginMember'] },
    params: z.object({ userId: UserId }),
    query: z.strictObject({ ...serverQuery, ...cursorQuery }),
    answer: page(Moderation),
    message: 'User moderations fetched successfully',
  },
})
