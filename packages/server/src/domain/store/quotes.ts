import { timingSafeEqual } from 'node:crypto'
import { z } from 'zod'
import type { Tx } from '../../db/database.js'
import { Failure } from '../failure.js'
import { newId } from '../ids.js'
import type { RootKey } from '../keys/secrets.js'

/** How long a quote holds. */
const quoteMs = 2 * 60_000

/** What somebody was told that an item costs them. Nothing of it is kept: who buys sends it back. */
export interface Quote {
  /** It is good for one order, which keeps it. */
  id: string
  memberId: string
  itemId: string
  price: number
  /** What they chose to pay; undefined where nobody chooses. */
  amount: number | undefined
  expiresAt: Date
}

const Written = z.strictObject({
  id: z.string(),
  memberId: z.string(),
  itemId: z.string(),
  price: z.int(),
  amount: z.int().optional(),
  expiresAt: z.int(),
})

const sign = ({ communityId }: Tx, rootKey: RootKey, text: string): Buffer =>
  rootKey.hmac(`quote ${communityId} ${text}`)

/** A quote as it is handed out: what it says, and that it was us who said it. */
export function writeQuote(
  tx: Tx,
  rootKey: RootKey,
  quote: Omit<Quote, 'id' | 'expiresAt'>,
  at: Date,
): { text: string; expiresAt: Date } {
  const expiresAt = new Date(at.getTime() + quoteMs)
  const text = JSON.stringify({ ...quote, id: newId(at.getTime()), expiresAt: expiresAt.getTime() })
  const parts = [Buffer.from(text), sign(tx, rootKey, text)]
  return { text: parts.map((part) => part.toString('base64url')).join('.'), expiresAt }
}

/**
 * What a quote says.
 * @throws Failure `quote_expired` when it is over, and `invalid_request` for what we did not write for this member.
 */
export function readQuote(tx: Tx, rootKey: RootKey, written: string, memberId: string, at: Date): Quote {
  const [text = '', signature = ''] = written.split('.').map((part) => Buffer.from(part, 'base64url'))
  const expected = sign(tx, rootKey, text.toString())
  const isOurs = signature.length === expected.length && timingSafeEqual(Buffer.from(signature), expected)
  const quote = isOurs ? Written.parse(JSON.parse(text.toString())) : undefined
  if (quote?.memberId !== memberId)
    throw new Failure('invalid_request', 'Send a quote as it was answered.', [
      { path: 'quote', message: 'must be one that was answered to this member' },
    ])
  if (quote.expiresAt <= at.getTime()) throw new Failure('quote_expired')
  return { ...quote, amount: quote.amount, expiresAt: new Date(quote.expiresAt) }
}
