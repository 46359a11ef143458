import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { afterAll } from 'vitest'

export interface DatabaseProxy {
  /** The database, by way of the proxy. */
  url: string
  /** Breaks the connection whose change is the next to be committed: the database does it, and its answer is lost. */
  cutAfterCommit(): void
}

/**
 * Stands between a server and its database, as long as the file's tests.
 * @param change The text of a statement: what it changes is the change that is meant.
 */
export async function startDatabaseProxy(databaseUrl: string, change: string): Promise<DatabaseProxy> {
  const { hostname, port } = new URL(databaseUrl)
  const open = new Set<Socket>()
  let isArmed = false
  const proxy = createServer((client) => {
    const database = connect(Number(port), hostname)
    for (const socket of [client, database]) {
      open.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        client.destroy()
        database.destroy()
      })
    }
    let isChange = false
    client.on('data', (sent) => {
      isChange ||= isArmed && sent.includes(change)
      database.write(sent)
    })
    database.on('data', (answer) => {
      if (isChange && answer.includes('COMMIT')) {
        isArmed = false
        client.destroy()
      } else client.write(answer)
    })
  }).listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  afterAll(() => {
    for (const socket of open) socket.destroy()
    return new Promise<void>((closed) => proxy.close(() => closed()))
  })
  const address = new URL(databaseUrl)
  address.host = `127.0.0.1:${(proxy.address() as AddressInfo).port}`
  return {
    url: address.href,
    cutAfterCommit() {
      isArmed = true
    },
  }
}
