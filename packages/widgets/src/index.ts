export { RaiRankChangeEvent, RaiRowActivateEvent, RaiVisibilityRequestEvent } from './leaderboard/events.js'
export { type Layout, RaiLeaderboard } from './leaderboard/leaderboard.js'
export { RaiErrorEvent, RaiLoadEvent } from './shared/events.js'
export { pageSettings, type Settings, type Theme } from './shared/settings.js'
