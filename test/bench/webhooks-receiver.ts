/** A process that webhooks are sent to. It says where it listens, and, after a number was sent to it, when so many have come. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { sharedNow } from './measure.js'

let left = 0
const server = createServer((request, response) => {
  request.resume().once('end', () => {
    response.writeHead(204).end()
    if (--left === 0) process.send!(sharedNow())
  })
})
await once(server.listen(0, '127.0.0.1'), 'listening')
process.on('message', (n: number) => {
  left = n
})
process.once('disconnect', () => process.exit())
process.send!((server.address() as AddressInfo).port)
