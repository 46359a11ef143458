import { z } from 'zod'

/** A time: ISO 8601 in UTC. */
export const Time = z.iso
  .datetime({ offset: false })
  .max(40)
  // What time zones and databases can all work with.
  .refine((time) => time >= '0001' && time < '9999', 'must lie between the years 1 and 9998')
  .meta({ id: 'Time', description: 'ISO 8601, UTC', example: '2026-11-23T12:00:00.000Z' })

/** A calendar day in the community's time zone. */
export const Day = z.iso
  .date()
  .max(10)
  .refine((day) => day >= '1970-01-01' && day < '9999-01-01', 'must lie between 1970 and 9998')
  .meta({ id: 'Day', description: 'A calendar day in the community’s time zone', example: '2026-11-23' })

/** An id made by us: opaque to clients (a UUIDv7 today). */
export const Id = z.string().min(1).max(64).meta({ id: 'Id', description: 'Opaque id' })

/** Where an operation names a community: the documented API calls it a server. */
export const ServerPath = z.object({ serverId: Id })

/** The same in newer documented paths. */
export const CommunityPath = z.object({ communityId: Id })

/** A member, as the documented API names one. */
export const UserId = Id.meta({ description: 'The member: `_id`, or their short number' })

/** Where a login asks of a community. A key says so itself. */
export const serverQuery = { serverId: Id.optional().meta({ description: 'The community, when a login asks' }) }

/** True or false. In a form, where all is text, as such. */
export const Flag = z.union([z.boolean(), z.enum(['true', 'false']).transform((text) => text === 'true')])

/** A whole number. In a form, where all is text, by its digits. */
export const wholeNumber = (min: number, max: number) => {
  const number = z.int().min(min).max(max)
  return z.union([
    number,
    z
      .string()
      .max(16)
      .regex(/^\d{1,16}$/, 'must be digits')
      .transform(Number)
      .pipe(number),
  ])
}

/** A whole amount of XP or currency, at most 2^53 - 1 either way, so that every JSON reader keeps it exact. */
export const Amount = z.int().meta({ id: 'Amount', description: 'A whole number between -(2^53-1) and 2^53-1' })

const limit = z.coerce.number().int().min(1).max(100).optional()

/** Asks for a page of a list by its number, from 1 on. */
export const pageQuery = { page: z.coerce.number().int().min(1).max(100_000).optional(), limit }

/** What nobody but who asks may read, in an answer. Its route says what a repeat is given: see `Route.replayed`. */
export const Secret = z.string().meta({ format: 'password' })

/** Asks for the page of a list that begins where another one ended. */
export const cursorQuery = {
  cursor: z.string().max(500).optional().meta({ description: 'The `nextCursor` of the page before' }),
  limit: limit.meta({ description: 'Default: 20' }),
}

/** A page of a list that is read by cursor. `nextCursor` is passed back as it came; null on the last page. */
export const page = <T extends z.ZodType>(item: T) =>
  z.strictObject({ items: z.array(item), nextCursor: z.string().nullable() })

/** What members have balances of. */
const unitNames = ['xp', 'currency'] as const
export type Unit = (typeof unitNames)[number]
export const Unit = z.enum(unitNames)

/** What every member has, as filters call it: the documented names, and ours (`_id` to `display_name`, `language`). */
export const platformFields = [
  '_id',
  'id',
  'username',
  'display_name',
  'email',
  'first_name',
  'last_name',
  'language',
  'join_date',
  'xp',
  'coins',
] as const

/** What requests call a field of members. */
export const FieldName = z
  .string()
  .max(50)
  .regex(/^[a-z0-9][a-z0-9_-]{0,49}$/, 'must be up to 50 lower-case letters, digits, hyphens and underscores')
  .refine((name) => !platformFields.some((field) => field === name), 'is what every member has already')

const fieldTypeNames = ['single-line-text', 'multi-line-text', 'number', 'boolean', 'date', 'select'] as const
/** What a field of members can hold. */
export type FieldType = (typeof fieldTypeNames)[number]
export const FieldType = z.enum(fieldTypeNames)

/** What a field that is not of numbers holds: a text, a day (`2026-11-23`), an option, or true or false. */
export type FieldContent = string | boolean
export type FieldValue = number | FieldContent

const fieldSourceNames = ['api', 'bulk-import', 'bulk-update', 'default'] as const
/** By which way a value came. */
export type FieldSource = (typeof fieldSourceNames)[number]
export const FieldSource = z.enum(fieldSourceNames)

/** The stretches of time that a leaderboard can be read for, longest first. */
export const periodNames = ['all', 'year', 'month', 'week', 'day'] as const
export type Period = (typeof periodNames)[number]
export const Period = z.enum(periodNames)

/** One text line: no control characters (they forge logs and break layouts), trimmed length within bounds. */
export const line = (min: number, max: number) =>
  z
    .string()
    .max(max)
    .regex(/^[^\p{Cc}]*$/u, 'must not contain control characters')
    .refine(
      (text) => text.trim().length >= min,
      min === 1 ? 'must not be empty' : `must have at least ${min} characters`,
    )

/** What a field of text may say of a member, without the space around it. */
export const FieldText = line(1, 200).trim()

/** Text of several lines. */
export const text = (max: number) =>
  z
    .string()
    .max(max)
    .regex(/^[^\0]*$/, 'must not contain a null character')

const rank = z.int().min(1).max(1_000_000)

/** What the ranks `from` to `to` of a run win. */
export const Prize = z
  .strictObject({
    from: rank.meta({ description: 'The first rank that wins it' }),
    to: rank.meta({ description: 'The last rank that wins it' }),
    title: line(1, 100).meta({ description: 'What it is, in a few words' }),
    description: text(1000).optional().meta({ description: 'What else there is to say of it' }),
    link: z
      .url({ protocol: /^https?$/ })
      .max(2000)
      .optional()
      .meta({ description: 'A page about it' }),
    amount: z
      .strictObject({
        unit: Unit.meta({ description: 'Of which balance' }),
        amount: z.int().min(1).meta({ description: 'How much' }),
      })
      .optional()
      .meta({ description: 'Posted to the member’s balance when they claim the prize' }),
  })
  .refine(({ from, to }) => from <= to, { path: ['to'], message: 'must not lie before from' })
  .meta({
    id: 'Prize',
    description: 'What the ranks from `from` to `to` win. Members who share a rank each win what that rank wins',
  })
export type Prize = z.infer<typeof Prize>

/** The prizes of a board, each for ranks of its own. */
export const Prizes = z
  .array(Prize)
  .max(100)
  .refine(
    (prizes) =>
      prizes.toSorted((a, b) => a.from - b.from).every(({ from }, n, sorted) => n === 0 || sorted[n - 1]!.to < from),
    'must be for different ranks',
  )

/** An emoji, say. It is text, so that a page that shows it loads nothing and asks nobody. */
export const Icon = line(0, 16).meta({
  description: 'An emoji or a few characters to show beside the name; empty for none',
})

const unitForm = (category: string) =>
  line(1, 50)
    .optional()
    .meta({ description: `Beside numbers of the category \`${category}\`` })
/** What a unit is called beside some numbers. */
export const UnitForms = z.strictObject({
  zero: unitForm('zero'),
  one: unitForm('one'),
  two: unitForm('two'),
  few: unitForm('few'),
  many: unitForm('many'),
})
export type UnitForms = z.infer<typeof UnitForms>

/** What a community calls a unit, and whether there is any to earn. */
export const UnitSettings = z
  .strictObject({
    name: line(1, 50).meta({ description: 'What people read' }),
    forms: UnitForms.optional().meta({
      description:
        'What it is called beside numbers with which it has another name, by the plural category of the number in the language of who reads it (`Intl.PluralRules`): `{"one": "Coin"}` for `Coins`. Absent: `name` goes with every number',
    }),
    icon: Icon,
    enabled: z.boolean().meta({ description: 'Whether members earn it by what they do. What they have stays theirs' }),
  })
  .meta({ id: 'UnitSettings' })

/** What members rise to by their XP. */
export const Tier = z
  .strictObject({
    name: line(1, 50).meta({ description: 'What people read' }),
    icon: Icon,
    levels: z
      .array(z.int().min(0))
      .length(3)
      .meta({ description: 'How much XP a member needs for its first, second and third level' }),
  })
  .meta({ id: 'Tier' })

/** A username: 1 to 100 characters, compared with case. */
export const Username = line(1, 100)

export const Visibility = z.enum(['public', 'hidden']).meta({ description: 'Whether others see the member on boards' })

/** Where a member's days begin and end. */
export const TimeZone = line(1, 60)
  .nullable()
  .meta({ description: 'By which the member’s days begin: an IANA name such as `Asia/Kolkata`. Null: the community’s' })

/** An e-mail address, compared without case. */
export const Email = z
  .email('must be an address such as name@example.com')
  .max(254)
  .meta({ description: 'An e-mail address, compared without case' })

/**
 * Where a picture is: JPEG, PNG, GIF, WebP or AVIF, up to 5 MB. It is fetched only by https at a public address, but for what
 * an operator allows (`RAI_CALLS_ALLOW`).
 */
export const PictureUrl = z.url({ protocol: /^https?$/, error: 'must be a web address' }).max(2000)

/** Where a member is led who has a right to it: by https alone, so that nobody between reads or changes it. */
export const SafeLink = z.url({ protocol: /^https$/, error: 'must be an https address' }).max(2000)

/**
 * A page's origin, compared by equality: scheme, host and port, nothing else. It stands in policies, where a comma or a
 * semicolon, which URLs allow in a host, would begin another.
 */
export const Origin = z
  .string()
  .max(300)
  .refine(
    (value) =>
      /^https?:\/\/([a-z\d.-]+|\[[a-f\d:]+\])(:\d+)?$/.test(value) &&
      URL.canParse(value) &&
      new URL(value).origin === value,
    {
      message: 'must be an origin such as https://example.com, without a path',
    },
  )

/**
 * A page that is shown in a frame: by https, and at the host that it seems to be at. It begins with its own origin, letter
 * for letter, so that no user name, backslash or other spelling stands for another host. Whoever writes one has it on their
 * own machine, where there is no https.
 */
export const FramePage = z
  .string()
  .max(2000)
  .refine(
    (value) => {
      if (!URL.canParse(value)) return false
      const { protocol, origin } = new URL(value)
      const isPlain = value.startsWith(origin) && /^([/?#][^\s\\\p{Cc}]*)?$/u.test(value.slice(origin.length))
      const isSafe = protocol === 'https:' || /^http:\/\/(localhost|127\.0\.0\.1)(:\d+)?$/.test(origin)
      return isSafe && Origin.safeParse(origin).success && isPlain
    },
    { message: 'must be a plain https address such as https://app.example.com/start' },
  )

/** What the page of an iframe channel calls itself. Never an origin, which tokens name beside it. */
export const AppId = z
  .string()
  .max(100)
  .regex(/^[a-z\d][a-z\d.-]{2,}$/i, 'must be 3 to 100 letters, digits, dots or dashes')

const productTypes = ['item', 'voucher'] as const
/** What kind of thing is sold. */
export type ProductType = (typeof productTypes)[number]
export const ProductType = z.enum(productTypes)

/** What an item of the store is for a member. All but `available` are error codes as well: how buying it is refused. */
export const itemStates = [
  'available',
  'not_enough',
  'sold_out',
  'limit_reached',
  'locked',
  'not_started',
  'ended',
] as const
export type ItemState = (typeof itemStates)[number]
export const ItemState = z.enum(itemStates)

/** What an order is, whatever a community calls that. The last two have paid the member back. */
export const orderCategories = ['incomplete', 'complete', 'refunded', 'cancelled'] as const
export type OrderCategory = (typeof orderCategories)[number]
export const OrderCategory = z.enum(orderCategories)

const voucherStates = ['sealed', 'revealed', 'expired', 'void'] as const
/** What became of a code that was bought: never shown yet, shown, run out, or of an order that was paid back. */
export type VoucherState = (typeof voucherStates)[number]
export const VoucherState = z.enum(voucherStates)

/** How many a member may buy of something. */
export const PurchaseLimit = z
  .strictObject({
    quantity: z.int().min(1).max(1_000_000).meta({ description: 'So many' }),
    interval: z
      .strictObject({
        count: z.int().min(1).max(1000).meta({ description: 'Of so many units' }),
        unit: z.enum(['hour', 'day', 'week', 'month']).meta({ description: 'Of what' }),
      })
      .nullable()
      .meta({ description: 'Within any stretch of time that is so long. Null: ever' }),
  })
  .meta({ id: 'PurchaseLimit' })
export type PurchaseLimit = z.output<typeof PurchaseLimit>

/** Something that who buys an item is asked. */
export const Question = z
  .strictObject({
    name: z
      .string()
      .max(50)
      .regex(/^[a-z0-9][a-z0-9_-]{0,49}$/, 'must be up to 50 lower-case letters, digits, hyphens and underscores')
      .meta({ description: 'What answers call it' }),
    label: line(1, 200).meta({ description: 'What people read' }),
    required: z.boolean().meta({ description: 'Whether nobody buys it without an answer' }),
    options: z.array(line(1, 100)).max(50).meta({ description: 'What can be answered; empty: any line of text' }),
  })
  .meta({ id: 'Question' })
export type Question = z.output<typeof Question>
