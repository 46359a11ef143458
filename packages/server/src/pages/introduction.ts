import { type Access, bodyLimits, type Principal } from '@rai/contract'
import { defaultLimits } from '../http/limits.js'

const perMinute = (points: number) => points.toLocaleString('en')

/** What stands above all operations: how to ask, and what all answers have in common. */
export const introduction = (publicUrl: string): string => `
Communities with points, coins and leaderboards, and the widgets that show them anywhere.

Every path below begins at \`${publicUrl}\`. Bodies and answers are JSON, but for CSV files and the stream.

### Which key goes where

- **Publishable key** \`rai_pk_…\`: pages. It stands in the path of the *widget* operations and works on the origins that
  the key lists. It is no secret.
- **Embed token**: a page of a signed-in member, as \`Authorization: Bearer <embed token>\` beside the publishable key.
  The site's back-end mints it (*embed*).
- **Widget access key** \`rai_wid_…\` with its secret \`rai_wsk_…\`: the site's back-end, both in the body of *embed*.
- **Community key** \`rai_sk_…\`: back-ends, as \`Authorization: Bearer <key>\`, for *application*, *integration* and *management*. It was
  given permissions; each operation says which one it needs.
- **System key** \`rai_sys_…\`: the same with every permission, also as \`X-API-Key: <key>\`.
- **User key** \`rai_uk_…\`: a member’s own script, as \`Authorization: Bearer <key>\`. It acts as whoever made it (*user*).
- **Access token** \`rai_at_…\`: somebody who signed in (*system*), as \`Authorization: Bearer <access token>\`. Where an operation
  is about a community, \`serverId\` (in paths of *application* \`communityId\`) says which; what it asks of the member’s roles
  stands there. It is good for 15 minutes; the refresh token gives the next one, once.

Widget access keys, community keys, system keys and user keys never stand in a page: a request with one that comes from a browser is refused.

\`\`\`sh
curl ${publicUrl}/apis/v1/users/info -H "Authorization: Bearer $RAI_KEY" \\
  -H "Content-Type: application/json" -d '{"idOrEmail":"amara"}'
\`\`\`

### Answers

*integration*, *user*, *hooks* and *embed* wrap what they answer as \`{ status, message, data }\`, *management* and *application* as
\`{ meta, message, data }\`, *system* as \`{ meta, body }\`; *secureAuth* puts \`error: false\` beside it; *widget* and *platform*
answer bare.

A refusal has an HTTP status, a stable \`code\` to decide on, a sentence for people, a \`requestId\` to quote and, where
a request is wrong in places, \`details\` with the path of each. *widget* and *platform* refuse as RFC 9457 problems.

### Writing twice without harm

Send an \`Idempotency-Key\` of your own (1 to 255 printable characters) with a write of *application*, *integration*, *user*, *management*,
*system* (not to sign in or to create a server) or *widget*. The same request with the same key has no second effect for
24 hours: it gets the first answer again, with \`Idempotent-Replayed: true\`, but for what is told anew each time and says so. Another request with that key is refused
(422), and one that comes while the first still runs, too (409).

### Limits

${perMinute(defaultLimits.address.points)} requests a minute from one address, ${perMinute(defaultLimits.key.points)} with one secret key,
${perMinute(defaultLimits.page.points)} with one publishable key. \`RateLimit\` says what is left; a 429 says in \`Retry-After\` how many seconds
to wait. A JSON body weighs at most ${bodyLimits.usual / 1024} KB, or what its operation says.
`

/** How a sentence calls each principal. */
const words: Record<Principal, (access: Access) => string> = {
  anyone: () => 'anyone, without a key',
  visitor: () => 'a page with a publishable key in the path',
  member: () =>
    'the page of a signed-in member: a publishable key in the path, and `Authorization: Bearer <embed token>`',
  communityKey: ({ permission }) =>
    `a back-end with a community key that has the permission \`${permission}\` (\`Authorization: Bearer rai_sk_…\`)`,
  systemKey: () => 'a back-end with the system key (`Authorization: Bearer rai_sys_…` or `X-API-Key`)',
  userKey: ({ ownPermission }) =>
    `a member’s script with a user key${ownPermission ? ` that has the permission \`${ownPermission}\`` : ''} (\`Authorization: Bearer rai_uk_…\`)`,
  widgetAccessKey: () => 'a site’s back-end with a widget access key, both halves in the body',
  hook: () => 'whoever knows the address of a hook, and shows what that one wants to see',
  login: () => 'somebody who signed in (`Authorization: Bearer rai_at_…`)',
  loginMember: ({ may }) =>
    `somebody who signed in and is a member of the community${may ? ` whose roles allow \`${may}\`` : ''} (\`Authorization: Bearer rai_at_…\`)`,
  owner: () => 'somebody who signed in and owns the community (`Authorization: Bearer rai_at_…`)',
}

export const whoMayCall = (access: Access): string =>
  `**Who may call:** ${access.principals.map((principal) => words[principal](access)).join('; or ')}.`
