import type { FamilyName } from '@rai/contract'
import type { Envelope } from './envelopes.js'

/** What the operations of a family have in common on the wire. */
export interface Family {
  name: FamilyName
  /** One sentence for the API reference. */
  about: string
  /** Its paths begin so: it speaks also where nothing is found. */
  prefix: string
  /** Its writes can be repeated by Idempotency-Key. */
  repeatable: boolean
  /** Pages and CDNs may keep its answers to visitors for a moment. */
  cacheable: boolean
  envelope: Envelope
}
