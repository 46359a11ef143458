export type { RunChoice } from './leaderboard/boards.js'
export { type Leaderboard, leaderboard } from './leaderboard/leaderboard.js'
export { claimPrize, sendSeen, setEntry } from './leaderboard/own.js'
export { type Search, search } from './leaderboard/search.js'
export { runAt } from './leaderboard/turns.js'
export { turnOf, type View } from './leaderboard/view.js'
export { type Milestones, milestones } from './milestone/milestones.js'
export { ladder, recap, type Streak, streak } from './milestone/progress.js'
export { config } from './shared/config.js'
export { connect, type Settings } from './shared/connect.js'
export type { Environment } from './shared/environment.js'
export { ApiError, type Failure, type FailureCode, failureOf } from './shared/failures.js'
export { type GetToken, identify, isGuest, logout, type Token, type TokenSource } from './shared/identity.js'
export { errorOf, type Loadable } from './shared/loadable.js'
export { serverNow } from './shared/server-clock.js'
export type {
  Board,
  BoardRow,
  BoardRun,
  ClaimedStage,
  Config,
  Ladder,
  Milestone,
  MilestoneChoice,
  MilestoneCondition,
  MilestoneStage,
  MilestoneState,
  MilestoneTask,
  MyRows,
  Period,
  ReasonCode,
  Recap,
  Rows,
  Viewer,
  Visibility,
  WonPrize,
} from './types.js'
export { viewer } from './viewer.js'
