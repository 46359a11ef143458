import { table } from '../../route.js'
import { channels } from './channels.js'
import { anyPage, Key } from './common.js'
import { config } from './config.js'
import { leaderboards } from './leaderboards.js'
import { me } from './me.js'
import { milestones } from './milestones.js'
import { progress } from './progress.js'
import { store } from './store.js'

export type { MilestoneState, ReasonCode } from './milestones.js'

import { socials } from './socials.js'

/** What browsers ask. The publishable key stands in the path, so that anonymous reads need no preflight and a CDN can hold them. */
export const widget = table({
  ...config,
  ...me,
  ...leaderboards,
  ...milestones,
  ...progress,
  ...store,
  ...socials,
  ...channels,
  'GET /widget/v1/{publishableKey}/stream': {
    summary: 'Server-sent events: hints about what changed. Resumes after `Last-Event-ID`',
    access: anyPage,
    params: Key,
    media: 'text/event-stream',
  },
})
