import { z } from 'zod'
import { bodyLimits, table } from '../../route.js'
import { cursorQuery, Id, line, page, serverQuery, Time, text } from '../../schemas.js'
import {
  ConnectableNetwork,
  isKnownBy,
  LinkWithCode,
  SocialAction,
  SocialBonus,
  SocialEvidence,
  SocialNetwork,
  SocialNotices,
  SocialProof,
  SocialRepeat,
  SocialReview,
  SocialReward,
} from '../../socials.js'
import { secret, withoutSecret } from './keys.js'

/** What is done there gives XP and coins. */
const access = {
  principals: ['communityKey', 'systemKey', 'loginMember'],
  permission: 'social',
  may: 'server_administrator',
} as const
const query = z.strictObject(serverQuery)
const QuestPath = z.object({ questId: Id })
const ReviewPath = z.object({ reviewId: Id })
const NetworkPath = z.object({ network: ConnectableNetwork })

const seconds = (max: number) => z.int().min(0).max(max)
const aDay = 86_400

/** What can be set on a quest. */
const fields = {
  title: line(1, 100).meta({ description: 'What people read' }),
  description: text(1000).meta({ description: 'What is to be done. Default: empty' }),
  network: SocialNetwork.meta({ description: 'Where it is done' }),
  action: SocialAction.meta({ description: 'What is done there' }),
  proof: SocialProof.meta({
    description:
      'How it is known that it was done; members are told. `GET /v1/social-networks` says what can be known of which network',
  }),
  link: LinkWithCode.nullable().meta({
    description:
      'Where members go, or what they share. `{code}` in it stands for the member’s own code, so that who comes by it can be told. Default: null',
  }),
  shareText: text(500).meta({
    description: 'What is suggested to be written beside `link` where it is shared. Default: empty',
  }),
  target: line(0, 200).meta({
    description:
      'For `account`: of what the network is asked, by its own id. Discord: the server’s id; Twitch: the channel’s user id; YouTube: the channel’s id; GitHub: the name of whom to follow; Reddit: the community’s name. Default: empty',
  }),
  quantity: z.int().min(1).max(1000).meta({
    description: 'For `invite` on `web` that is known by `account`: how many active members must have come. Default: 1',
  }),
  minimumAccountDays: z.int().min(0).max(3650).meta({
    description: 'For `account`: how old the account must be, where the network tells that. Default: 0',
  }),
  endpoint: z
    .url({ protocol: /^https?$/ })
    .max(2000)
    .nullable()
    .meta({
      description:
        'For `api`: your endpoint, which is asked by a signed POST, by https at its own port; elsewhere only where whoever runs this server allows it. Default: null',
    }),
  codes: z.array(line(1, 200)).max(100).meta({
    description:
      'For `code`: the codes, or the right answers; any of them will do, without regard to case. Default: none',
  }),
  attempts: z.int().min(1).max(100).meta({
    description:
      'For `code`: how many may be wrong in a period; fewer than there are `options`, where there are any. Default: 5, or 1 for a new quest with `options`',
  }),
  question: line(0, 300).meta({ description: 'For `code`: what is asked. Default: empty' }),
  options: z
    .array(line(1, 200))
    .max(10)
    .meta({ description: 'For `code`: what there is to choose from. Default: none, the member writes' }),
  asks: z
    .array(SocialEvidence)
    .max(3)
    .refine((all) => new Set(all).size === all.length, 'must be different')
    .meta({ description: 'For `review`: what members must send in, all of these. Default: `link`' }),
  reviewHours: z
    .int()
    .min(1)
    .max(720)
    .meta({ description: 'For `review`: how long members are told that it takes. Default: 48', example: 48 }),
  reward: SocialReward.meta({ description: 'What it gives, of the units that members earn. Default: nothing' }),
  repeat: SocialRepeat.meta({ description: 'How often, by the member’s own calendar. Default: `once`' }),
  bonus: SocialBonus.nullable().meta({
    description:
      'For what repeats: what it gives besides, each time that it was done on so many days, or in so many weeks, in a row. Null, the default: nothing',
  }),
  waitSeconds: seconds(aDay).meta({ description: 'How long after it was opened it can be claimed first. Default: 0' }),
  cooldownSeconds: seconds(7 * aDay).meta({
    description: 'How long after a claim that was not good the next one is looked at. Default: 60',
  }),
  notices: SocialNotices.meta({ description: 'What members must be told beside it. Default: nothing' }),
  startsAt: Time.nullable().meta({ description: 'From when it can be done. Null, the default: at once' }),
  endsAt: Time.nullable().meta({ description: 'Until when it can be done. Null, the default: for ever' }),
  isEnabled: z.boolean().meta({ description: 'Whether pages show it. Default: true' }),
  displayOrder: z.int().min(0).max(100_000).meta({ description: 'Where it stands, lowest first. Default: 0' }),
}

export type SocialQuestFields = z.infer<z.ZodObject<typeof fields>>

const Quest = z
  .strictObject({ _id: Id, communityID: Id, ...fields, createdAt: Time, updatedAt: Time, __v: z.int() })
  .meta({ id: 'SocialQuestSettings' })
const CreateQuest = z
  .strictObject(fields)
  .partial()
  .extend({ title: fields.title, network: fields.network, action: fields.action, proof: fields.proof })
  .refine(({ network, action, proof }) => isKnownBy(network, action, proof), {
    path: ['proof'],
    message: 'cannot be had for that action on that network',
  })
  .meta({ id: 'CreateSocialQuest' })
const UpdateQuest = z.strictObject(fields).partial().meta({ id: 'UpdateSocialQuest' })

const Network = z
  .strictObject({
    network: SocialNetwork,
    name: z.string(),
    actions: z.array(z.strictObject({ action: SocialAction, proofs: z.array(SocialProof) })),
    /** Whether members can connect an account there: that needs credentials. */
    isConnectable: z.boolean(),
    /** Which ones are set; never the secret. */
    credentials: z.strictObject({ clientId: z.string(), updatedAt: Time }).nullable(),
    /** Where the network sends people back to: it asks for that when an application is registered. */
    redirectUrl: z.url().nullable(),
  })
  .meta({ id: 'SocialNetworkAbilities', description: 'What can be done on a network, and how it can be known' })

const Program = z
  .strictObject({
    communityID: Id,
    page: LinkWithCode.nullable(),
    referred: SocialReward,
    updatedAt: Time.nullable(),
    __v: z.int(),
  })
  .meta({ id: 'ReferralProgram', description: 'How members bring others' })

/** What members do elsewhere, as operators see it. */
export const socials = table({
  'GET /v1/socials': {
    summary: 'The quests of a community, in their order',
    description: 'At most 100.',
    access,
    query,
    answer: z.array(Quest),
    message: 'Social quests fetched successfully',
  },
  'POST /v1/socials': {
    summary: 'Create a quest',
    description: `What \`proof\` needs must be there: \`target\` for \`account\` (but for \`invite\`), \`endpoint\` for \`api\`, \`codes\` for \`code\`.

An \`endpoint\` is sent \`{"questId", "userId", "externalId", "username", "action", "network", "openedAt"}\`, signed as Standard Webhooks sign (\`webhook-id\`, \`webhook-timestamp\`, \`webhook-signature\`; the secret is made by \`POST /v1/social-secret\`). It answers \`{"done": "yes"}\`, \`"no"\` or \`"later"\`, within five seconds; \`Retry-After\`, on any answer but a yes, says when to ask next.`,
    access,
    query,
    body: CreateQuest,
    answer: Quest,
    status: 201,
    message: 'Social quest created successfully',
  },
  'GET /v1/socials/{questId}': {
    summary: 'Read a quest',
    access,
    params: QuestPath,
    query,
    answer: Quest,
    message: 'Social quest fetched successfully',
  },
  'PATCH /v1/socials/{questId}': {
    summary: 'Change a quest',
    description: 'What is not sent stays. What was credited stays as it was.',
    access,
    params: QuestPath,
    query,
    body: UpdateQuest,
    answer: Quest,
    message: 'Social quest updated successfully',
  },
  'DELETE /v1/socials/{questId}': {
    summary: 'Delete a quest. What was sent in for it still waits to be decided',
    description: 'Refused while a milestone asks for it.',
    access,
    params: QuestPath,
    query,
    answer: z.strictObject({ _id: Id }),
    message: 'Social quest deleted successfully',
  },
  'GET /v1/social-reviews': {
    summary: 'What members sent in, oldest first',
    access,
    query: z.strictObject({
      ...serverQuery,
      state: SocialReview.shape.state.optional().meta({ description: 'Default: waiting' }),
      questId: z.uuid().max(36).optional().meta({ description: 'Only what is for this quest' }),
      ...cursorQuery,
    }),
    answer: page(SocialReview),
    message: 'Reviews fetched successfully',
  },
  'POST /v1/social-reviews/{reviewId}/approve': {
    summary: 'Credit a member for what they sent in',
    description: 'Safe to repeat: it is one credit.',
    access,
    params: ReviewPath,
    query,
    answer: SocialReview,
    message: 'Review has been approved successfully',
  },
  'POST /v1/social-reviews/{reviewId}/reject': {
    summary: 'Turn down what a member sent in',
    description: 'The member reads why, and may try again after the quest’s cool-down.',
    access,
    params: ReviewPath,
    query,
    body: z.strictObject({ reason: line(1, 300).meta({ description: 'What the member reads' }) }),
    bodyLimit: bodyLimits.small,
    answer: SocialReview,
    message: 'Review has been rejected successfully',
  },
  'GET /v1/social-networks': {
    summary: 'What can be done on which network, how it can be known, and which credentials are set',
    access,
    query,
    answer: z.array(Network),
    message: 'Networks fetched successfully',
  },
  'PUT /v1/social-networks/{network}': {
    summary: 'Set the credentials of an application that is registered at a network',
    description: 'From then on members can connect their accounts. The secret is kept encrypted and never shown.',
    access,
    params: NetworkPath,
    query,
    body: z.strictObject({
      clientId: line(1, 300).meta({ description: 'The id that the network gave the application' }),
      clientSecret: line(1, 500).meta({ description: 'The secret that it gave with it' }),
    }),
    bodyLimit: bodyLimits.small,
    answer: Network,
    message: 'Credentials have been set successfully',
  },
  'DELETE /v1/social-networks/{network}': {
    summary: 'Take the credentials of a network away: nobody connects an account there any more',
    description: 'Accounts that are connected stay so, and are not asked about.',
    access,
    params: NetworkPath,
    query,
    answer: Network,
    message: 'Credentials have been removed successfully',
  },
  'POST /v1/social-secret': {
    summary: 'Make the secret that requests to endpoints are signed with. The one before signs no more',
    access,
    query,
    answer: z.strictObject(secret).meta({ id: 'SocialSecret' }),
    replayed: withoutSecret,
    message: 'Secret created successfully',
  },
  'GET /v1/referral': {
    summary: 'Read how members bring others',
    access,
    query,
    answer: Program,
    message: 'Referral program fetched successfully',
  },
  'PATCH /v1/referral': {
    summary: 'Change how members bring others',
    description:
      'What is not sent stays. What it gives who brought somebody, how often and after which time, is `earning.referral` in `/v1/gamification`. Your page hands the code in its address to your back-end, which sends it with `POST /apis/v1/users`, or with the request for an embed token, as `referral`.',
    access,
    query,
    body: z.strictObject({
      page: LinkWithCode.nullable().optional().meta({
        description: 'Where people are sent to; `{code}` stands for the code of who sends them. Null: there is no link',
      }),
      referred: SocialReward.optional().meta({ description: 'What it gives who was brought' }),
    }),
    bodyLimit: bodyLimits.small,
    answer: Program,
    message: 'Referral program updated successfully',
  },
})
