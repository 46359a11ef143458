import { z } from 'zod'
import { bodyLimits, table } from '../../route.js'
import { Amount, Day, Id, line, Period, Prize, page, Time, Unit } from '../../schemas.js'
import { anyPage, Key, memberOnly, ShownMember } from './common.js'

const BoardPath = Key.extend({ idOrSlug: z.string().min(1).max(100) })

/** One run of a board. */
const Run = z.strictObject({
  period: Period.optional().meta({ description: 'The period of the run. Default: the board’s first' }),
  start: Day.optional().meta({ description: 'The day that the run began. Default: that of the run that is open now' }),
})

const Metric = z
  .strictObject({ unit: z.enum([...Unit.options, 'field']), name: z.string() })
  .meta({ id: 'Metric', description: 'What a board ranks by, and what this community calls it' })

/** The periods that a board can be read for, longest first; the first is shown first. */
const Periods = z.array(Period)

export const BoardSummary = z
  .strictObject({
    id: Id,
    slug: z.string(),
    name: z.string(),
    metric: Metric,
    periods: Periods,
  })
  .meta({ id: 'BoardSummary' })

const BoardRun = z
  .strictObject({
    period: Period,
    /** The run's first day; null for all time. */
    start: Day.nullable(),
    startsAt: Time.nullable(),
    /** When the run closes; null when it never does. */
    endsAt: Time.nullable(),
    /** When the result is final; null when the run never closes. */
    finalAt: Time.nullable(),
    /**
     * By the server's clock: `in_review` from the run's end until its result is final, then `ended`. A client that waits for
     * `startsAt`, `endsAt` or `finalAt` asks again then, and once more when the answer's `now` lies before that moment.
     */
    state: z.enum(['not_started', 'open', 'in_review', 'ended']),
  })
  .meta({ id: 'BoardRun' })

const BoardRow = z
  .strictObject({
    /** 1-based place in the list: members with equal scores have different positions. */
    position: z.int().min(1),
    /** Competition rank: members with equal scores share it (1 2 2 4). */
    rank: z.int().min(1),
    /** How many members share this score. Only counted up to 2: it says "tied", not "how many". */
    tied: z.boolean(),
    score: Amount,
    member: ShownMember,
    /** True on the row of the member who asks. */
    me: z.boolean(),
  })
  .meta({ id: 'BoardRow' })

const Board = BoardSummary.extend({
  description: z.string(),
  /** Only members who joined are ranked: see `entry`. */
  requiresOptIn: z.boolean(),
  /** The board that ranks everyone, where this one is a segment of it. */
  whole: z.strictObject({ id: Id, periods: Periods }).nullable(),
  /** Boards that rank a part of the members, to be shown as tabs beside the one that ranks everyone: the same for each of them. */
  segments: z.array(z.strictObject({ id: Id, name: z.string(), periods: Periods })),
  prizes: z.array(Prize),
  prizeTerms: z.url().nullable(),
  /** The call-to-action link that operators can put under a board. */
  button: z.strictObject({ text: z.string(), link: z.url() }).nullable(),
  /** The run that is open now, or the last one, for each period of the board. */
  runs: z.array(BoardRun),
  now: Time,
}).meta({ id: 'Board' })

const Rows = page(BoardRow)
  .extend({
    run: BoardRun,
    /** How many members are ranked in this run. */
    total: z.int().min(0),
    now: Time,
  })
  .meta({ id: 'Rows' })

const WonPrize = z
  .strictObject({
    /** The rank that won it, when the run became final. */
    rank: z.int().min(1),
    prize: Prize,
    state: z.enum(['won', 'claimed']),
    claimedAt: Time.nullable(),
  })
  .meta({ id: 'WonPrize', description: 'What the member won in a run' })

const Seen = z
  .strictObject({ rank: z.int().min(1), at: Time })
  .meta({ id: 'Seen', description: 'The rank that the member was shown last, and when' })

const MyRows = z
  .strictObject({
    /** Why there is no own row, or `ranked`. `not_joined` only on boards that require to opt in. */
    state: z.enum(['ranked', 'no_score', 'hidden', 'not_eligible', 'not_joined']),
    /** The member's own row with its neighbours, in order; empty unless `ranked`. */
    items: z.array(BoardRow),
    /** The rank that `seen` remembers of this run; null while it has none. Compare it with the own row's. */
    seen: Seen.nullable(),
    /** What the member won; null for nothing, and until the run is final. */
    prize: WonPrize.nullable(),
    run: BoardRun,
    total: z.int().min(0),
    now: Time,
  })
  .meta({ id: 'MyRows' })

const Entry = z
  .strictObject({ joined: z.boolean() })
  .meta({ id: 'Entry', description: 'Whether the member competes on the board' })

export const leaderboards = table({
  'GET /widget/v1/{publishableKey}/leaderboards/{idOrSlug}': {
    summary: 'A board and its runs',
    access: anyPage,
    params: BoardPath,
    answer: Board,
  },
  'GET /widget/v1/{publishableKey}/leaderboards/{idOrSlug}/rows': {
    summary: 'Rows of a run by position, or the rows whose name begins with a text',
    access: anyPage,
    params: BoardPath,
    query: Run.extend({
      /** The position of the first row wanted. */
      from: z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER).optional(),
      limit: z.coerce.number().int().min(1).max(100).optional(),
      /** Only rows of members whose shown name begins with this, without regard to case. */
      search: z.string().min(1).max(100).optional(),
    }),
    answer: Rows,
  },
  'GET /widget/v1/{publishableKey}/leaderboards/{idOrSlug}/first-page': {
    summary: 'The first rows of a run as HTML, for pages that a server writes',
    description:
      'Ask from your back-end and write `html` as it is into the tag: `<rai-leaderboard board="weekly">` + `html` + ' +
      '`</rai-leaderboard>`. It can be read before any script has come, and without one; the element takes its place ' +
      'when it has its first rows. `layout`, `theme` and `locale` are as the attributes of the tag. `html` is empty ' +
      'where there are no rows.',
    access: anyPage,
    params: BoardPath,
    query: Run.extend({
      limit: z.coerce.number().int().min(1).max(100).optional(),
      layout: z.enum(['auto', 'table', 'compact', 'card', 'podium']).optional(),
      theme: z.enum(['auto', 'light', 'dark']).optional(),
      /** A BCP 47 tag; English where there are no texts in that language. */
      locale: line(1, 100).optional(),
    }),
    answer: z.strictObject({ html: z.string(), now: Time }),
  },
  'GET /widget/v1/{publishableKey}/leaderboards/{idOrSlug}/rows/me': {
    summary: 'The asking member’s row and its neighbours',
    access: memberOnly,
    params: BoardPath,
    query: Run.extend({
      /** How many rows above and below. */
      around: z.coerce.number().int().min(0).max(50).optional(),
    }),
    answer: MyRows,
  },
  'POST /widget/v1/{publishableKey}/leaderboards/{idOrSlug}/prizes/claim': {
    summary: 'Claim the prize that the member won in a run. Again and again is as once',
    description:
      'An amount is on the member’s balance with the answer. `conflict` until the run is final, `not_found` for who has won nothing.',
    access: memberOnly,
    params: BoardPath,
    body: Run,
    bodyLimit: bodyLimits.small,
    answer: WonPrize,
  },
  'PUT /widget/v1/{publishableKey}/leaderboards/{idOrSlug}/seen': {
    summary: 'Remember the rank that the member was shown',
    description:
      'Send it once the member has looked; `rows/me` tells it from then on, on every device. Only the newest run of a period is remembered: of an older one, what is there stays.',
    access: memberOnly,
    params: BoardPath,
    body: Run.extend({ rank: z.int().min(1).meta({ description: 'The rank that was shown' }) }),
    bodyLimit: bodyLimits.small,
    answer: Seen,
  },
  'PUT /widget/v1/{publishableKey}/leaderboards/{idOrSlug}/entry': {
    summary: 'Join a board that ranks only who joined it, with all points from before',
    access: memberOnly,
    params: BoardPath,
    answer: Entry,
  },
  'DELETE /widget/v1/{publishableKey}/leaderboards/{idOrSlug}/entry': {
    summary: 'Leave such a board. The points stay, and are back at once for who joins again',
    access: memberOnly,
    params: BoardPath,
    answer: Entry,
  },
})
