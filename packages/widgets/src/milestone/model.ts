import { ApiError, errorOf, type Loadable, type Milestone, type MilestoneChoice, type Milestones } from '@rai/stores'

/** What an element is told, by its page, its stores and the one who looks. */
interface Told {
  /** What address, key and the milestone's name together. */
  subject: string
  /** The milestone that the page names; none for all of them. */
  named: string | undefined
  /** The choice that the list below is of. */
  choice: MilestoneChoice
  list: Loadable<Milestones> | undefined
}

/** What is shown. */
export interface Model {
  subject: string
  /** What was asked for, or, while that is on its way, what was there before: choosing never blanks the list. */
  shown?: Extract<Loadable<Milestones>, { state: 'ready' }> | undefined
  /** The choice that it is of. */
  choice: MilestoneChoice
  items: readonly Milestone[]
  /** The one that is shown in full. */
  one?: Milestone | undefined
  /** There is something to choose from. */
  hasChoice: boolean
  /** Why there is nothing to show. */
  failure?: ApiError | undefined
  /** What failed last, whether or not there is something to show. */
  error?: ApiError | undefined
}

export const nothingKnown: Model = { subject: '', choice: {}, items: [], hasChoice: false }

/** From so many on they are narrowed down. */
const many = 4

/** Decides what to show by what is known now, and by what was shown before. */
export function decide(last: Model, { subject, named, list, ...told }: Told): Model {
  const before = last.subject === subject ? last : nothingKnown
  let { shown, choice, hasChoice } = before
  if (list?.state === 'ready') {
    shown = list
    choice = told.choice
    hasChoice ||= !named && (list.value.items.length >= many || list.value.labels.length > 1)
  } else if (list?.state === 'failed') shown = undefined
  // While a person changes, nothing of the former one stays.
  else if (list?.state === 'pending' && told.choice === choice) shown = undefined
  const items = shown?.value.items ?? []
  const one = named ? items.find(({ id }) => id === named) : undefined
  const failed = list && errorOf(list)
  const failure = shown ? (named && !one ? new ApiError('not_found', 404) : undefined) : failed
  return { subject, shown, choice, items, one, hasChoice, failure, error: failure ?? failed }
}
