import { z } from 'zod'
import { Id } from './schemas.js'

/** How many files a message may carry. */
export const mostAttachments = 4
/** What each may weigh as it is sent, in bytes. */
export const attachmentLimit = 10 * 1024 * 1024
/** How many files a member may send in a day, and what they may weigh together as they are kept. */
export const attachmentsADay = { files: 100, bytes: 200_000_000 } as const

/** Files that are kept as they are and given out as downloads only: by how their names end, what they are. */
export const downloadTypes = {
  pdf: 'application/pdf',
  txt: 'text/plain',
  md: 'text/markdown',
  csv: 'text/csv',
  zip: 'application/zip',
  docx: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  pptx: 'application/vnd.openxmlformats-officedocument.presentationml.presentation',
  mp3: 'audio/mpeg',
  m4a: 'audio/mp4',
  ogg: 'audio/ogg',
  wav: 'audio/wav',
  mp4: 'video/mp4',
  mov: 'video/quicktime',
  webm: 'video/webm',
} as const
export type DownloadEnding = keyof typeof downloadTypes

const about = {
  name: z.string().meta({ description: 'What its sender called it', example: 'route.pdf' }),
  type: z.string().meta({ description: 'Its media type: `image/webp` for every picture', example: 'application/pdf' }),
  size: z.int().min(1).meta({ description: 'In bytes', example: 48_213 }),
  url: z.url().meta({
    description:
      'Where it is, once a message carries it: anybody who has the address can fetch it, until the message is deleted',
  }),
  /** Null for what is no picture. */
  picture: z
    .strictObject({
      width: z.int().min(1),
      height: z.int().min(1),
      color: z.string().nullable().meta({
        description: 'Of all of it, to stand in its place until it is there. Null where one can see through it',
        example: '#2a6f97',
      }),
    })
    .nullable(),
}

/** A file of a message, as pages are told of it. */
export const Attachment = z
  .strictObject({ id: Id, ...about })
  .meta({ id: 'Attachment', description: 'A file that a message carries' })

/** The same, as back-ends are. */
export const SentAttachment = z
  .strictObject({ _id: Id, ...about })
  .meta({ id: 'SentAttachment', description: 'A file that a message carries' })

/** Names files for a message. */
export const AttachmentIds = z.array(Id).max(mostAttachments).optional().meta({
  description: 'The ids of files that the sender uploaded for the channel and has not sent yet, in their order',
})

/** What the API reference says of a file that is sent. */
export const attachmentHolds = `A picture (JPEG, PNG, GIF, WebP or AVIF), which is made anew as WebP without anything but its pixels, or one of ${Object.keys(downloadTypes).join(', ')}, as its name ends, with what that says in it`
