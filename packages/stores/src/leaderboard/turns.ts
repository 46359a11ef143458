import type { BoardRun } from '../types.js'
import { turnOf } from './view.js'

const states = ['not_started', 'open', 'in_review', 'ended'] as const

/** A run as it stands at a time in milliseconds, until the server says so itself. */
export function runAt(run: BoardRun, now: number): BoardRun {
  const turn = turnOf(run)
  return turn && Date.parse(turn) <= now ? runAt({ ...run, state: states[states.indexOf(run.state) + 1]! }, now) : run
}
