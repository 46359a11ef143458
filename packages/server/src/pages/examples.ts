import type { BodyOf, RouteKey } from '@rai/contract'

/** What a caller may send, for the API reference. */
export const bodyExamples: { [K in RouteKey]?: BodyOf<K> } = {
  'POST /v2/api/widget-access-keys/token': {
    accessId: 'rai_wid_4Jx0…',
    accessKey: 'rai_wsk_9bPq…',
    userIdentifiers: { 'data-username': 'amara' },
    origin: 'https://www.example.com',
  },
  'POST /v2/api/widget-access-keys/validate': { embedToken: 'eyJhbGciOiJFZERTQSIs…' },
  'POST /apis/v1/users': { username: 'amara', email: 'amara@example.com', displayname: 'Amara Okafor' },
  'POST /apis/v1/users/info': { idOrEmail: 'amara@example.com' },
  'POST /v1/leaderboards': {
    name: 'Weekly stars',
    rankingField: 'xp',
    allowedTimeFilters: ['weekly', 'all-time'],
    topRankOnly: true,
    topRankLimit: 1000,
  },
  'PATCH /v1/leaderboards/{leaderboardId}': { isEnabled: false },
  'PATCH /widget/v1/{publishableKey}/me': { visibility: 'hidden' },
}
