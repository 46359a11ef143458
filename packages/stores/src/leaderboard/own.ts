import { clientOf } from '../shared/client.js'
import type { Environment } from '../shared/environment.js'
import type { BoardRun, WonPrize } from '../types.js'
import { boardName, boardRoute, type RunChoice } from './boards.js'
import { leaderboard } from './leaderboard.js'

const path = boardRoute.slice('GET '.length) as '/widget/v1/{publishableKey}/leaderboards/{idOrSlug}'

const params = async (environment: Environment, choice: RunChoice) => ({
  idOrSlug: (await boardName(environment, choice))!,
})

const named = ({ period, start }: BoardRun) => ({ period, start: start ?? undefined })

/**
 * Lets the viewer join a board that ranks only who joined it, or leave it; what the page shows of the choice follows.
 * Rejects with an ApiError when that fails.
 */
export async function setEntry(environment: Environment, choice: RunChoice, joined: boolean): Promise<void> {
  const request = { params: await params(environment, choice) }
  await clientOf(environment).send(`${joined ? 'PUT' : 'DELETE'} ${path}/entry`, { joined }, request)
  await leaderboard(environment, choice).refresh()
}

/**
 * Claims what the viewer won in a run; again and again is as once. What the page shows of the choice follows. Rejects with
 * an ApiError when that fails.
 */
export async function claimPrize(environment: Environment, choice: RunChoice, run: BoardRun): Promise<WonPrize> {
  const request = { params: await params(environment, choice), body: named(run) }
  const won = await clientOf(environment).send(`POST ${path}/prizes/claim`, { rank: 0, state: 'claimed' }, request)
  await leaderboard(environment, choice).refresh()
  return won
}

/** Remembers the rank in a run that the viewer was shown, for their next visit on any device. Rejects with an ApiError. */
export async function sendSeen(
  environment: Environment,
  choice: RunChoice,
  run: BoardRun,
  rank: number,
): Promise<void> {
  const request = { params: await params(environment, choice), body: { ...named(run), rank } }
  await clientOf(environment).send(`PUT ${path}/seen`, { rank }, request)
}
