import { managementFamily, type RouteKey } from '@rai/contract'
import { communityClock } from '../../domain/clock.js'
import {
  type BoardPage,
  boardById,
  createBoard,
  deleteBoard,
  listBoards,
  listWinners,
  updateBoard,
} from '../../domain/leaderboards/index.js'
import type { Handlers } from '../../http/context.js'
import { pageByNumber } from '../../http/page.js'
import { project } from '../../http/project.js'
import { changed, fieldsOf, newFields, showBoard, toBoardInput } from './board-fields.js'

/** The sortable fields and their columns. */
const columns = {
  createdAt: 'created_at',
  updatedAt: 'updated_at',
  name: 'name',
  slug: 'slug',
  displayOrder: 'display_order',
} as const satisfies Record<string, BoardPage['sort']['column']>

export const leaderboards: Handlers<Extract<RouteKey, `${string} /v1/leaderboards${string}`>> = {
  'GET /v1/leaderboards': async (context) => {
    const { tx, query } = context
    const { sort = 'createdAt:desc', fields, search } = query
    const [by, direction] = sort.split(':') as [keyof typeof columns, 'asc' | 'desc']
    const keyword = search?.slice('keyword:'.length).trim()
    const boards = await pageByNumber(context, (page) =>
      listBoards(tx, { ...page, sort: { column: columns[by], direction }, keyword }),
    )
    return boards.map((board) => project(managementFamily.Leaderboard, showBoard(board), fields))
  },

  'POST /v1/leaderboards': async ({ tx, body, now }) => {
    const clock = await communityClock(tx)
    const input = toBoardInput(changed(newFields, body), clock)
    return showBoard(await createBoard(tx, { ...input, slug: body.slug }, now))
  },

  'GET /v1/leaderboards/{leaderboardId}': async ({ tx, params, query }) =>
    project(managementFamily.Leaderboard, showBoard(await boardById(tx, params.leaderboardId)), query.fields),

  'PATCH /v1/leaderboards/{leaderboardId}': async ({ tx, params, body, now }) => {
    const clock = await communityClock(tx)
    const board = await updateBoard(
      tx,
      params.leaderboardId,
      (before) => ({ ...toBoardInput(changed(fieldsOf(before), body), clock), slug: body.slug }),
      now,
    )
    return showBoard(board)
  },

  'GET /v1/leaderboards/{leaderboardId}/winners': async (context) => {
    const { tx, params } = context
    const board = await boardById(tx, params.leaderboardId)
    const winners = await pageByNumber(context, (page) => listWinners(tx, board.id, page))
    return winners.map(({ memberId, username, period, start, rank, prize, claimedAt }) => ({
      userId: memberId,
      username,
      period,
      start: period === 'all' ? null : start,
      rank,
      prize,
      claimedAt: claimedAt?.toISOString() ?? null,
    }))
  },

  'DELETE /v1/leaderboards/{leaderboardId}': async ({ tx, params }) => {
    await deleteBoard(tx, params.leaderboardId)
    return { _id: params.leaderboardId }
  },
}
