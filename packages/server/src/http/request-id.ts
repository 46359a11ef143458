import type { IncomingMessage } from 'node:http'
import { newId } from '../domain/ids.js'

/** The asker's own id is kept when it can stand in a log line and a header as it is; else a new one is made. */
export function requestId({ headers }: IncomingMessage): string {
  const given = headers['x-request-id']
  return typeof given === 'string' && /^[\w.-]{8,64}$/.test(given) ? given : newId()
}
