export { RaiRowActivateEvent } from './leaderboard/events.js'
export { RaiLeaderboard } from './leaderboard/leaderboard.js'
export type { Layout } from './leaderboard/model.js'
export {
  RaiClaimRequestEvent,
  RaiEntryRequestEvent,
  RaiRankChangeEvent,
  RaiVisibilityRequestEvent,
} from './leaderboard/own-events.js'
export { RaiErrorEvent, RaiLoadEvent } from './shared/events.js'
export { pageSettings, type Settings, type Theme } from './shared/settings.js'
