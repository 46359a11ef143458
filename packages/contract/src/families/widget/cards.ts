import { z } from 'zod'

/** What the page of a link says of itself. All of it is as its author wrote it: text, and nothing else. */
export const LinkCard = z
  .strictObject({
    /** Where the link leads, as it stands in the message. */
    url: z.string(),
    title: z.string(),
    /** Empty for none. */
    description: z.string(),
    siteName: z.string(),
    /** Served from where all pictures are: the page does not hear who looks at it. */
    image: z.strictObject({ url: z.string(), width: z.int().min(1), height: z.int().min(1) }).nullable(),
  })
  .meta({ id: 'LinkCard', description: 'What the page of a link says of itself' })
