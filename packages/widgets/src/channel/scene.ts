import type { Channel, ChannelStore, Environment, Loadable } from '@rai/stores'
import type { LitElement } from 'lit'
import type { Text } from '../shared/messages.js'
import type { ChannelText } from './messages/words.js'

/** What the element's modes work with. */
export interface Scene {
  text: ChannelText
  locale(): string
  /** Where to ask; undefined while nothing may be asked for. */
  environment(): Environment | undefined
  source(): ChannelStore | undefined
  /** Undefined until it is known, and for guests. */
  channel(): Channel | undefined
  /** The topic of a forum that the page names. */
  topic(): string | undefined
  /** Shows another topic, or with none all of them. */
  showTopic(id: string | undefined): void
  /** The path that the page names, in the page of an iframe channel. */
  route(): string
  number(value: number): string
  /** How long it is until then, in milliseconds by the server's clock. */
  timeTo(at: number): number
}

/** What a channel's type makes of the element: a conversation, or a page of somebody else. */
export interface Mode {
  /** How far what it shows is. */
  readonly state: Loadable<unknown> | undefined
  readonly isEmpty: boolean
  /** What fills the element below its title. */
  render(): unknown
  /** What stands beside the title. */
  renderActions?(): unknown
  /** Asks for all of it again, when a person wants it. */
  refresh(): void
}

/** A part that draws and does something of its own with them. */
export type PartClass<T> = new (host: LitElement, text: Text<never>, scene: Scene) => T
