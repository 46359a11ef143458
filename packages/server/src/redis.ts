import { Redis } from 'ioredis'
import type { Logger } from 'pino'

/** An answer that takes longer is none: what asks goes on without. */
const answerWithinMs = 250
const connectWithinMs = 5_000
const reconnectAfterMs = 1_000

/**
 * A Redis or Valkey that instances share, for what may be lost at any moment. While it is away, every command fails at
 * once: nothing waits for it, and it is tried again until it is closed.
 */
export function openRedis(url: string, log: Pick<Logger, 'warn'>): Redis {
  const redis = new Redis(url, {
    connectionName: 'rai',
    connectTimeout: connectWithinMs,
    commandTimeout: answerWithinMs,
    retryStrategy: () => reconnectAfterMs,
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
    autoResubscribe: false,
  })
  let isTold = false
  redis.on('error', ({ message }: Error) => {
    if (!isTold) log.warn(`Redis is away, and each instance goes on by itself: ${message}`)
    isTold = true
  })
  redis.on('ready', () => {
    isTold = false
  })
  return redis
}
