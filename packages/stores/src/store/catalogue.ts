import type { ReadableAtom } from 'nanostores'
import { clientOf } from '../shared/client.js'
import { type Environment, perEnvironment } from '../shared/environment.js'
import { identityOf } from '../shared/identity.js'
import { createLoadable, type Loadable, type LoadableStore } from '../shared/loadable.js'
import { perId } from '../shared/per-id.js'
import { askAtNext } from '../shared/turn.js'
import type { Item, Items, ItemsQuery } from '../types.js'
import { storeRoute } from './storefront.js'

/** Which items, and in which order. */
export type ItemChoice = Pick<ItemsQuery, 'category' | 'search' | 'sort' | 'affordable' | 'wished'>

/** The items of a choice, as far as they were asked for. */
export interface Shelf {
  items: readonly Item[]
  /** How many there are in all. */
  total: number
  /** Where the rest begins; null when all are there. */
  nextCursor: string | null
}

export interface Catalogue {
  $shelf: ReadableAtom<Loadable<Shelf>>
  /** Asks for the next items, if there are any. */
  more(): void
  /** Takes an item as an answer to an action has it. */
  put(item: Item): void
  refresh(): Promise<void>
}

export const itemsRoute = `${storeRoute}/items` as const

/** What every answer with items has. */
export const itemSample = {
  id: '',
  name: '',
  description: '',
  state: 'available',
  price: { kind: 'fixed', amount: 0 },
} as const

/** How many items are asked for at once, and at most. */
const pageSize = 24
const mostAtOnce = 100

const catalogues = /* @__PURE__ */ perEnvironment(() => new Map<string, Catalogue>())

/** The items of a choice, shared by everything on the page that chose the same: as who looks at the page may have them. */
export function catalogue(environment: Environment, choice: ItemChoice = {}): Catalogue {
  const { category, search, sort, affordable, wished } = choice
  const id = [category, search, sort, affordable, wished].join('\n')
  return perId(catalogues(environment), id, () => create(environment, choice))
}

function create(environment: Environment, choice: ItemChoice) {
  const client = clientOf(environment)
  /** How many items are to be known. */
  let wanted = pageSize
  /** The cursor of what shall be added to them. */
  let next: string | null = null

  const store: LoadableStore<Shelf> = createLoadable<Shelf>(environment, {
    concerns(type, id) {
      if (type === 'store.changed') return id === null || isShown(id)
      return type === 'balance.changed' || type === 'wish.changed' || type === 'config.changed'
    },
    async load(call, previous) {
      // What it costs, and whether it can be had, depends on who asks. A guest's answer is better than none.
      const token = await identityOf(environment)
        .token(call)
        .catch(() => null)
      const ask = (limit: number, cursor?: string) =>
        client.get(
          itemsRoute,
          { items: [itemSample], total: 0 },
          { ...call, viewer: token !== null, query: { ...choice, limit, cursor } },
        )
      const from = previous && next
      next = null
      if (!previous) wanted = pageSize
      const shelf = from ? joined(previous, await ask(pageSize, from)) : await all(ask)
      wanted = Math.max(wanted, shelf.items.length)
      askAtNext(environment, shelf.items.flatMap(turnsOf), store.renew, call.signal)
      return shelf
    },
  })

  /** As many items as were known before, in as few answers as can be. */
  async function all(ask: (limit: number, cursor?: string) => Promise<Items>): Promise<Shelf> {
    let shelf: Shelf = await ask(Math.min(wanted, mostAtOnce))
    while (shelf.nextCursor && shelf.items.length < wanted)
      shelf = joined(shelf, await ask(mostAtOnce, shelf.nextCursor))
    return shelf
  }

  /** An item that is not shown may be new: it is looked for where all are known. */
  function isShown(id: string) {
    const state = store.$state.value
    return state?.state !== 'ready' || !state.value.nextCursor || state.value.items.some((item) => item.id === id)
  }

  const it: Catalogue = {
    $shelf: store.$state,
    more() {
      const state = store.$state.value
      if (state?.state !== 'ready' || !state.value.nextCursor || next) return
      next = state.value.nextCursor
      store.load(false)
    },
    put(item) {
      const state = store.$state.value
      if (state?.state !== 'ready') return
      const items = state.value.items.map((known) => (known.id === item.id ? item : known))
      store.set({ ...state.value, items })
    },
    refresh: store.refresh,
  }
  return { it, main: store }
}

/** An item as the viewer may have it now. Rejects with an ApiError. */
export async function readItem(environment: Environment, itemId: string): Promise<Item> {
  const token = await identityOf(environment).token()
  const request = { viewer: token !== null, fresh: true, forced: true, params: { itemId } }
  return (await clientOf(environment).get(`${itemsRoute}/{itemId}`, { item: itemSample }, request)).item
}

/** Items begin, end and come back by themselves. */
const turnsOf = ({ startsAt, endsAt, availableAt, price }: Item) => [
  startsAt,
  endsAt,
  availableAt,
  price.kind === 'fixed' ? price.until : null,
]

/** A shelf with a page more. What has moved from one page to the next since stands once. */
function joined({ items }: Shelf, page: Shelf): Shelf {
  const known = new Set(items.map(({ id }) => id))
  return { ...page, items: [...items, ...page.items.filter(({ id }) => !known.has(id))] }
}
