import type { z } from 'zod'
import { application } from './families/application/index.js'
import { embed } from './families/embed.js'
import { hooks } from './families/hooks.js'
import { integration } from './families/integration/index.js'
import { management } from './families/management/index.js'
import { platform } from './families/platform.js'
import { secureAuth } from './families/secure-auth.js'
import { system } from './families/system/index.js'
import { user } from './families/user.js'
import { widget } from './families/widget/index.js'
import type { Route } from './route.js'

export * from './access.js'
export * from './attachments.js'
export * from './errors.js'
export * from './events.js'
export { CommunityUser } from './families/application/community-users.js'
export { fieldTypeSpellings } from './families/application/user-fields.js'
export * as usersFamily from './families/integration/users.js'
export type { GamificationSettings } from './families/management/gamification.js'
export * as managementFamily from './families/management/index.js'
export type { SocialQuestFields } from './families/management/socials.js'
export { NewPassword, passwordRules } from './families/system/accounts.js'
export type { BadgeAction } from './families/system/badges.js'
export { type ChannelType, type Manifest, mostChannels } from './families/system/channels.js'
export { mostUserKeys } from './families/user.js'
export type { MilestoneState, ReasonCode } from './families/widget/index.js'
export * from './hooks.js'
export { jobTypes } from './jobs.js'
export * from './messages.js'
export * from './route.js'
export * from './schemas.js'
export * from './socials.js'
export * from './webhooks.js'

/** Every family of the wire. A family shares credentials and envelopes; its folder in the server has the same name. */
export const families = {
  platform,
  embed,
  application,
  integration,
  user,
  management,
  system,
  secureAuth,
  hooks,
  widget,
}
export type FamilyName = keyof typeof families

/** Every operation by method and path. */
export const routes = {
  ...platform,
  ...embed,
  ...application,
  ...integration,
  ...user,
  ...management,
  ...system,
  ...secureAuth,
  ...hooks,
  ...widget,
}
export type Routes = typeof routes
export type RouteKey = keyof Routes

type Part<R, K extends keyof Route> = R extends { [P in K]: z.ZodType } ? z.output<R[K]> : undefined

/** What a handler gets, after validation. */
export type ParamsOf<K extends RouteKey> = Part<Routes[K], 'params'>
export type QueryOf<K extends RouteKey> = Part<Routes[K], 'query'>
export type BodyOf<K extends RouteKey> = Part<Routes[K], 'body'>
/** What an operation answers, inside its family's envelope. */
export type AnswerOf<K extends RouteKey> = Part<Routes[K], 'answer'>

/** The version of the wire, sent as `X-Rai-Version` both ways. It changes when an old client could no longer read us. */
export const contractVersion = '1'
