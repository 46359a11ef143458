import { z } from 'zod'
import { Job, JobQueued } from '../../jobs.js'
import { bodyLimits, table } from '../../route.js'
import { Amount, Email, Id, line, PictureUrl, Time, TimeZone, Username } from '../../schemas.js'
import { messages } from './messages.js'
import { alsoNeeds, communityId, needs, users } from './users.js'

const noEffect = 'Has no effect yet'
const refused = 'Refused (`not_supported`): a login is its owner’s, who chooses the password'

const CreateUser = z
  .strictObject({
    username: Username.meta({ description: 'Unique in the community, compared with case' }),
    email: Email.optional().meta({ description: 'Unique in the community, compared without case' }),
    displayname: line(0, 100).optional().meta({ description: 'What others read. Default: the username' }),
    firstname: line(0, 50).optional().meta({ description: 'The given name' }),
    lastname: line(0, 50).optional().meta({ description: 'The family name' }),
    externalId: line(1, 200).optional().meta({
      description:
        'The member’s id in your own system, unique in the community. A widget access key that says `externalId` names the member by it',
    }),
    /** Ours. */
    avatarUrl: PictureUrl.optional().meta({
      description: 'Where the member’s picture is. It is fetched once and served from here',
    }),
    /** Ours. */
    timeZone: TimeZone.optional(),
    accessLevel: z.int().min(0).optional().meta({
      description:
        'The member has the role with this `accessLevel`, if there is one. Then only the system key may say so',
    }),
    joinServer: z.boolean().optional().meta({ description: noEffect }),
    sendEmail: z.boolean().optional().meta({
      description:
        'true: sends a mail to the `email`, which names the community and leads to choosing a password. Whoever signs in with it becomes this member by the address. 5 mails an hour to one address, 1,000 a day of one community (`rate_limited`)',
    }),
    emailPassword: z.boolean().optional().meta({
      description: 'true: the same as `sendEmail`. No password is ever mailed: the link of the mail sets one',
    }),
    emailTemplate: z.string().max(100).optional().meta({ description: noEffect }),
    password: z.string().max(200).optional().meta({ description: refused }),
    confirmPassword: z.string().max(200).optional().meta({ description: refused }),
    referral: z.string().max(254).optional().meta({
      description:
        'The member who brought them: the code of their link, `_id`, short number, e-mail or username, looked for in this order. Both are given what the community says',
    }),
    customFields: z
      .array(
        z.strictObject({
          fieldIdorName: z.string().max(100).meta({ description: 'The name or id of a field that the community has' }),
          value: z.unknown().meta({ description: 'A number, a text, true or false, as the field’s type is' }),
        }),
      )
      .max(200)
      .optional()
      .meta({ description: 'Values of the member’s fields. Those that are required must be there' }),
    communityId,
  })
  .meta({ id: 'CreateUser' })

const User = z
  .strictObject({
    _id: Id,
    /** The member's short number in this community, as text. */
    id: z.string(),
    username: z.string(),
    displayName: z.string(),
    firstName: z.string(),
    lastName: z.string(),
    email: z.string().nullable(),
    externalId: z.string().nullable(),
    createdAt: Time,
    updatedAt: Time,
    __v: z.int(),
  })
  .meta({ id: 'User' })

const UserInfo = z
  .strictObject({
    userId: z.string(),
    username: z.string(),
    xp: Amount,
    coins: Amount,
    roles: z.array(z.string()),
    highestRole: z.string(),
    firstName: z.string(),
    lastName: z.string(),
    xpEarnedToday: Amount,
    coinsEarnedToday: Amount,
    language: z.string(),
    /** What the member said that answers nothing. */
    totalMessages: z.int(),
    /** Messages of others to which they reacted. */
    totalReactions: z.int(),
    /** Visits: times of 30 minutes in which the member came. */
    visitCount: z.int(),
    replySent: z.int(),
    timeSpent: z.int().meta({ description: 'Not counted: always 0' }),
    /** On how many days in a row the member came; 0 when the last is too long ago. */
    loginStreak: z.int(),
    customFields: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'UserInfo' })

/** The fields of an upload. They come before the file: one that stands after it is refused. */
const BulkFields = z.strictObject({
  communityId,
  map: z.string().max(10_000).optional().meta({
    description:
      'A JSON object: the name of a column → what it means, one of the names in the description above. Columns that have such a name need no entry.',
    example: '{"score":"xp","note":"ignore"}',
  }),
  emitEvents: z.enum(['true', 'false']).optional().meta({
    description: 'Write a `user.joined` event for each member as well; default: one `import.completed` for the file',
    example: 'false',
  }),
})

/** What both uploads say of their columns. */
const columns = `Columns, in any order, named without regard to case, spaces, \`-\` and \`_\`: \`username\`, \`email\`, \`displayName\`,
\`firstName\`, \`lastName\`, \`language\` (such as \`pt-BR\`), \`country\`, \`externalId\`,
\`avatarUrl\`, \`xp\`, \`coins\` (or \`currency\`), \`ignore\`. A column with
another name is refused unless \`map\` says which of these it is, or a field of whole numbers (\`field:\`) or of anything else (\`text:\`):
\`{"kills":"field:kills","club":"text:club"}\`. A field that the community does not have yet is made, of whole numbers or of text; \`country\` is one of text. What a cell may hold, its field's type says: \`true\` or \`false\`, a day as \`2026-11-23\`, an option. Amounts are whole numbers of 0 or more, a field's values may be less. An empty cell says nothing; \`none\` as \`avatarUrl\` takes the picture away.`

const sameFile =
  'The same file within a day is the same job, unless the request has an `Idempotency-Key`. The answer names the job; ask for it to see how far it is.'

/** What the community's own back-ends ask. Paths and bodies as documented for the original. */
export const integration = table({
  'POST /apis/v1/users': {
    summary: 'Create a member',
    description:
      'A member is no login. Whoever owns the address registers with it, confirms it, and becomes this member (`PUT /api/v1/servers/{serverId}/me`); so no community knows or sets the password of a login that is good everywhere, sends one by mail, or has mails sent to whomever it names.',
    access: needs('createUser'),
    audited: false,
    body: CreateUser,
    answer: User,
    status: 201,
    message: 'User created successfully',
  },
  'POST /apis/v1/users/info': {
    summary: 'A member’s profile, balances and counts',
    description: 'A user key reads its owner’s, and finds nobody else.',
    access: alsoNeeds('getUserData', 'readOwnProfile'),
    body: z.strictObject({
      idOrEmail: z
        .string()
        .min(1)
        .max(254)
        .meta({ description: 'The member’s `_id`, short number, e-mail or username, looked for in this order' }),
      communityId,
    }),
    bodyLimit: bodyLimits.small,
    writes: false,
    answer: UserInfo,
    message: 'User fetched successfully',
  },
  ...users,
  'POST /apis/v1/users/bulk-import': {
    summary: 'Create many members from a CSV file (UTF-8, up to 256 MB, 200 columns and 1,000,000 rows)',
    description: `${columns}

A row needs a username, and whatever fields are required. One that is there already, exactly so, is skipped; one that differs is an error of its row.

    username,displayName,xp
    amara,Amara Okafor,1250
    yuki,佐藤 優希,980

${sameFile}`,
    access: needs('bulk'),
    body: BulkFields,
    file: 'data',
    answer: JobQueued,
    status: 202,
    message: 'Bulk import user process is queued',
  },
  'POST /apis/v1/users/bulk-update': {
    summary: 'Change many members from a CSV file: profiles, XP and coins',
    description: `${columns}

A row names its member by \`id\` (or \`userId\`), else by \`username\`, else by \`email\`. Beside an amount, a column
of the same name with \`_op\` (\`xp_op\`, \`coins_op\`) says \`add\`, \`subtract\` or \`overwrite\`; without that column, amounts overwrite. The same goes for the column of a field.

    username,xp_op,xp
    amara,add,60
    yuki,subtract,25

${sameFile}`,
    access: needs('bulk'),
    body: BulkFields,
    file: 'data',
    answer: JobQueued,
    status: 202,
    message: 'Bulk update user process is queued',
  },
  ...messages,
  'GET /apis/v1/users/bulk-jobs': {
    summary: 'The newest bulk jobs',
    access: needs('bulk'),
    query: z.strictObject({ limit: z.coerce.number().int().min(1).max(100).optional() }),
    answer: z.array(Job),
    message: 'Bulk jobs fetched successfully',
  },
  'GET /apis/v1/users/bulk-jobs/{jobId}': {
    summary: 'One bulk job: progress and row errors',
    description: 'What was wrong with rows is kept for 30 days; after that, only how many failed is told.',
    access: needs('bulk'),
    params: z.object({ jobId: Id }),
    answer: Job,
    message: 'Bulk job fetched successfully',
  },
  'GET /apis/v1/users/bulk-jobs/{jobId}/errors.csv': {
    summary: 'Every row error of a bulk job as a CSV file',
    description: 'They are kept for 30 days.',
    access: needs('bulk'),
    params: z.object({ jobId: Id }),
    media: 'text/csv',
  },
})
