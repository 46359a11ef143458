import { z } from 'zod'
import { bodyLimits, table } from '../../route.js'
import { Email, Id, line, ServerPath } from '../../schemas.js'

const anyone = { principals: ['anyone'] } as const
const bodyLimit = bodyLimits.small

/** What passwords must be like, besides not being common: NIST SP 800-63B-4. */
export const passwordRules = { least: 15, most: 256 } as const

/** A password as somebody chooses it. Characters are counted as code points of its NFC form. */
export const NewPassword = z
  .string()
  // As it is typed, before letters and their accents become one.
  .max(2000)
  .refine((text) => lengthOf(text) >= passwordRules.least, `must have at least ${passwordRules.least} characters`)
  .refine((text) => lengthOf(text) <= passwordRules.most, `must have at most ${passwordRules.most} characters`)
  .meta({
    id: 'NewPassword',
    minLength: passwordRules.least,
    description: `${passwordRules.least} to ${passwordRules.most} characters of any kind, also spaces; refused when it is a common one, repeats itself, or is little more than the person’s own name or address`,
  })
const lengthOf = (text: string) => [...text.normalize('NFC')].length

/** A password as it was chosen once: the rules of today are not asked of it. */
const Password = z.string().min(1).max(2000).meta({ description: 'As it was chosen' })
const token = (description: string) => z.string().min(1).max(200).meta({ description })
const LinkToken = token('What the link in the mail ends with: `rai_lt_…`')

const Session = z
  .strictObject({
    accessToken: z.string().meta({ description: 'Good for `expiresIn` seconds' }),
    refreshToken: z.string().meta({ description: 'Good for one use, within 30 days' }),
    expiresIn: z.int().meta({ description: 'Seconds' }),
    user: z
      .strictObject({
        _id: Id,
        email: z.string().nullable(),
        isVerified: z.boolean(),
        firstName: z.string(),
        lastName: z.string(),
        displayName: z.string(),
        serverId: Id.nullable().meta({
          description: 'The one community that the login is for (Secure Auth), else null',
        }),
      })
      .meta({ id: 'LoginUser' }),
  })
  .meta({ id: 'Session' })

const Waiting = z.strictObject({ email: z.string(), isVerified: z.literal(false) })
const mailGoesOut =
  'The answer is the same for every address, and so is the work behind it: it does not tell who has an account.'

const ServerMember = z
  .strictObject({
    serverId: Id,
    _id: Id,
    /** The member's short number in this community, as text. */
    id: z.string(),
    username: z.string(),
    displayName: z.string(),
  })
  .meta({ id: 'ServerMember' })

/** How people sign in, and become the members that they are. */
export const accounts = table({
  'POST /api/v1/auth/register': {
    summary: 'Register an e-mail address with a password. A mail goes out that confirms it',
    description: `There is an account once the link of the mail was followed, within 24 hours; whose address has one already is told so by mail. ${mailGoesOut}`,
    access: anyone,
    body: z.strictObject({
      email: Email,
      password: NewPassword,
      firstname: line(0, 50).meta({ description: 'The given name' }),
      lastname: line(0, 50).meta({ description: 'The family name' }),
      displayname: line(0, 100).optional().meta({ description: 'What others read. Default: both names' }),
    }),
    bodyLimit,
    answer: Waiting,
    status: 202,
    message: 'A mail is on its way to the address',
  },
  'POST /api/v1/auth/verify-email': {
    summary: 'Confirm an address by the token of the mail. Good once, within 24 hours',
    description:
      'An address that was registered more than once gets an account whose password nobody knows, and a mail with a link that sets one: whoever reads the mail decides, and nobody who only knew the address.',
    access: anyone,
    body: z.strictObject({ token: LinkToken }),
    bodyLimit,
    answer: z.strictObject({ isVerified: z.literal(true) }),
    message: 'The address is confirmed',
  },
  'POST /api/v1/auth/resend-verification': {
    summary: 'Send the mail that confirms an address once more',
    description: mailGoesOut,
    access: anyone,
    body: z.strictObject({ email: Email }),
    bodyLimit,
    answer: Waiting,
    status: 202,
    message: 'A mail is on its way if the address was registered',
  },
  'POST /api/v1/auth/login': {
    summary: 'Sign in with an address and its password',
    description:
      'An unknown address, one that is not confirmed and a wrong password are refused alike. After 10 wrong ones from one network an account waits 15 minutes there, and after 100 within an hour everywhere (`rate_limited`).',
    access: anyone,
    body: z.strictObject({ email: Email, password: Password }),
    bodyLimit,
    refuses: ['unauthorized'],
    answer: Session,
    message: 'Signed in',
  },
  'POST /api/v1/auth/refresh': {
    summary: 'New tokens for a refresh token, which works this once',
    description: 'One that is shown a second time was stolen from somebody: its login ends, with all its tokens.',
    access: anyone,
    body: z.strictObject({ refreshToken: token('The newest one of the login: `rai_rt_…`') }),
    bodyLimit,
    refuses: ['unauthorized', 'suspended', 'banned'],
    answer: Session,
    message: 'Tokens renewed',
  },
  'POST /api/v1/auth/logout': {
    summary: 'End a login at once, with all its tokens',
    access: { principals: ['login'] },
    answer: z.strictObject({}),
    message: 'Signed out',
  },
  'POST /api/v1/auth/forgot-password': {
    summary: 'Send a mail with a link that sets a new password. Good once, within 30 minutes',
    description: mailGoesOut,
    access: anyone,
    body: z.strictObject({ email: Email }),
    bodyLimit,
    answer: z.strictObject({ email: z.string() }),
    status: 202,
    message: 'A mail is on its way if the address has an account',
  },
  'POST /api/v1/auth/reset-password': {
    summary: 'Set a new password by the token of the mail. Every login of the account ends',
    access: anyone,
    body: z.strictObject({ token: LinkToken, password: NewPassword }),
    bodyLimit,
    answer: z.strictObject({ isReset: z.literal(true) }),
    message: 'The password is set',
  },
  'POST /api/v1/auth/redeem': {
    summary: 'Sign in with the code of a Secure Auth address. Good once, within 60 seconds',
    access: anyone,
    body: z.strictObject({ code: token('From the address that Secure Auth answered: `rai_lc_…`') }),
    bodyLimit,
    answer: Session,
    refuses: ['unauthorized', 'suspended', 'banned'],
    message: 'Signed in',
  },
  'PUT /api/v1/servers/{serverId}/me': {
    summary: 'Agree to be the member of a community that has your confirmed address',
    description: 'From then on the login is that member there. Nothing else of the two is shared. Safe to repeat.',
    access: { principals: ['login'] },
    params: ServerPath,
    answer: ServerMember,
    message: 'You are this member now',
  },
  'GET /api/v1/servers/{serverId}/me': {
    summary: 'The member that a login is in a community',
    access: { principals: ['loginMember'] },
    params: ServerPath,
    answer: ServerMember,
    message: 'Member fetched successfully',
  },
})
