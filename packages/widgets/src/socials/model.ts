import { type ApiError, errorOf, type Loadable, type SocialNetwork, type SocialQuest, type Socials } from '@rai/stores'

/** What an element is told, by its page and its store. */
interface Told {
  /** What address, key and the network's name together. */
  subject: string
  /** The only network that the page wants; none for all of them. */
  network: string | undefined
  list: Loadable<Socials> | undefined
}

/** The quests of one network, in the order of the community. */
export interface Group {
  id: SocialNetwork
  name: string
  items: readonly SocialQuest[]
}

/** What is shown. */
export interface Model {
  subject: string
  shown?: Extract<Loadable<Socials>, { state: 'ready' }> | undefined
  items: readonly SocialQuest[]
  groups: readonly Group[]
  /** Why there is nothing to show. */
  failure?: ApiError | undefined
  /** What failed last, whether or not there is something to show. */
  error?: ApiError | undefined
}

export const nothingKnown: Model = { subject: '', items: [], groups: [] }

/** Decides what to show by what is known now, and by what was shown before. */
export function decide(last: Model, { subject, network, list }: Told): Model {
  let shown = last.subject === subject ? last.shown : undefined
  if (list?.state === 'ready') shown = list
  // While a person changes, nothing of the former one stays.
  else if (list) shown = undefined
  const items = (shown?.value.items ?? []).filter((quest) => !network || quest.network.id === network)
  const groups = new Map<string, Group>()
  for (const quest of items) {
    const { id, name } = quest.network
    groups.set(id, { id, name, items: [...(groups.get(id)?.items ?? []), quest] })
  }
  const error = list && errorOf(list)
  return { subject, shown, items, groups: [...groups.values()], failure: shown ? undefined : error, error }
}
