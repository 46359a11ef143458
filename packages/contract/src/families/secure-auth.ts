import { z } from 'zod'
import { table } from '../route.js'
import { Email, Id, line, Username } from '../schemas.js'

/** Sign-in for a site's own users by the site's back-end, as documented for the original. */
export const secureAuth = table({
  'GET /api/secureAuth': {
    summary: 'An address that signs a member in. Call it from your server only',
    description:
      'Somebody of whom nothing is known yet becomes a member: send `email`, `firstname`, `lastname` and `displayname` then. Redirect the browser to `loginUrl` within 60 seconds; it works once. An owner does not sign in so, whatever `accessLevel` says.',
    access: { principals: ['systemKey'] },
    query: z.strictObject({
      userId: Username.meta({ description: 'The username, or what is to become it' }),
      accessLevel: z
        .string()
        .max(16)
        .regex(/^\d+$/, 'must be digits')
        .pipe(z.coerce.number<string>().int())
        .optional()
        .meta({
          description:
            'The member has the role with this `accessLevel`, if there is one, and no role with another. Absent: theirs stay',
        }),
      action: z.literal('login'),
      email: Email.optional(),
      firstname: line(0, 50).optional(),
      lastname: line(0, 50).optional(),
      displayname: line(0, 100).optional(),
    }),
    writes: true,
    answer: z.strictObject({
      loginUrl: z.string(),
      sessionId: Id,
      username: z.string().meta({ description: 'Keep it: it is the `userId` of the next time' }),
    }),
  },
})
