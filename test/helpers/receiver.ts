import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { Webhook } from 'standardwebhooks'
import { Webhook as SvixWebhook } from 'svix'
import { afterAll } from 'vitest'

/** A request that a receiver got. */
export interface Received {
  /** When, on the machine's clock. */
  at: number
  headers: IncomingHttpHeaders
  body: Buffer
  path: string
}

/** What it answers: a status, or whatever else is done with the answer. */
export type Answer = number | ((response: ServerResponse, request: Received) => void)

export interface Receiver {
  url: string
  /** `address:port`, to be allowed. */
  place: string
  received: Received[]
  /** What it answers from now on; at first 200. */
  answer: Answer
  /** Their `webhook-id`s. */
  ids(): string[]
}

/** A server that webhooks are sent to, as long as the file's tests. */
export async function startReceiver(): Promise<Receiver> {
  const received: Received[] = []
  const server = createServer(async (request, response) => {
    const { headers, url } = request
    const one = { at: Date.now(), headers, body: await buffer(request), path: url! }
    received.push(one)
    const { answer } = receiver
    if (typeof answer === 'number') response.writeHead(answer).end('thank you')
    else answer(response, one)
  })
  // Whoever is killed breaks off in the middle.
  server.on('clientError', (_, socket) => socket.destroy())
  await once(server.listen(0, '127.0.0.1'), 'listening')
  afterAll(() => {
    server.close()
    server.closeAllConnections()
  })
  const place = `127.0.0.1:${(server.address() as AddressInfo).port}`
  const receiver: Receiver = {
    url: `http://${place}/hook`,
    place,
    received,
    answer: 200,
    ids: () => received.map(({ headers }) => headers['webhook-id'] as string),
  }
  return receiver
}

/**
 * Verifies a request by two libraries that others use, and answers what it says.
 * @throws where either refuses it.
 */
export function verified(secret: string, { headers, body }: Pick<Received, 'headers' | 'body'>): unknown {
  const shown = headers as Record<string, string>
  const said = new Webhook(secret).verify(body, shown)
  new SvixWebhook(secret).verify(body, shown)
  return said
}
