import { z } from 'zod'

/** How long a message may be, in UTF-16 units. */
export const longestMessage = 4000

/** What is said beside files, which may be nothing. */
export const TextBeside = z
  .string()
  .max(longestMessage)
  .regex(/^[^\0]*$/, 'must not contain a null character')

const isBlank = (text: string) => text.trim() === ''

export const MessageText = TextBeside.refine((text) => !isBlank(text), 'must not be empty')

/** Whether a message says something, if only by a file. */
export const saysSomething = (text: string, attachments: readonly string[] = []) =>
  !isBlank(text) || attachments.length > 0

/** One emoji, or its name. Both are one reaction. */
export const Emoji = z
  .string()
  .min(1)
  .max(64)
  .meta({ description: 'An emoji, or its name: `:sparkling_heart:`', example: ':sparkling_heart:' })
