import { z } from 'zod'
import { Id } from '../../schemas.js'

export const anyPage = { principals: ['visitor', 'member'] } as const
export const memberOnly = { principals: ['member'] } as const

export const Key = z.object({ publishableKey: z.string().max(80) })
/** A member as shown to other members: never an e-mail, never a real name where the board hides it. */
export const ShownMember = z
  .strictObject({ id: Id, name: z.string(), avatarUrl: z.url().nullable() })
  .meta({ id: 'ShownMember', description: 'A member as others may see them' })
