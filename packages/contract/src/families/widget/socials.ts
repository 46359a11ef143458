import { z } from 'zod'
import { bodyLimits, table } from '../../route.js'
import { Amount, Id, line, Time } from '../../schemas.js'
import {
  ConnectableNetwork,
  evidence,
  SocialAction,
  SocialEvidence,
  SocialNetwork,
  SocialNotices,
  SocialProof,
  SocialReason,
  SocialRepeat,
  SocialReward,
  SocialState,
} from '../../socials.js'
import { anyPage, Key, memberOnly } from './common.js'

const QuestPath = Key.extend({ questId: Id })
const NetworkPath = Key.extend({ network: ConnectableNetwork })

/** A network, and its own name, which is the same in every language. */
const Network = z.strictObject({ id: SocialNetwork, name: z.string() })

const Progress = z
  .strictObject({
    state: SocialState,
    /** Why, where the state alone does not say it. */
    reason: SocialReason.nullable(),
    /** When the member began; null while `idle`. */
    openedAt: Time.nullable(),
    /** When the state ends by itself, as the state says; null where it does not. Ask again then. */
    until: Time.nullable(),
    /** How often a code can still be tried now; null where that is not counted. */
    attemptsLeft: z.int().min(0).nullable(),
    /** For `invite` that is counted here: how many active members came, and how many are needed. Null otherwise. */
    count: z.strictObject({ have: z.int().min(0), need: z.int().min(1) }).nullable(),
    /**
     * Where more is given for days, or weeks, in a row: how many count so far of how many, and what comes then; when it is done
     * on the last of them, `given` has it. Null otherwise.
     */
    bonus: z.strictObject({ have: z.int().min(0), need: z.int().min(2), reward: SocialReward }).nullable(),
    /** In the words of who turned it down; null otherwise. */
    rejection: z.string().nullable(),
    /** What it gave in this period; null while it is not `done`. */
    given: SocialReward.nullable(),
    /** How often the member was credited for it, in all periods. */
    times: z.int().min(0),
  })
  .meta({ id: 'SocialProgress', description: 'Where a member is with a quest' })

const Quest = z
  .strictObject({
    id: Id,
    title: z.string(),
    description: z.string(),
    network: Network,
    action: SocialAction,
    /** How it is known that it was done. Members are told. */
    proof: SocialProof,
    /** What it gives now. */
    reward: SocialReward,
    repeat: SocialRepeat,
    /** When it is over; null for never. */
    endsAt: Time.nullable(),
    notices: SocialNotices,
    /** What a claim brings along for `review`: all of these. Empty otherwise. */
    asks: z.array(SocialEvidence),
    /** What a `code` answers, and what there is to choose from; null and empty where it is no question. */
    question: z.string().nullable(),
    options: z.array(z.string()),
    /** The network whose account must be connected for it; null for none. It is one that `linked-accounts` lists. */
    account: ConnectableNetwork.nullable(),
    /**
     * Where it leads; for `share` and `post`, where the network lets people write. It is the member's own: who comes by it can be
     * told. Null for visitors, and where there is nowhere to go.
     */
    link: z.url().nullable(),
    /** What to share, for the device's own dialog and for copying; null where nothing is shared, and for visitors. */
    share: z.strictObject({ url: z.url(), text: z.string() }).nullable(),
    /** Null for visitors. */
    progress: Progress.nullable(),
  })
  .meta({ id: 'SocialQuest', description: 'Something to do on a network, and what it gives' })

const Account = z
  .strictObject({
    network: z.strictObject({ id: ConnectableNetwork, name: z.string() }),
    /** `expired`: the network takes our permission no more. `disconnected`: the member has taken it back. */
    state: z.enum(['not_connected', 'connected', 'expired', 'disconnected']),
    /** What the network calls the account; null where none is connected. */
    account: z.strictObject({ id: z.string(), name: z.string(), createdAt: Time.nullable() }).nullable(),
    connectedAt: Time.nullable(),
    /** When the network was last asked with it. */
    usedAt: Time.nullable(),
    /** What we ask the network to be allowed to read, in its own words. */
    permissions: z.array(z.string()),
    /**
     * What is kept now. A `fingerprint` stays after disconnecting: by it the account is found again if another member brings it,
     * and it tells nothing else.
     */
    stored: z.array(z.enum(['account_id', 'account_name', 'account_age', 'permission', 'fingerprint'])),
  })
  .meta({ id: 'SocialAccount', description: 'A member’s account on a network' })

const Referral = z
  .strictObject({
    /** The member's own. Whoever becomes a member with it was brought by them. */
    code: z.string(),
    /** The page that people are sent to, with the code; null where the community has none. */
    link: z.url().nullable(),
    /** How many active members came by it. */
    count: z.int().min(0),
    /** What the member was given for them. */
    earned: z.strictObject({ xp: Amount, currency: Amount }),
    /** What the next one gives the member, and whom they bring. */
    rewards: z.strictObject({ referrer: SocialReward, referred: SocialReward }),
    /** How many a day give the member something; null: all. */
    limitPerDay: z.int().min(1).nullable(),
  })
  .meta({ id: 'Referral', description: 'How a member brings others' })

const once =
  'Safe to repeat: many claims are one credit. It is looked at no more often than the quest says; a claim before `until` answers where the member is and asks nobody.'

/** What members do elsewhere, and what it gives them. */
export const socials = table({
  'GET /widget/v1/{publishableKey}/socials': {
    summary: 'The quests that can be done now, and where the member is with each',
    description: 'At most 100, in the order of the community. `social.changed` says when to ask again.',
    access: anyPage,
    params: Key,
    answer: z.strictObject({ items: z.array(Quest), now: Time }),
  },
  'POST /widget/v1/{publishableKey}/socials/{questId}/start': {
    summary: 'Say that the member has opened a quest',
    description: 'Send it as they follow `link`. Safe to repeat: the first time in a period counts.',
    access: memberOnly,
    params: QuestPath,
    answer: Quest,
  },
  'POST /widget/v1/{publishableKey}/socials/{questId}/claim': {
    summary: 'Say that a quest is done. What it gives is on the member’s balance with an answer that says `done`',
    description: `${once} What was not begun is begun by it. A form carries a picture; its other fields are those of the JSON.`,
    access: memberOnly,
    params: QuestPath,
    body: z.strictObject({
      code: line(1, 200).optional().meta({ description: 'For `code`: the code, or the answer' }),
      ...evidence,
    }),
    bodyLimit: bodyLimits.small,
    pictures: ['picture'],
    answer: Quest,
  },
  'GET /widget/v1/{publishableKey}/linked-accounts': {
    summary: 'The member’s accounts on networks, and what is stored of each',
    access: memberOnly,
    params: Key,
    answer: z.strictObject({ items: z.array(Account), now: Time }),
  },
  'POST /widget/v1/{publishableKey}/linked-accounts/{network}/connect': {
    summary: 'Begin to connect an account of a network',
    description:
      'Answers a page of this server, for a window of its own or, where that is blocked, for the same one. It says what happens and leads to the network and back; it works once, for ten minutes. What came of it is told by `linked-accounts`, and `social.changed` says when to ask. An account can be one member’s only.',
    access: memberOnly,
    params: NetworkPath,
    body: z.strictObject({
      returnTo: z
        .url({ protocol: /^https?$/ })
        .max(2000)
        .optional()
        .meta({ description: 'The page that asks, or another of its origin: the last page leads back there' }),
    }),
    bodyLimit: bodyLimits.small,
    answer: z.strictObject({ url: z.url(), expiresAt: Time }),
    refuses: ['conflict'],
  },
  'DELETE /widget/v1/{publishableKey}/linked-accounts/{network}': {
    summary: 'Disconnect the account of a network. Our permission is given back to the network',
    description: 'What it gave stays with the member. Again is as once.',
    access: memberOnly,
    params: NetworkPath,
    answer: Account,
  },
  'GET /widget/v1/{publishableKey}/referral': {
    summary: 'How the member brings others, and what came of it',
    access: memberOnly,
    params: Key,
    answer: Referral,
  },
})
