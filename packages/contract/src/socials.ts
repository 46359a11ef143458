import { z } from 'zod'
import { Id, line, Time, text } from './schemas.js'

/*
 * What members can do on networks, and how it can be known. One table says it for operators, who are refused what cannot be
 * known, and for pages, which tell members how it is.
 */

export const socialActions = [
  'follow',
  'join',
  'share',
  'post',
  'visit',
  'watch',
  'subscribe',
  'invite',
  'code',
  'quiz',
] as const
export type SocialAction = (typeof socialActions)[number]
export const SocialAction = z.enum(socialActions)

/** How it is known that somebody did it, and what that means. The strongest comes first. */
export const socialProofs = {
  account: 'We ask the network, as the account that the member connected; for `invite` on `web` we count here',
  api: 'The operator’s own endpoint answers',
  code: 'The member enters what they can only have found there',
  review: 'A person looks at what the member sends in',
  self: 'The member says so, and nobody looks',
} as const
export type SocialProof = keyof typeof socialProofs
const keysOf = <T extends Record<string, unknown>>(map: T) =>
  Object.keys(map) as [keyof T & string, ...(keyof T & string)[]]
export const SocialProof = z.enum(keysOf(socialProofs))

const byOthers = ['api', 'review', 'self'] as const
const alsoByCode = ['api', 'code', 'review', 'self'] as const
const proofsOf: Record<SocialAction, readonly SocialProof[]> = {
  follow: byOthers,
  join: alsoByCode,
  share: byOthers,
  post: byOthers,
  visit: alsoByCode,
  watch: alsoByCode,
  subscribe: byOthers,
  invite: byOthers,
  code: ['code'],
  quiz: ['code'],
}

export interface NetworkAbilities {
  /** Its own name, the same in every language. */
  name: string
  /** What can be done there, and how each can be known. */
  actions: Partial<Record<SocialAction, readonly SocialProof[]>>
}

/** @param known What the network itself tells of an account, to whoever the account's owner lets ask. */
function network(
  name: string,
  actions: readonly SocialAction[],
  known: readonly SocialAction[] = [],
): NetworkAbilities {
  const proofs = (action: SocialAction) => [
    ...(known.includes(action) ? ['account' as const] : []),
    ...proofsOf[action],
  ]
  return { name, actions: Object.fromEntries(actions.map((action) => [action, proofs(action)])) }
}

/** Networks × actions × proofs. What a network tells nobody is not in it: no proof is shown that is none. */
export const socialNetworks = {
  x: network('X', ['follow', 'share', 'post', 'visit']),
  instagram: network('Instagram', ['follow', 'share', 'post', 'visit', 'watch']),
  facebook: network('Facebook', ['follow', 'join', 'share', 'post', 'visit', 'watch']),
  tiktok: network('TikTok', ['follow', 'share', 'post', 'watch']),
  youtube: network('YouTube', ['subscribe', 'watch', 'share', 'post'], ['subscribe']),
  twitch: network('Twitch', ['follow', 'subscribe', 'watch'], ['follow', 'subscribe']),
  discord: network('Discord', ['join', 'post', 'invite'], ['join']),
  telegram: network('Telegram', ['join', 'share', 'post', 'invite']),
  reddit: network('Reddit', ['join', 'share', 'post'], ['join']),
  linkedin: network('LinkedIn', ['follow', 'share', 'post']),
  github: network('GitHub', ['follow', 'visit'], ['follow']),
  bluesky: network('Bluesky', ['follow', 'share', 'post']),
  whatsapp: network('WhatsApp', ['join', 'share', 'invite']),
  web: network('Web', ['visit', 'watch', 'subscribe', 'share', 'post', 'invite', 'code', 'quiz'], ['invite']),
} satisfies Record<string, NetworkAbilities>
export type SocialNetwork = keyof typeof socialNetworks
export const SocialNetwork = z.enum(keysOf(socialNetworks))

/** Networks on which members can connect an account, where the community has credentials of them. */
export const connectableNetworks = ['youtube', 'twitch', 'discord', 'reddit', 'github'] as const
export type ConnectableNetwork = (typeof connectableNetworks)[number]
export const ConnectableNetwork = z.enum(connectableNetworks)

/** Whether what is done there can be known so. */
export const isKnownBy = (network: SocialNetwork, action: SocialAction, proof: SocialProof): boolean =>
  (socialNetworks[network] as NetworkAbilities).actions[action]?.includes(proof) ?? false

/** How often a quest can be done. Days and weeks are the member’s own. */
export const SocialRepeat = z.enum(['once', 'daily', 'weekly'])
export type SocialRepeat = z.infer<typeof SocialRepeat>

/** What is sent in for a person to look at. */
export const SocialEvidence = z.enum(['note', 'link', 'picture'])
export type SocialEvidence = z.infer<typeof SocialEvidence>

const points = z.int().min(0).max(1_000_000_000)
/** What something gives. */
export const SocialReward = z
  .strictObject({
    xp: points.meta({ description: 'How much XP' }),
    currency: points.meta({ description: 'How much currency' }),
  })
  .meta({ id: 'SocialReward' })
export type SocialReward = z.infer<typeof SocialReward>

/** What a quest that repeats gives besides, for so many times in a row. */
export const SocialBonus = z
  .strictObject({
    every: z.int().min(2).max(366).meta({ description: 'For each so many days, or weeks, in a row' }),
    reward: SocialReward.meta({ description: 'What that gives besides' }),
  })
  .meta({ id: 'SocialBonus' })
export type SocialBonus = z.infer<typeof SocialBonus>

/** What must be told beside a quest, in the operator’s words; empty for nothing. */
export const SocialNotices = z
  .strictObject({
    age: line(0, 200).meta({ description: 'Who is old enough for it' }),
    region: line(0, 200).meta({ description: 'Where it is for' }),
    paidPromotion: line(0, 200).meta({
      description: 'That what members post is advertising, and how they must say so',
    }),
  })
  .meta({ id: 'SocialNotices' })

/** Where a member is with a quest. */
export const socialStates = [
  /** Not begun in this period. */
  'idle',
  /** Begun; the member can say that it is done. */
  'opened',
  /** It can be claimed from `until` on: it was begun a moment ago, or who knows said to come back then. */
  'waiting',
  /** A claim is being looked at this moment, by another request. */
  'checking',
  /** Credited. `until`, if any: when it can be done again. */
  'done',
  /** Somebody will look at what was sent in; `until` says by when, as far as it can be told. */
  'in_review',
  /** It is not done, says `reason`. The member can try at once, but for `attempts_used`. */
  'failed',
  /** The same, and the next try is at `until`. */
  'cooling_down',
] as const
export const SocialState = z.enum(socialStates)
export type SocialState = z.infer<typeof SocialState>

/** Why a quest is in its state. */
export const socialReasons = [
  /** `waiting`: it takes longer than that. */
  'too_soon',
  /** `waiting`: who knows does not know yet. */
  'later',
  /** Who knows says that it is not done. */
  'not_yet',
  /** The code, or the answer, is another one. `attemptsLeft` says how often it can be tried. */
  'wrong_code',
  /** As often as one may; `until`, if any, says when one may again. */
  'attempts_used',
  /** A person turned it down, in their words: `rejection`. */
  'rejected',
  /** An account of the network must be connected first. */
  'not_connected',
  /** The network takes our permission no more: connect the account again. */
  'disconnected',
  /** The account is younger than the quest asks for. */
  'account_too_new',
  /** Who knows could not be asked. */
  'unreachable',
] as const
export const SocialReason = z.enum(socialReasons)
export type SocialReason = z.infer<typeof SocialReason>

/** Somebody’s claim, as it was sent in. */
export const SocialReview = z
  .strictObject({
    _id: Id,
    questId: Id,
    questTitle: z.string(),
    userId: Id,
    username: z.string(),
    note: z.string(),
    link: z.url().nullable(),
    picture: z.url().nullable().meta({ description: 'Where the picture is, until the claim is decided' }),
    state: z.enum(['waiting', 'approved', 'rejected']),
    reason: z.string().nullable().meta({ description: 'Why it was rejected' }),
    createdAt: Time,
    decidedAt: Time.nullable(),
  })
  .meta({ id: 'SocialReview', description: 'What a member sent in for a quest' })

/** What is sent in, besides a picture. */
export const evidence = {
  note: text(1000).optional().meta({ description: 'What the member says for it' }),
  link: z
    .url({ protocol: /^https?$/ })
    .max(2000)
    .optional()
    .meta({ description: 'Where it can be seen' }),
}

/** A web address in which `{code}` stands for a member’s own code: with the braces it is no URI yet. */
export const LinkWithCode = z
  .string()
  .max(2000)
  .refine((value) => /^https?:/i.test(value) && URL.canParse(value), 'must be a web address')
