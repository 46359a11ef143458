import { type BodyOf, managementFamily, type Period, periodNames } from '@rai/contract'
import type { z } from 'zod'
import type { CommunityClock } from '../../domain/clock.js'
import { Failure } from '../../domain/failure.js'
import { given } from '../../domain/given.js'
import { type Board, type BoardInput, defaultSettings, settingsOf } from '../../domain/leaderboards/index.js'
import { boardEnd, boardStart, checkTimeZone } from './board-times.js'

/*
 * A leaderboard as the documented API spells it, and as our domain does. Here every documented field has a value of its
 * own; what the domain counts by follows from them.
 */

type Shown = z.output<typeof managementFamily.Leaderboard>
type Body = BodyOf<'PATCH /v1/leaderboards/{leaderboardId}'>

/** Everything that an operator can set. */
export type BoardFields = Pick<Shown, Exclude<keyof Body & keyof Shown, 'slug' | 'rankBy' | 'displayedFields'>>

const { timeFilters, rankingFields } = managementFamily
type TimeFilter = keyof typeof timeFilters
type RankingField = BoardFields['rankingField']

const filterOf = (period: Period): TimeFilter =>
  (Object.keys(timeFilters) as TimeFilter[]).find((name) => timeFilters[name] === period)!

/** Units have documented names of their own. */
const metricOf = (field: RankingField): Board['metric'] => (isUnitField(field) ? rankingFields[field] : field)
const isUnitField = (field: RankingField): field is keyof typeof rankingFields => field in rankingFields
const rankingFieldOf = (metric: Board['metric']): RankingField => (metric === 'currency' ? 'currencies' : metric)

/** There are no tags yet, so no board can be for some of them. */
const noTags = { allowedTagsToRank: [], allowedTagsToView: [] }

/** What a new board has where its operator says nothing. */
export const newFields: BoardFields = {
  ...defaultSettings,
  ...noTags,
  name: '',
  description: '',
  rankingField: 'xp',
  nameDisplay: 'full',
  onlyPositiveRanks: false,
  requiresOptIn: false,
  segmentOf: null,
  prizes: [],
  reviewHours: null,
  allowedTimeFilters: periodNames.map(filterOf),
  allowedUsersToRank: [],
  allowedRolesToRank: [],
  allowedFieldsToRank: {},
  allowedUsersToView: [],
  allowedRolesToView: [],
  isEnabled: true,
  displayOrder: 0,
  widget: { enabled: true, ...defaultSettings.widget },
}

export function fieldsOf(board: Board): BoardFields {
  const settings = settingsOf(board)
  return {
    ...settings,
    ...noTags,
    name: board.name,
    description: board.description,
    rankingField: rankingFieldOf(board.metric),
    nameDisplay: board.name_display,
    onlyPositiveRanks: board.only_positive,
    requiresOptIn: board.requires_opt_in,
    segmentOf: board.segment_of,
    prizes: board.prizes,
    reviewHours: board.review_hours,
    allowedTimeFilters: board.periods.map(filterOf),
    allowedUsersToRank: board.ranked_members,
    allowedRolesToRank: board.ranked_roles,
    allowedFieldsToRank: board.ranked_fields,
    allowedUsersToView: board.viewing_members,
    allowedRolesToView: board.viewing_roles,
    isEnabled: board.is_enabled,
    displayOrder: board.display_order,
    widget: { enabled: board.widget_enabled, ...settings.widget },
  }
}

/** The fields after a request. Older spellings are read where the newer one is absent. */
export function changed(before: BoardFields, body: Body): BoardFields {
  const { slug: _slug, rankBy, displayedFields, displayFieldsOrder, ...fields } = body
  return {
    ...before,
    ...(rankBy && { rankingField: rankBy }),
    ...(displayedFields && { displayedColumns: columnsOf(displayedFields, displayFieldsOrder) }),
    // A day to end on says that there is one.
    ...(body.endDate !== undefined && { hasNoEndDate: body.endDate === null }),
    ...given(fields),
  }
}

/** The older pair: which columns are shown, and in which order the named ones stand. */
function columnsOf(shown: readonly string[], order: readonly string[] = []): BoardFields['displayedColumns'] {
  const place = (column: string) => (order.includes(column) ? order.indexOf(column) : order.length)
  return [...new Set(shown)]
    .sort((a, b) => place(a) - place(b))
    .map((column, index) => ({ column, visible: true, order: index }))
}

/**
 * @throws Failure `unknown_reference` for tags, which do not exist yet; `invalid_request` for fields that contradict each
 * other.
 */
export function toBoardInput(fields: BoardFields, clock: CommunityClock): BoardInput {
  refuseTags(fields)
  checkTimeZone(fields.timeZone)
  const { topRankOnly, topRankLimit, widget } = fields
  if (topRankOnly && topRankLimit === null) {
    throw new Failure('invalid_request', 'Say how many ranks topRankOnly leaves.', [
      { path: 'topRankLimit', message: 'is missing' },
    ])
  }
  return {
    name: fields.name,
    description: fields.description,
    metric: metricOf(fields.rankingField),
    periods: fields.allowedTimeFilters.map((name) => timeFilters[name]),
    nameDisplay: fields.nameDisplay,
    topRankLimit: topRankOnly ? topRankLimit : null,
    onlyPositive: fields.onlyPositiveRanks,
    requiresOptIn: fields.requiresOptIn,
    segmentOf: fields.segmentOf,
    prizes: fields.prizes,
    startsAt: boardStart(fields, clock),
    endsAt: boardEnd(fields, clock),
    reviewHours: fields.reviewHours,
    rankedMembers: fields.allowedUsersToRank,
    rankedRoles: fields.allowedRolesToRank,
    rankedFields: fields.allowedFieldsToRank,
    viewingMembers: fields.allowedUsersToView,
    viewingRoles: fields.allowedRolesToView,
    isEnabled: fields.isEnabled,
    displayOrder: fields.displayOrder,
    widgetEnabled: widget.enabled,
    settings: pickSettings(fields),
  }
}

const settingNames = Object.keys(defaultSettings) as (keyof typeof defaultSettings)[]

function pickSettings(fields: BoardFields): Record<string, unknown> {
  const { enabled: _enabled, ...widget } = fields.widget
  return { ...Object.fromEntries(settingNames.map((name) => [name, fields[name]])), widget }
}

function refuseTags(fields: BoardFields): void {
  const unknown = (Object.keys(noTags) as (keyof typeof noTags)[]).flatMap((field) =>
    fields[field].map((_, n) => ({ path: `${field}.${n}`, message: 'no such tag' })),
  )
  if (unknown.length > 0)
    throw new Failure('unknown_reference', 'The leaderboard names tags that do not exist here.', unknown)
}

/** The leaderboard as the API answers it. */
export function showBoard(board: Board): Shown {
  const fields = fieldsOf(board)
  return {
    _id: board.id,
    communityID: board.community_id,
    ...fields,
    slug: board.slug,
    rankBy: fields.rankingField,
    displayedFields: fields.displayedColumns
      .filter(({ visible }) => visible)
      .sort((a, b) => a.order - b.order)
      .map(({ column }) => column),
    isCounting: board.counted_to !== null,
    createdAt: board.created_at.toISOString(),
    updatedAt: board.updated_at.toISOString(),
    __v: board.revision,
  }
}
