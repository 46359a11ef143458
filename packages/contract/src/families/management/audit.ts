import { z } from 'zod'
import { type Principal, principals } from '../../access.js'
import { type ErrorCode, errors } from '../../errors.js'
import { table } from '../../route.js'
import { cursorQuery, Id, line, page, serverQuery, Time } from '../../schemas.js'

/** Who can do what is written down: those who ask, and the server's own machine. */
const actors = [...principals, 'machine'] as const satisfies readonly (Principal | 'machine')[]
export type AuditActor = (typeof actors)[number]

const AuditEntry = z
  .strictObject({
    _id: Id,
    createdAt: Time,
    operation: z.string().meta({
      description: 'Method and path as in this reference, or the command on the server’s machine',
    }),
    actor: z.strictObject({
      kind: z.enum(actors).meta({ description: 'What asked' }),
      _id: Id.nullable().meta({
        description: 'The key, or the member who signed in; null for the machine, and for who was no member yet',
      }),
    }),
    objects: z.record(z.string(), Id).meta({
      description: 'Every id that the request named, as `_id` that of what was made, and as `userId` whom it was about',
    }),
    action: z.string().nullable().meta({
      description:
        'Which it was, of an operation that does several things, such as `delete` and `restore`; or of which network',
    }),
    fields: z.array(z.string()).meta({ description: 'What the body set: the names of its fields, not their values' }),
    refusal: z
      .enum(Object.keys(errors) as [ErrorCode, ...ErrorCode[]])
      .nullable()
      .meta({ description: 'Why it was refused; null for what was done' }),
    origin: z.string().nullable().meta({ description: 'The page that sent what was refused, where it said so' }),
    requestId: z.string().nullable(),
  })
  .meta({ id: 'AuditEntry', description: 'Something that was done, or refused' })

/** What operators did to a community. */
export const audit = table({
  'GET /v1/audit': {
    summary: 'What operators and their keys changed, newest first',
    description:
      'Every change of settings, and of what others are or may, by a key, by the owner, or by a member whose roles allow it; an upload is one. Not what people change of their own, and neither members nor values that back-ends write one by one. Also secret keys that came from a browser in a header or an address (at most one entry an hour for each). Entries hold no value that anybody entered. They are kept for 400 days, and nobody can change them.',
    access: { principals: ['systemKey', 'owner'] },
    query: z.strictObject({
      ...serverQuery,
      operation: line(1, 200).optional().meta({ description: 'Only this one, spelt as entries spell it' }),
      from: Time.optional().meta({ description: 'Only what was done at this moment or later' }),
      to: Time.optional().meta({ description: 'Only what was done before this moment' }),
      ...cursorQuery,
    }),
    answer: page(AuditEntry),
    message: 'Audit log fetched successfully',
  },
})
