import type { Environment, Item, ItemChoice, Storefront, WishChange } from '@rai/stores'
import type { LitElement } from 'lit'
import type { Text } from '../shared/messages.js'
import type { StoreText } from './messages/words.js'

/** What the element's parts work with. */
export interface Scene {
  text: StoreText
  locale(): string
  /** Where to ask; undefined while nothing may be asked for. */
  environment(): Environment | undefined
  /** Nobody is signed in, as far as is known. */
  isGuest(): boolean
  number(value: number): string
  /** So much of the currency, or of XP, with its name. */
  amount(value: number, unit?: 'currency' | 'xp'): string
  storefront(): Storefront | undefined
  item(id: string): Item | undefined
  /** Takes an item as an answer to an action has it. */
  put(item: Item): void
  /** Saves for an item, asks to be told of it, or no longer. */
  wish(item: Item, change: WishChange): void
  /** What the catalogue is narrowed down to. */
  choice(): ItemChoice
  choose(choice: ItemChoice): void
}

/** A part that draws and does something of its own with them. */
export type PartClass<T> = new (host: LitElement, text: Text<never>, scene: Scene) => T
