import type { Board } from './boards.js'

/** What operators set on a board that no query reads: kept as it came, given back as it came. */
export interface BoardSettings {
  image: string
  displayedColumns: { column: string; visible: boolean; order: number }[]
  topRankOnly: boolean
  topRankLimit: number | null
  prizeTerms: string
  includeDummyUsers: boolean
  isPreviewEnabled: boolean
  /** Start and end as they were given; the moments that count stand in the board itself. */
  startDate: string | null
  endDate: string | null
  hasNoEndDate: boolean
  timeZone: number | string | null
  startTime: ClockTime | null
  endTime: ClockTime | null
  widget: {
    /** Pages that may show the board; empty for all that the key lists. */
    whitelistedDomains: string[]
    size: { type: 'custom'; value: { width: number; height: number } } | null
    button: { enabled: boolean; text: string; link: string }
  }
}

export interface ClockTime {
  hours: number
  minutes: number
  ampm?: 'am' | 'pm' | 'AM' | 'PM' | undefined
}

/** Where nobody set anything. */
export const defaultSettings: BoardSettings = {
  image: '',
  displayedColumns: [
    { column: 'name', visible: true, order: 0 },
    { column: 'score', visible: true, order: 1 },
  ],
  topRankOnly: false,
  topRankLimit: null,
  prizeTerms: '',
  includeDummyUsers: false,
  isPreviewEnabled: false,
  startDate: null,
  endDate: null,
  hasNoEndDate: true,
  timeZone: null,
  startTime: null,
  endTime: null,
  widget: { whitelistedDomains: [], size: null, button: { enabled: false, text: '', link: '' } },
}

/** The settings of a board, also of one that was made without any. */
export const settingsOf = (board: Board): BoardSettings => ({
  ...defaultSettings,
  topRankOnly: board.top_rank_limit !== null,
  topRankLimit: board.top_rank_limit,
  startDate: board.starts_at?.toISOString() ?? null,
  endDate: board.ends_at?.toISOString() ?? null,
  hasNoEndDate: board.ends_at === null,
  ...(board.settings as Partial<BoardSettings>),
})

/** Whose page it is: a member's with their roles, or nobody's. */
export interface Viewer {
  memberId: string | undefined
  /** Beside that of everybody. */
  roleIds: readonly string[]
}

/** Whether pages may show a board to somebody: it is on, its widget is on, and it is for them. */
export const mayView = (board: Board, viewer: Viewer): boolean =>
  board.is_enabled &&
  board.widget_enabled &&
  isAmong(board, { members: board.viewing_members, roles: board.viewing_roles }, viewer)

/** Whether somebody is one of the members, or has one of the roles, that a board names for something; all are where it names none. */
export function isAmong(
  { community_id }: Board,
  { members, roles }: { members: readonly string[]; roles: readonly string[] },
  { memberId, roleIds }: Viewer,
): boolean {
  if (members.length + roles.length === 0) return true
  return (
    memberId !== undefined &&
    (members.includes(memberId) || roles.some((id) => id === community_id || roleIds.includes(id)))
  )
}
