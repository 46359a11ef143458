import type {
  AnswerOf,
  ChannelPermission,
  ChannelType,
  ConnectableNetwork,
  ErrorCode,
  EventType,
  FieldContent,
  FieldSource,
  FieldType,
  FieldValue,
  GamificationSettings,
  HookEncryption,
  HookSignature,
  Manifest,
  managementFamily,
  OrderCategory,
  Period,
  Permission,
  Prize,
  ProductType,
  PurchaseLimit,
  Question,
  ServerPermission,
  SocialAction,
  SocialNetwork,
  SocialProof,
  SocialQuestFields,
  SocialReason,
  SubscribableEvent,
  Unit,
  UnitForms,
  UserPermission,
  WebhookEvent,
} from '@rai/contract'
import type { ColumnType, Generated, JSONColumnType } from 'kysely'
import type { BulkType, RowContent } from '../domain/bulk/columns.js'
import type { JobOptions } from '../domain/bulk/jobs.js'
import type { ProductContent } from '../domain/bulk/product-columns.js'
import type { RolePermissions } from '../domain/channels.js'
import type { FactKind } from '../domain/facts.js'
import type { Answer } from '../domain/store/questions.js'

/**
 * The migrations as types, one interface a table; what a column means stands in the SQL. `bigint` reads as a number
 * (every one of ours fits 2^53 - 1), `date` as `YYYY-MM-DD`, `timestamptz` as a Date; `jsonb` is written as JSON text.
 */
export interface Tables {
  communities: Communities
  accounts: Accounts
  registrations: Registrations
  link_tokens: LinkTokens
  sessions: Sessions
  session_tokens: SessionTokens
  mails: Mails
  login_codes: LoginCodes
  api_keys: ApiKeys
  signing_keys: SigningKeys
  counters: Counters
  members: Members
  roles: Roles
  avatars: Avatars
  member_external_ids: MemberExternalIds
  member_deletions: MemberDeletions
  forgotten_files: ForgottenFiles
  member_suspensions: MemberSuspensions
  moderations: Moderations
  transactions: Transactions
  entries: Entries
  balances: Balances
  gains: Gains
  user_fields: UserFields
  user_field_values: UserFieldValues
  user_field_changes: UserFieldChanges
  leaderboards: Leaderboards
  board_scores: BoardScores
  board_counts: BoardCounts
  board_deltas: BoardDeltas
  board_winners: BoardWinners
  board_seen: BoardSeen
  badges: Badges
  member_badges: MemberBadges
  badge_applications: BadgeApplications
  events: Events
  relays: Relays
  idempotency_keys: IdempotencyKeys
  jobs: Jobs
  job_rows: JobRows
  job_errors: JobErrors
  audit_log: AuditLog
  gamification: Gamification
  visits: Visits
  earnings: Earnings
  xp_roles: XpRoles
  member_facts: MemberFacts
  milestones: Milestones
  milestone_stages: MilestoneStages
  milestone_claims: MilestoneClaims
  channels: Channels
  channel_members: ChannelMembers
  topics: Topics
  messages: Messages
  message_reactions: MessageReactions
  message_mentions: MessageMentions
  channel_reads: ChannelReads
  message_reports: MessageReports
  attachments: Attachments
  link_cards: LinkCards
  message_cards: MessageCards
  stores: Stores
  product_categories: ProductCategories
  products: Products
  order_statuses: OrderStatuses
  orders: Orders
  vouchers: Vouchers
  wishes: Wishes
  invitations: Invitations
  social_quests: SocialQuests
  social_progress: SocialProgress
  social_reviews: SocialReviews
  referral_gains: ReferralGains
  referral_programs: ReferralPrograms
  social_secrets: SocialSecrets
  social_networks: SocialNetworks
  social_accounts: SocialAccounts
  social_tickets: SocialTickets
  pairwise_secrets: PairwiseSecrets
  webhook_endpoints: WebhookEndpoints
  webhook_secrets: WebhookSecrets
  webhook_queues: WebhookQueues
  webhook_messages: WebhookMessages
  webhook_deliveries: WebhookDeliveries
  webhook_attempts: WebhookAttempts
  hooks: Hooks
  hook_calls: HookCalls
  hook_call_names: HookCallNames
}

/** A column with a default in the database that never changes afterwards. */
type Once<T> = ColumnType<T, T | undefined, never>
/** A column that the database computes from others. */
type Computed<T> = ColumnType<T, never, never>
/** A jsonb column with a default. */
type Json<T> = ColumnType<T, string | undefined, string>

interface Communities {
  id: string
  name: string
  image_id: Generated<string | null>
  revision: Generated<number>
  time_zone: Generated<string>
  week_start: Generated<number>
  review_hours: Generated<number>
  xp_name: Generated<string>
  xp_forms: Json<UnitForms>
  xp_icon: Generated<string>
  xp_enabled: Generated<boolean>
  currency_name: Generated<string>
  currency_forms: Json<UnitForms>
  currency_icon: Generated<string>
  currency_enabled: Generated<boolean>
  created_at: Once<Date>
}

interface Accounts {
  id: string
  email: string
  password_hash: string
  first_name: Generated<string>
  last_name: Generated<string>
  display_name: Generated<string>
  email_key: Computed<string>
  created_at: Once<Date>
}

interface Registrations {
  id: string
  email: string
  email_key: Computed<string>
  password_hash: string | null
  first_name: string
  last_name: string
  display_name: string
  created_at: Date
}

interface LinkTokens {
  hash: Buffer
  registration_id: string | null
  account_id: string | null
  expires_at: Date
}

interface Sessions {
  id: string
  account_id: string | null
  bound_to: string | null
  member_id: string | null
  created_at: Date
  expires_at: Date
}

interface SessionTokens {
  hash: Buffer
  session_id: string
  kind: 'access' | 'refresh'
  expires_at: Date
  used_at: Date | null
}

export type MailKind = 'confirm' | 'reset' | 'changed' | 'back' | 'invited'

/** An item that is back, and where. */
export interface BackAbout {
  item: string
  community: string
  page: string
}

/** Somebody whom a community has made a member, and invites to have a login. */
export interface InvitedAbout {
  community: string
  firstName: string
  lastName: string
  displayName: string
}

/** What a mail of a community tells of. */
export type MailAbout = BackAbout | InvitedAbout

interface Mails {
  id: string
  kind: MailKind
  recipient: string
  about: ColumnType<MailAbout | null, string | null | undefined, never>
  created_at: Date
  attempts: Generated<number>
  due_at: Date
}

interface LoginCodes {
  community_id: string
  hash: Buffer
  member_id: string
  session_id: string
  expires_at: Date
}

export type KeyKind = 'publishable' | 'community' | 'system' | 'widget_access' | 'user'

interface ApiKeys {
  community_id: string
  id: string
  kind: KeyKind
  name: string
  hash: Buffer
  access_id: string | null
  hint: string
  permissions: Generated<(Permission | UserPermission)[]>
  origins: Generated<string[]>
  test_mode: Generated<boolean>
  identifiers: Json<Record<string, managementFamily.IdentifierMeaning>>
  create_member: Generated<boolean>
  created_at: Once<Date>
  expires_at: Date | null
  revoked_at: Date | null
  last_used_at: Date | null
  previous_hash: Buffer | null
  previous_hint: string | null
  previous_until: Date | null
  previous_used_at: Date | null
  generation: Generated<number>
  revision: Generated<number>
  member_id: string | null
  channel_ids: string[] | null
  is_active: Generated<boolean>
}

interface SigningKeys {
  kid: string
  public_jwk: JSONColumnType<Record<string, unknown>>
  private_wrapped: Buffer
  created_at: Once<Date>
  retired_at: Date | null
}

interface Counters {
  community_id: string
  name: string
  value: number
}

interface Members {
  community_id: string
  id: string
  number: number
  account_id: string | null
  role: Generated<'owner' | 'member'>
  username: string
  display_name: string
  first_name: Generated<string>
  last_name: Generated<string>
  email: string | null
  avatar_source: string | null
  avatar_id: string | null
  language: Generated<string>
  status: Generated<'active' | 'suspended' | 'banned' | 'deleted'>
  visibility: Generated<'public' | 'hidden'>
  entered_boards: Generated<string[]>
  fields: Json<Record<string, FieldContent>>
  role_ids: Generated<string[]>
  time_zone: Generated<string | null>
  signed_out_at: Generated<Date | null>
  referred_by: Generated<string | null>
  created_at: Once<Date>
  updated_at: Generated<Date>
  revision: Generated<number>
  email_key: Computed<string | null>
  name_key: Computed<string>
  referral_code: Computed<string>
}

interface Roles {
  community_id: string
  id: string
  title: string
  description: Generated<string>
  colour: Generated<string>
  position: number
  is_billable: Generated<boolean>
  access_level: number | null
  server_permissions: Generated<ServerPermission[]>
  channel_permissions: Generated<ChannelPermission[]>
  created_at: Once<Date>
  updated_at: Date
  revision: Generated<number>
}

interface Avatars {
  community_id: string
  member_id: string
  id: string | null
  image: Buffer | null
  source: string | null
  due_at: Date | null
  tries: Generated<number>
}

interface MemberExternalIds {
  community_id: string
  type: string
  value: string
  member_id: string
}

interface MemberDeletions {
  community_id: string
  member_id: string
  status_before: 'active' | 'suspended' | 'banned'
  deleted_at: Date
}

interface ForgottenFiles {
  community_id: string
  id: string
  ending: 'webp' | 'bin'
  due_at: Date
  tries: Generated<number>
}

interface MemberSuspensions {
  community_id: string
  member_id: string
  ends_at: Date
}

interface Moderations {
  community_id: string
  id: string
  member_id: string
  action: 'warn' | 'suspend' | 'unsuspend' | 'kick' | 'ban' | 'unban'
  reason: string
  until: Date | null
  actor: string
  created_at: Date
}

interface Transactions {
  community_id: string
  id: string
  reason: string
  key: string
  actor: string
  created_at: Date
}

interface Entries {
  community_id: string
  transaction_id: string
  n: number
  member_id: string | null
  community_account: 'issued' | 'spent' | 'adjusted' | 'expired' | null
  unit: Unit
  amount: number
  created_at: Date
}

interface Balances {
  community_id: string
  member_id: string
  unit: Unit
  amount: number
  peak: number | null
}

interface Gains {
  community_id: string
  member_id: string
  unit: Unit
  day: string
  amount: number
}

interface UserFields {
  community_id: string
  id: string
  field: string
  name: string
  type: FieldType
  description: Generated<string>
  is_required: Generated<boolean>
  default_value: ColumnType<FieldValue | null, string | null | undefined, string | null>
  options: Generated<string[]>
  creator_id: string | null
  created_at: Once<Date>
  updated_at: Generated<Date>
  revision: Generated<number>
  forgotten_to: string | null
}

interface UserFieldValues {
  community_id: string
  member_id: string
  field_id: string
  value: number
}

interface UserFieldChanges {
  community_id: string
  id: string
  field_id: string
  member_id: string
  value: number | null
  previous: number | null
  content: ColumnType<FieldContent | null, string | null, never>
  previous_content: ColumnType<FieldContent | null, string | null, never>
  source: FieldSource
  is_late: Generated<boolean>
  actor: string | null
  recorded_at: Date
}

interface Leaderboards {
  community_id: string
  id: string
  name: string
  slug: string
  description: Generated<string>
  metric: Unit | `field:${string}`
  periods: Period[]
  name_display: Generated<'full' | 'initials' | 'alias'>
  alias_key: Generated<string>
  top_rank_limit: number | null
  only_positive: Generated<boolean>
  requires_opt_in: Generated<boolean>
  starts_at: Date | null
  ends_at: Date | null
  review_hours: number | null
  prizes: Json<Prize[]>
  settled_to: Date | null
  settles_at: Date | null
  ranked_members: Generated<string[]>
  ranked_fields: Json<Record<string, string>>
  ranked_roles: Generated<string[]>
  segment_of: string | null
  viewing_members: Generated<string[]>
  viewing_roles: Generated<string[]>
  is_enabled: Generated<boolean>
  display_order: Generated<number>
  widget_enabled: Generated<boolean>
  settings: Json<Record<string, unknown>>
  scores_id: string
  counted_to: string | null
  former_of: string | null
  created_at: Once<Date>
  updated_at: Generated<Date>
  revision: Generated<number>
}

interface BoardScores {
  community_id: string
  board_id: string
  period: Period
  period_start: string
  member_id: string
  score: number
  negated: Computed<number>
  reached_at: Date
  previous: number | null
  previous_reached_at: Date | null
  ranked: boolean
}

interface BoardCounts {
  community_id: string
  board_id: string
  period: Period
  period_start: string
  level: number
  negated: number
  reached_at: Date
  member_id: string
  n: number
  balance: Computed<number>
}

interface BoardDeltas {
  community_id: string
  id: string
  board_id: string
  period: Period
  period_start: string
  member_id: string
  old_negated: number | null
  old_reached_at: Date | null
  new_negated: number | null
  new_reached_at: Date | null
}

interface BoardWinners {
  community_id: string
  board_id: string
  period: Period
  period_start: string
  member_id: string
  rank: number
  prize: JSONColumnType<Prize>
  claimed_at: Date | null
}

interface BoardSeen {
  community_id: string
  board_id: string
  period: Period
  member_id: string
  period_start: string
  rank: number
  seen_at: Date
}

interface Badges {
  community_id: string
  id: string
  title: string
  description: Generated<string>
  metric: Leaderboards['metric'] | null
  quantity: Generated<number>
  image_id: string | null
  dark_image_id: string | null
  light_image_id: string | null
  enabled_dark_and_light: Generated<boolean>
  applied: Generated<boolean>
  attach_required: Generated<boolean>
  awarded: Generated<boolean>
  award: Generated<boolean>
  award_xp_quantity: Generated<number>
  award_currency: Generated<boolean>
  award_currency_quantity: Generated<number>
  gives_xp: Computed<number>
  gives_currency: Computed<number>
  counted_to: string | null
  deleted_at: Date | null
  created_at: Date
  updated_at: Date
  revision: Generated<number>
}

interface MemberBadges {
  community_id: string
  member_id: string
  badge_id: string
  xp: number
  currency: number
  actor: string
  awarded_at: Date
  removed_at: Date | null
}

interface BadgeApplications {
  community_id: string
  id: string
  badge_id: string
  member_id: string
  note: string
  attachment_id: string | null
  state: 'waiting' | 'approved' | 'rejected'
  created_at: Date
  decided_at: Date | null
  actor: string | null
}

interface Events {
  community_id: string
  id: string
  type: EventType
  subject: string | null
  data: Json<Record<string, unknown>>
  created_at: Once<Date>
  seq: number | null
}

interface Relays {
  community_id: string
  last_seq: Generated<number>
}

interface IdempotencyKeys {
  community_id: string
  principal: string
  key: string
  operation: string
  body_hash: Buffer
  answer: Buffer
  created_at: Once<Date>
}

interface Jobs {
  community_id: string
  id: string
  type: BulkType
  status: 'queued' | 'running' | 'completed' | 'failed'
  actor: string
  options: JSONColumnType<JobOptions>
  total: Generated<number>
  succeeded: Generated<number>
  skipped: Generated<number>
  failed: Generated<number>
  failure: string | null
  file_hash: Buffer
  created_at: Once<Date>
  started_at: Date | null
  finished_at: Date | null
}

interface JobRows {
  community_id: string
  job_id: string
  line: number
  name: string
  content: JSONColumnType<RowContent | { product: ProductContent }>
}

interface JobErrors {
  community_id: string
  job_id: string
  line: number
  code: string
  message: string
}

interface AuditLog {
  community_id: string
  id: string
  operation: string
  actor_kind: managementFamily.AuditActor
  actor_id: string | null
  objects: JSONColumnType<Record<string, string>>
  action: string | null
  fields: string[]
  refusal: ErrorCode | null
  origin: string | null
  request_id: string | null
  created_at: Date
}

interface Gamification {
  community_id: string
  settings: JSONColumnType<Partial<Omit<GamificationSettings, 'units' | 'xpRoles'>>>
  updated_at: Date
  revision: Generated<number>
}

interface Visits {
  community_id: string
  member_id: string
  visited_at: Date
  count: number
  due_at: Date
  day: string
  day_ends_at: Date
  streak: number
  longest_streak: number
  freezes: number
  lost_streak: number | null
  lost_from: string | null
  lost_to: string | null
  lost_until: Date | null
}

interface Earnings {
  community_id: string
  member_id: string
  rule: string
  paid_at: Date
  day: string
  day_ends_at: Date
  count: number
}

interface XpRoles {
  community_id: string
  role_id: string
  xp: number
}

interface MemberFacts {
  community_id: string
  member_id: string
  kind: FactKind
  key: string
  subject: string | null
  happened_at: Date
}

interface Milestones {
  community_id: string
  id: string
  name: string
  description: Generated<string>
  icon: Generated<string>
  labels: Generated<string[]>
  period: Generated<Period>
  starts_at: Date | null
  ends_at: Date | null
  requires: ColumnType<managementFamily.Condition | null, string | null | undefined, string | null>
  is_enabled: Generated<boolean>
  display_order: Generated<number>
  created_at: Once<Date>
  updated_at: Date
  revision: Generated<number>
}

interface MilestoneStages {
  community_id: string
  milestone_id: string
  id: string
  position: number
  name: string
  description: string
  conditions: JSONColumnType<managementFamily.Condition>
  xp: number
  currency: number
  badge_id: string | null
  multipliers: JSONColumnType<managementFamily.Multiplier[]>
  supply: number | null
  claimed: number | null
}

interface MilestoneClaims {
  community_id: string
  id: string
  member_id: string
  milestone_id: string
  stage_id: string
  period: Period
  period_start: string
  xp: number
  currency: number
  badge_id: string | null
  claimed_at: Date
}

interface Channels {
  community_id: string
  id: string
  topic: string
  description: Generated<string>
  type: ChannelType
  permissions: Json<RolePermissions>
  display_order: Generated<number>
  slow_mode_seconds: Generated<number>
  iframe: ColumnType<Manifest | null, string | null, string | null>
  created_by: string | null
  created_at: Once<Date>
  updated_at: Date
  revision: Generated<number>
}

interface ChannelMembers {
  community_id: string
  channel_id: string
  member_id: string
}

interface Topics {
  community_id: string
  id: string
  channel_id: string
  title: string
  author_id: string
  last_message_id: string
  created_at: Once<Date>
}

interface Messages {
  community_id: string
  id: string
  channel_id: string
  topic_id: string | null
  author_id: string
  key_id: string | null
  client_id: string | null
  text: string
  reply_to: string | null
  is_whispered_back: Generated<boolean>
  pinned_at: Date | null
  edited_at: Date | null
  deleted_at: Date | null
  created_at: Once<Date>
}

interface MessageReactions {
  community_id: string
  message_id: string
  emoji: string
  member_id: string
  created_at: Once<Date>
}

interface MessageMentions {
  community_id: string
  message_id: string
  member_id: string
  channel_id: string
}

interface ChannelReads {
  community_id: string
  channel_id: string
  member_id: string
  read_to: string | null
  is_muted: Generated<boolean>
  typed_at: Date | null
}

interface MessageReports {
  community_id: string
  id: string
  message_id: string
  member_id: string
  reason: string
  text: string
  closed_at: Date | null
  created_at: Once<Date>
}

interface Attachments {
  community_id: string
  id: string
  channel_id: string
  member_id: string
  message_id: string | null
  position: Generated<number>
  name: string
  type: string
  size: number
  width: number | null
  height: number | null
  color: string | null
  created_at: Once<Date>
  removed_at: Date | null
}

interface LinkCards {
  community_id: string
  url: string
  is_wanted: boolean
  due_at: Date | null
  tries: Generated<number>
  fresh_to: Date | null
  title: string | null
  description: Generated<string>
  site_name: Generated<string>
  image_id: string | null
  image_width: number | null
  image_height: number | null
}

interface MessageCards {
  community_id: string
  message_id: string
  url: string
  href: string
  place: number
}

interface Stores {
  community_id: string
  is_enabled: Generated<boolean>
  title: Generated<string>
  description: Generated<string>
  widget_enabled: Generated<boolean>
  page: string | null
  updated_at: Date
  revision: Generated<number>
}

interface ProductCategories {
  community_id: string
  id: string
  name: string
  display_order: Generated<number>
  created_at: Once<Date>
  updated_at: Date
  revision: Generated<number>
}

interface Products {
  community_id: string
  id: string
  name: string
  description: Generated<string>
  image_id: string | null
  image_alt: Generated<string>
  type: Generated<ProductType>
  category_id: string | null
  price: number
  variable_price: ColumnType<managementFamily.VariablePrice | null, string | null | undefined, string | null>
  discount_price: number | null
  discount_starts_at: Date | null
  discount_ends_at: Date | null
  access_rules: Json<managementFamily.AccessRule[]>
  starts_at: Date | null
  ends_at: Date | null
  stocked: number | null
  sold: Generated<number>
  purchase_limit: ColumnType<PurchaseLimit | null, string | null | undefined, string | null>
  questions: Json<Question[]>
  terms: Generated<string>
  instructions: Generated<string>
  link: string | null
  order_status: string | null
  is_archived: Generated<boolean>
  display_order: Generated<number>
  deleted_at: Date | null
  created_at: Once<Date>
  updated_at: Date
  revision: Generated<number>
}

interface OrderStatuses {
  community_id: string
  id: string
  name: string
  category: OrderCategory
  color: string
}

interface Orders {
  community_id: string
  id: string
  number: string
  member_id: string
  product_id: string
  product_name: string
  price: number
  category: OrderCategory
  status_id: string | null
  information: Json<Answer[]>
  took_stock: boolean
  quote_id: string
  returned_at: Date | null
  created_at: Once<Date>
  updated_at: Date
  revision: Generated<number>
}

interface Vouchers {
  community_id: string
  id: string
  product_id: string
  code: Buffer
  sealed_by: Buffer
  fingerprint: Buffer
  expires_at: Generated<Date>
  order_id: string | null
  revealed_at: Date | null
  created_at: Once<Date>
}

interface Wishes {
  community_id: string
  member_id: string
  product_id: string
  notify: boolean
  back_at: Date | null
  is_mail_due: Generated<boolean>
  created_at: Date
}

interface Invitations {
  community_id: string
  id: string
  member_id: string
}

interface SocialQuests {
  community_id: string
  id: string
  title: string
  network: SocialNetwork
  action: SocialAction
  proof: SocialProof
  settings: Json<Omit<SocialQuestFields, 'title' | 'network' | 'action' | 'proof'>>
  deleted_at: Date | null
  created_at: Once<Date>
  updated_at: Date
  revision: Generated<number>
}

interface SocialProgress {
  community_id: string
  member_id: string
  quest_id: string
  period: string
  state: 'opened' | 'waiting' | 'in_review' | 'done' | 'failed'
  reason: SocialReason | null
  rejection: string | null
  opened_at: Date
  checking_until: Date | null
  next_at: Date | null
  attempts: Generated<number>
  xp: Generated<number>
  currency: Generated<number>
}

interface SocialReviews {
  community_id: string
  id: string
  quest_id: string
  member_id: string
  period: string
  note: string
  link: string | null
  picture_id: string | null
  state: 'waiting' | 'approved' | 'rejected'
  reason: string | null
  created_at: Date
  decided_at: Date | null
  actor: string | null
}

interface ReferralGains {
  community_id: string
  member_id: string
  unit: Unit
  amount: number
}

interface ReferralPrograms {
  community_id: string
  page: string | null
  referred_xp: Generated<number>
  referred_currency: Generated<number>
  updated_at: Date
  revision: Generated<number>
}

interface PairwiseSecrets {
  community_id: string
  sealed: Buffer
}

interface SocialSecrets {
  community_id: string
  sealed: Buffer
}

interface SocialNetworks {
  community_id: string
  network: ConnectableNetwork
  client_id: string
  sealed: Buffer
  updated_at: Date
}

interface SocialAccounts {
  community_id: string
  network: ConnectableNetwork
  fingerprint: Buffer
  member_id: string
  account_id: string | null
  name: string | null
  account_created_at: Date | null
  sealed: Buffer | null
  is_expired: Generated<boolean>
  connected_at: Date
  used_at: Date | null
}

interface SocialTickets {
  community_id: string
  hash: Buffer
  member_id: string
  network: ConnectableNetwork
  sealed: Buffer
  browser_hash: Buffer | null
  return_to: string | null
  expires_at: Date
}

interface WebhookEndpoints {
  community_id: string
  id: string
  url: string
  description: Generated<string>
  events: SubscribableEvent[]
  channel_ids: string[] | null
  encryption: Generated<'none' | 'jwe'>
  public_key: string | null
  disabled_reason: managementFamily.DisabledReason | null
  failing_since: Date | null
  is_alerted: Generated<boolean>
  rests_until: Date | null
  leased_by: string | null
  leased_until: Date | null
  told_from: Generated<Date>
  created_at: Once<Date>
  updated_at: Date
  revision: Generated<number>
}

interface WebhookSecrets {
  community_id: string
  id: string
  owner_id: string
  use: 'sign' | 'encrypt' | 'key'
  sealed: Buffer
  ends_at: Date | null
}

interface WebhookQueues {
  community_id: string
  seen_seq: number
}

interface WebhookMessages {
  community_id: string
  id: string
  type: WebhookEvent
  seq: number
  member_id: string | null
  said_id: string | null
  payload: string
  created_at: Date
}

interface WebhookDeliveries {
  community_id: string
  endpoint_id: string
  message_id: string
  status: managementFamily.DeliveryStatus
  failures: Generated<number>
  round: Generated<number>
  due_at: Date
  created_at: Date
}

interface WebhookAttempts {
  community_id: string
  id: string
  endpoint_id: string
  message_id: string
  status: number | null
  error: string | null
  latency_ms: number
  answer: string
  created_at: Date
}

interface Hooks {
  community_id: string
  id: string
  name: string
  description: Generated<string>
  action: JSONColumnType<managementFamily.HookAction>
  address_hash: Buffer
  address_hint: string
  requires_key: Generated<boolean>
  signature: Generated<HookSignature>
  encryption: Generated<HookEncryption>
  is_enabled: Generated<boolean>
  created_at: Once<Date>
  updated_at: Date
  revision: Generated<number>
}

interface HookCalls {
  community_id: string
  id: string
  hook_id: string
  outcome: managementFamily.HookOutcome
  code: ErrorCode | null
  reason: string | null
  external_id: string | null
  repeats: string | null
  answer: ColumnType<AnswerOf<'POST /hooks/v1/{hookAddress}'> | null, string | null, never>
  content_hash: Buffer | null
  created_at: Date
}

interface HookCallNames {
  community_id: string
  hook_id: string
  name: string
  call_id: string
}
