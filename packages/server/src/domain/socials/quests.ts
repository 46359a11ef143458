import { isKnownBy, type SocialQuestFields } from '@rai/contract'
import { type Selectable, sql } from 'kysely'
import type { Tx } from '../../db/database.js'
import type { Tables } from '../../db/tables.js'
import { atMost } from '../at-most.js'
import { emit } from '../events.js'
import { Failure } from '../failure.js'
import { given } from '../given.js'
import { isId, newId } from '../ids.js'
import { holdRow, takeBoards } from '../locks.js'
import { refuseNamed } from '../naming.js'
import { hasNetwork } from './networks.js'
import { hasSigningSecret } from './secret.js'

/** Something that members do elsewhere, for what it gives them. */
export type Quest = Selectable<Tables['social_quests']>

/** What a caller can set. */
export type QuestInput = { [Name in keyof SocialQuestFields]?: SocialQuestFields[Name] | undefined }

/** Nobody looks through more of them. */
const mostQuests = 100

/** What a new quest has where its operator says nothing. */
const unset: Quest['settings'] = {
  description: '',
  link: null,
  shareText: '',
  target: '',
  quantity: 1,
  minimumAccountDays: 0,
  endpoint: null,
  codes: [],
  attempts: 5,
  question: '',
  options: [],
  asks: ['link'],
  reviewHours: 48,
  reward: { xp: 0, currency: 0 },
  repeat: 'once',
  bonus: null,
  waitSeconds: 0,
  cooldownSeconds: 60,
  notices: { age: '', region: '', paidPromotion: '' },
  startsAt: null,
  endsAt: null,
  isEnabled: true,
  displayOrder: 0,
}

const quests = (tx: Tx) =>
  tx.db.selectFrom('social_quests').where('community_id', '=', tx.communityId).where('deleted_at', 'is', null)

/** Every quest, in the order of the community. */
export const listQuests = (tx: Tx): Promise<Quest[]> =>
  quests(tx).selectAll().orderBy(sql`(settings->>'displayOrder')::int`).orderBy('id').execute()

/** Those that can be done at a moment. */
export const openQuests = async (tx: Tx, at: Date): Promise<Quest[]> =>
  (await listQuests(tx)).filter((quest) => isOpen(quest, at))

function isOpen({ settings: { isEnabled, startsAt, endsAt } }: Quest, at: Date): boolean {
  return isEnabled && (startsAt === null || new Date(startsAt) <= at) && (endsAt === null || at < new Date(endsAt))
}

export async function questById(tx: Tx, id: string): Promise<Quest> {
  const quest = isId(id) ? await quests(tx).selectAll().where('id', '=', id).executeTakeFirst() : undefined
  if (!quest) throw notThere()
  return quest
}

const notThere = () => new Failure('not_found', 'There is no such quest.')

/** @throws Failure `not_found` also for one that cannot be done at that moment. */
export async function openQuest(tx: Tx, id: string, at: Date): Promise<Quest> {
  const quest = await questById(tx, id)
  if (!isOpen(quest, at)) throw new Failure('not_found', 'This quest cannot be done now.')
  return quest
}

/** @throws Failure what `check` does, or `conflict` where there are too many. */
export async function createQuest(
  tx: Tx,
  input: QuestInput & Pick<SocialQuestFields, 'title' | 'network' | 'action' | 'proof'>,
  at: Date,
): Promise<Quest> {
  const { title, network, action, proof, ...rest } = input
  // Who has tried every option but one knows the answer.
  const attempts = rest.options?.length ? 1 : unset.attempts
  const settings = { ...unset, attempts, ...given(rest) }
  await check(tx, { network, action, proof, settings })
  const { n } = await quests(tx)
    .select((eb) => eb.fn.countAll<number>().as('n'))
    .executeTakeFirstOrThrow()
  atMost(mostQuests, n + 1, 'A community', 'quests')
  await emit(tx, 'social.changed', null)
  return tx.db
    .insertInto('social_quests')
    .values({
      community_id: tx.communityId,
      id: newId(at.getTime()),
      title: title.trim(),
      network,
      action,
      proof,
      settings: JSON.stringify(settings),
      created_at: at,
      updated_at: at,
    })
    .returningAll()
    .executeTakeFirstOrThrow()
}

/**
 * Changes what is given, and nothing else. Two changes at once both stand.
 * @throws Failure what `check` does.
 */
export async function updateQuest(tx: Tx, id: string, input: QuestInput, at: Date): Promise<Quest> {
  const { id: known } = await questById(tx, id)
  const before = await holdRow(tx, quests(tx).selectAll().where('id', '=', known))
  // Deleted at this moment.
  if (!before) throw notThere()
  const {
    title = before.title,
    network = before.network,
    action = before.action,
    proof = before.proof,
    ...rest
  } = input
  const settings = { ...before.settings, ...given(rest) }
  await check(tx, { network, action, proof, settings })
  await emit(tx, 'social.changed', null)
  return tx.db
    .updateTable('social_quests')
    .set({
      title: title.trim(),
      network,
      action,
      proof,
      settings: JSON.stringify(settings),
      updated_at: at,
      revision: sql`revision + 1`,
    })
    .where('community_id', '=', tx.communityId)
    .where('id', '=', known)
    .returningAll()
    .executeTakeFirstOrThrow()
}

/**
 * Nobody is shown it any more. What was sent in for it can still be decided, and what it gave stays.
 * @throws Failure `not_found`, `conflict` while a milestone names it.
 */
export async function deleteQuest(tx: Tx, id: string, at: Date): Promise<void> {
  await takeBoards(tx)
  const { id: known } = await questById(tx, id)
  await refuseNamed(tx, 'quest', known)
  await tx.db
    .updateTable('social_quests')
    .set({ deleted_at: at })
    .where('community_id', '=', tx.communityId)
    .where('id', '=', known)
    .execute()
  await emit(tx, 'social.changed', null)
}

/** Whether we count here who came, and ask no network. */
export const countsReferrals = ({ network, action, proof }: Pick<Quest, 'network' | 'action' | 'proof'>): boolean =>
  network === 'web' && action === 'invite' && proof === 'account'

/**
 * Whether a quest can be known to be done as it says.
 * @throws Failure `invalid_request` where something that its proof needs is missing, `conflict` where the community is to
 * have something first.
 */
async function check(tx: Tx, quest: Pick<Quest, 'network' | 'action' | 'proof' | 'settings'>): Promise<void> {
  const { network, action, proof, settings } = quest
  const refuse = (path: string, message: string) => {
    throw new Failure('invalid_request', 'Such a quest could not be done.', [{ path, message }])
  }
  if (!isKnownBy(network, action, proof)) refuse('proof', 'cannot be had for that action on that network')
  if (settings.startsAt && settings.endsAt && settings.endsAt <= settings.startsAt)
    refuse('endsAt', 'must lie after startsAt')
  if (settings.bonus && settings.repeat === 'once') refuse('bonus', 'is for what repeats')
  if (proof === 'code' && settings.codes.length === 0) refuse('codes', 'must hold one at least')
  if (proof === 'code' && settings.options.length > 0 && settings.attempts >= settings.options.length)
    refuse('attempts', 'must be fewer than the options')
  if (proof === 'review' && settings.asks.length === 0) refuse('asks', 'must hold one at least')
  if (proof === 'api') {
    if (settings.endpoint === null) refuse('endpoint', 'is missing')
    if (!(await hasSigningSecret(tx)))
      throw new Failure('conflict', 'Make a secret to sign with first: POST /v1/social-secret.')
  }
  if (proof === 'account' && !countsReferrals(quest)) {
    if (settings.target.trim() === '') refuse('target', 'is missing')
    if (!(await hasNetwork(tx, network)))
      throw new Failure('conflict', `Set the credentials of the network first: PUT /v1/social-networks/${network}.`)
  }
}
