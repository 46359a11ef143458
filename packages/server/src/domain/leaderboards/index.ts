export {
  type Board,
  type BoardInput,
  type BoardPage,
  boardById,
  createBoard,
  deleteBoard,
  findBoards,
  findShownBoard,
  listBoards,
  segmentsOf,
  shownBoards,
  updateBoard,
} from './boards.js'
export { countNext } from './counting.js'
export { joinBoard, leaveBoard } from './opt-in.js'
export { type MyState, type Row, type RowList, rowsAround, rowsAt, searchRows, totalOf } from './rows.js'
export { type Run, runOf } from './runs.js'
export { fieldOf } from './scores.js'
export { rememberSeen, type Seen, seenOf } from './seen.js'
export { type BoardSettings, type ClockTime, defaultSettings, mayView, settingsOf, type Viewer } from './settings.js'
export { claimPrize, listWinners, prizeOf, settleNext, type Won } from './winners.js'
