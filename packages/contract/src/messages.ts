import { z } from 'zod'

/** How long a message may be, in UTF-16 units. */
export const longestMessage = 4000

export const MessageText = z
  .string()
  .max(longestMessage)
  .regex(/^[^\0]*$/, 'must not contain a null character')
  .refine((text) => text.trim() !== '', 'must not be empty')

/** One emoji, or its name. Both are one reaction. */
export const Emoji = z
  .string()
  .min(1)
  .max(64)
  .meta({ description: 'An emoji, or its name: `:sparkling_heart:`', example: ':sparkling_heart:' })
