import { expect } from 'vitest'
import { takeBoards } from '../../packages/server/src/domain/locks.js'
import type { Reply } from './api.js'
import type { TestCommunity } from './community.js'
import { waitingForLocks } from './database.js'
import type { TestServer } from './server.js'

type Send = (headers: { 'idempotency-key': string }) => Promise<Reply>

let made = 0

/**
 * Sends the same intent a hundred times, half of them at once: it is told to come again while the first one still runs, and has
 * one answer byte for byte. With another body it is refused. What it did is for the test to look at.
 * @param send Does something that moves points.
 * @param changed The same with another body.
 */
export async function expectOneAnswer(
  server: TestServer,
  { tenant }: TestCommunity,
  send: Send,
  changed: Send,
): Promise<void> {
  const headers = { 'idempotency-key': `one answer ${++made}` }
  let first: Promise<Reply> | undefined
  await tenant(async (tx) => {
    await takeBoards(tx)
    first = send(headers)
    await expect.poll(() => waitingForLocks(server)).toBeGreaterThan(0)
    const early = await send(headers)
    expect([early.status, early.code]).toEqual([409, 'request_in_flight'])
  })
  const { status, text } = await first!
  expect([200, 201], text).toContain(status)
  const atOnce = await Promise.all(Array.from({ length: 50 }, () => send(headers)))
  const later = []
  for (let n = 0; n < 50; n++) later.push(await send(headers))
  const answered = [...atOnce, ...later].filter(({ code }) => code !== 'request_in_flight')
  expect(new Set(answered.map((reply) => `${reply.status} ${reply.text}`))).toEqual(new Set([`${status} ${text}`]))
  expect(answered.length).toBeGreaterThanOrEqual(later.length)
  const other = await changed(headers)
  expect([other.status, other.code]).toEqual([422, 'idempotency_mismatch'])
}
