import { RaiLeaderboard } from './leaderboard/leaderboard.js'
import { RaiMilestone } from './milestone/milestone.js'
import { RaiStore } from './store/store.js'

RaiLeaderboard.define('rai-leaderboard')
RaiMilestone.define('rai-milestone')
RaiStore.define('rai-store')

declare global {
  interface HTMLElementTagNameMap {
    'rai-leaderboard': RaiLeaderboard
    'rai-milestone': RaiMilestone
    'rai-store': RaiStore
  }
}
