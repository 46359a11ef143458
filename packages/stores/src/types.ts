import type { AnswerOf, QueryOf } from '@rai/contract'

/** What pages ask for, named as the wire names it. */
export type Config = AnswerOf<'GET /widget/v1/{publishableKey}/config'>
export type Viewer = AnswerOf<'GET /widget/v1/{publishableKey}/me'>
export type Board = AnswerOf<'GET /widget/v1/{publishableKey}/leaderboards/{idOrSlug}'>
export type Rows = AnswerOf<'GET /widget/v1/{publishableKey}/leaderboards/{idOrSlug}/rows'>
export type MyRows = AnswerOf<'GET /widget/v1/{publishableKey}/leaderboards/{idOrSlug}/rows/me'>
export type WonPrize = AnswerOf<'POST /widget/v1/{publishableKey}/leaderboards/{idOrSlug}/prizes/claim'>
export type MilestonesAnswer = AnswerOf<'GET /widget/v1/{publishableKey}/milestones'>
export type MilestoneChoice = NonNullable<QueryOf<'GET /widget/v1/{publishableKey}/milestones'>>
export type Milestone = MilestonesAnswer['items'][number]
export type MilestoneStage = Milestone['stages'][number]
/** What is asked: a task, or a group of them. */
export type MilestoneCondition = MilestoneStage['conditions']
export type MilestoneTask = Exclude<MilestoneCondition, { conditions: unknown }>
export type ClaimedStage = AnswerOf<'POST /widget/v1/{publishableKey}/milestones/{milestoneId}/stages/{n}/claim'>
export type StreakAnswer = AnswerOf<'GET /widget/v1/{publishableKey}/streak'>
export type Ladder = AnswerOf<'GET /widget/v1/{publishableKey}/tiers'>
export type Recap = AnswerOf<'GET /widget/v1/{publishableKey}/recap'>
export type SocialsAnswer = AnswerOf<'GET /widget/v1/{publishableKey}/socials'>
export type SocialQuest = SocialsAnswer['items'][number]
export type SocialProgress = NonNullable<SocialQuest['progress']>
export type SocialAccount = AnswerOf<'GET /widget/v1/{publishableKey}/linked-accounts'>['items'][number]
export type Referral = AnswerOf<'GET /widget/v1/{publishableKey}/referral'>
export type StoreAnswer = AnswerOf<'GET /widget/v1/{publishableKey}/store'>
export type Items = AnswerOf<'GET /widget/v1/{publishableKey}/store/items'>
export type ItemsQuery = NonNullable<QueryOf<'GET /widget/v1/{publishableKey}/store/items'>>
export type Item = Items['items'][number]
export type Purse = AnswerOf<'GET /widget/v1/{publishableKey}/store/purse'>
export type Quote = AnswerOf<'POST /widget/v1/{publishableKey}/store/quotes'>
export type Order = AnswerOf<'GET /widget/v1/{publishableKey}/store/orders/{orderId}'>
export type Voucher = AnswerOf<'POST /widget/v1/{publishableKey}/store/orders/{orderId}/voucher'>
export type Channel = AnswerOf<'GET /widget/v1/{publishableKey}/channels/{channelId}'>
export type ChannelToken = AnswerOf<'POST /widget/v1/{publishableKey}/channels/{channelId}/token'>
export type ChannelStanding = AnswerOf<'PUT /widget/v1/{publishableKey}/channels/{channelId}/read'>
export type Message = AnswerOf<'GET /widget/v1/{publishableKey}/messages/{messageId}'>
export type Attachment = Message['attachments'][number]
export type Topic = AnswerOf<'POST /widget/v1/{publishableKey}/channels/{channelId}/topics'>
export type BoardRow = Rows['items'][number]
export type BoardRun = Rows['run']
export type Visibility = Viewer['member']['visibility']
export type {
  ConnectableNetwork,
  ErrorCode,
  Hint,
  MilestoneState,
  Period,
  ReasonCode,
  SocialNetwork,
  SocialProof,
  SocialState,
} from '@rai/contract'
