import { RaiLeaderboard } from './leaderboard/leaderboard.js'
import { RaiMilestone } from './milestone/milestone.js'

RaiLeaderboard.define('rai-leaderboard')
RaiMilestone.define('rai-milestone')

declare global {
  interface HTMLElementTagNameMap {
    'rai-leaderboard': RaiLeaderboard
    'rai-milestone': RaiMilestone
  }
}
