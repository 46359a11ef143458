export { RaiChannel } from './channel/channel.js'
export { RaiDraftEvent, RaiNavigateEvent, RaiSendRequestEvent, RaiUnreadChangeEvent } from './channel/own-events.js'
export { RaiRowActivateEvent } from './leaderboard/events.js'
export { RaiLeaderboard } from './leaderboard/leaderboard.js'
export type { Layout } from './leaderboard/model.js'
export { RaiEntryRequestEvent, RaiRankChangeEvent, RaiVisibilityRequestEvent } from './leaderboard/own-events.js'
export { RaiMilestone } from './milestone/milestone.js'
export { RaiRepairRequestEvent, RaiStageChangeEvent, RaiStageClaimRequestEvent } from './milestone/own-events.js'
export { RaiErrorEvent, RaiLoadEvent } from './shared/events.js'
export { RaiClaimRequestEvent } from './shared/on-demand/claim-event.js'
export { pageSettings, type Settings, type Theme } from './shared/settings.js'
export {
  RaiAccountRequestEvent,
  RaiQuestChangeEvent,
  RaiQuestClaimRequestEvent,
  RaiQuestStartRequestEvent,
} from './socials/own-events.js'
export { RaiSocials } from './socials/socials.js'
export { RaiRedeemEvent, RaiRedeemRequestEvent, RaiWishRequestEvent } from './store/events.js'
export { RaiStore } from './store/store.js'
