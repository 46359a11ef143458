import { RaiChannel } from './channel/channel.js'
import { RaiLeaderboard } from './leaderboard/leaderboard.js'
import { RaiMilestone } from './milestone/milestone.js'
import { RaiSocials } from './socials/socials.js'
import { RaiStore } from './store/store.js'

RaiChannel.define('rai-channel')
RaiLeaderboard.define('rai-leaderboard')
RaiMilestone.define('rai-milestone')
RaiSocials.define('rai-socials')
RaiStore.define('rai-store')

declare global {
  interface HTMLElementTagNameMap {
    'rai-channel': RaiChannel
    'rai-leaderboard': RaiLeaderboard
    'rai-milestone': RaiMilestone
    'rai-socials': RaiSocials
    'rai-store': RaiStore
  }
}
