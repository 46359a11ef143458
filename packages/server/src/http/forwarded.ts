import { isIP } from 'node:net'
import type { FastifyRequest } from 'fastify'

/**
 * Makes an address of what the proxy in front says about where a request comes from; some add a port. What is none is
 * forgotten: the request then comes from the proxy itself.
 */
export async function readForwardedFor({ raw: { headers } }: FastifyRequest): Promise<void> {
  const said = String(headers['x-forwarded-for'] ?? '')
    .split(',')
    .at(-1)!
    .trim()
  const address = /^\[(.*)\](:\d+)?$/.exec(said)?.[1] ?? said.replace(/^([\d.]+):\d+$/, '$1')
  headers['x-forwarded-for'] = isIP(address) ? address : undefined
}
