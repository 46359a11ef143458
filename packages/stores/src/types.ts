import type { AnswerOf } from '@rai/contract'

/** What pages ask for, named as the wire names it. */
export type Config = AnswerOf<'GET /widget/v1/{publishableKey}/config'>
export type Viewer = AnswerOf<'GET /widget/v1/{publishableKey}/me'>
export type Board = AnswerOf<'GET /widget/v1/{publishableKey}/leaderboards/{idOrSlug}'>
export type Rows = AnswerOf<'GET /widget/v1/{publishableKey}/leaderboards/{idOrSlug}/rows'>
export type MyRows = AnswerOf<'GET /widget/v1/{publishableKey}/leaderboards/{idOrSlug}/rows/me'>
export type WonPrize = AnswerOf<'POST /widget/v1/{publishableKey}/leaderboards/{idOrSlug}/prizes/claim'>
export type BoardRow = Rows['items'][number]
export type BoardRun = Rows['run']
export type Visibility = Viewer['member']['visibility']
export type { ErrorCode, Hint, Period } from '@rai/contract'
