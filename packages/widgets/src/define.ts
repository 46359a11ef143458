import { RaiLeaderboard } from './leaderboard/leaderboard.js'
import { RaiMilestone } from './milestone/milestone.js'
import { RaiSocials } from './socials/socials.js'
import { RaiStore } from './store/store.js'

RaiLeaderboard.define('rai-leaderboard')
RaiMilestone.define('rai-milestone')
RaiSocials.define('rai-socials')
RaiStore.define('rai-store')

declare global {
  interface HTMLElementTagNameMap {
    'rai-leaderboard': RaiLeaderboard
    'rai-milestone': RaiMilestone
    'rai-socials': RaiSocials
    'rai-store': RaiStore
  }
}
