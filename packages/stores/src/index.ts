export { type ChannelStore, channel } from './channel/channel.js'
export { type Conversation, conversation } from './channel/conversation.js'
export { type Deeds, deeds } from './channel/deeds.js'
export { found, type Listed, type Listing, pins, startTopic, topics } from './channel/lists.js'
export type { Outbox, Outgoing, Quoted } from './channel/outbox.js'
export { shortText, type Talk } from './channel/stretch.js'
export { channelToken } from './channel/token.js'
export { largestUpload, mostUploads, type Upload, type UploadState, upload } from './channel/uploads.js'
export type { RunChoice } from './leaderboard/boards.js'
export { type Leaderboard, leaderboard } from './leaderboard/leaderboard.js'
export { claimPrize, sendSeen, setEntry } from './leaderboard/own.js'
export { type Search, search } from './leaderboard/search.js'
export { runAt } from './leaderboard/turns.js'
export { turnOf, type View } from './leaderboard/view.js'
export { type Milestones, milestones } from './milestone/milestones.js'
export { ladder, recap, repairStreak, type Streak, streak } from './milestone/progress.js'
export { config } from './shared/config.js'
export { connect, type Settings } from './shared/connect.js'
export type { Environment } from './shared/environment.js'
export { ApiError, type Failure, type FailureCode, failureOf } from './shared/failures.js'
export { type GetToken, identify, isGuest, logout, type Token, type TokenSource } from './shared/identity.js'
export { listenLive } from './shared/live.js'
export { errorOf, type Loadable } from './shared/loadable.js'
export { serverNow } from './shared/server-clock.js'
export { linkedAccounts } from './socials/accounts.js'
export { referral } from './socials/referral.js'
export { type Evidence, type SocialStore, type Socials, socials } from './socials/socials.js'
export { type Catalogue, catalogue, type ItemChoice, readItem, type Shelf } from './store/catalogue.js'
export { setWantedItem, unfinished, wantedItem } from './store/intents.js'
export { type History, type Orders, orders, showVoucher } from './store/orders.js'
export { type Purchase, type PurchaseState, purchase } from './store/purchase.js'
export { purse } from './store/purse.js'
export { type Storefront, storefront } from './store/storefront.js'
export { setWish, type WishChange } from './store/wishes.js'
export type {
  Attachment,
  Board,
  BoardRow,
  BoardRun,
  Channel,
  ChannelStanding,
  ClaimedStage,
  Config,
  ConnectableNetwork,
  Item,
  Ladder,
  Message,
  Milestone,
  MilestoneChoice,
  MilestoneCondition,
  MilestoneStage,
  MilestoneState,
  MilestoneTask,
  MyRows,
  Order,
  Period,
  Purse,
  Quote,
  ReasonCode,
  Recap,
  Referral,
  Rows,
  SocialAccount,
  SocialNetwork,
  SocialProgress,
  SocialProof,
  SocialQuest,
  SocialState,
  Topic,
  Viewer,
  Visibility,
  Voucher,
  WonPrize,
} from './types.js'
export { viewer } from './viewer.js'
