import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { afterAll } from 'vitest'

export interface DatabaseProxy {
  /** The database, by way of the proxy. */
  url: string
  /**
   * Halts the next transaction one of whose statements, or their values, says `mark`, does what is asked, and lets it go on.
   * @param point Before how many more statements: 0 is the one with the mark, the last is the commit. Or when the database has
   * committed, of which the server hears only afterwards.
   * @returns The statement at which it was, or undefined where it was over before that many.
   */
  halt(mark: string, point: number | 'committed', act: (connection: Halted) => unknown): Promise<string | undefined>
}

/** The connection of a transaction that was halted. */
export interface Halted {
  /** The database knows its end by it, as pg_stat_activity.client_port. */
  port: number
  /** Ends it for the server. */
  cut(): void
}

/** Somebody who waits for a transaction. */
interface Waiting {
  mark: string
  point: number | 'committed'
  act(connection: Halted): unknown
  tell(statement: string | undefined): void
  /** The connection that it turned out to be, and how many of its statements have passed. */
  client?: Socket
  passed: number
}

/** Stands between a server and its database, as long as the file's tests. */
export async function startDatabaseProxy(databaseUrl: string): Promise<DatabaseProxy> {
  const { hostname, port } = new URL(databaseUrl)
  const open = new Set<Socket>()
  let waiting: Waiting | undefined

  const proxy = createServer((client) => {
    const database = connect(Number(port), hostname)
    for (const socket of [client, database]) {
      open.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        open.delete(socket)
        client.destroy()
        database.destroy()
      })
    }
    const haltAt = async (statement: string) => {
      const { act, tell } = waiting!
      waiting = undefined
      await act({ port: database.localPort!, cut: () => client.destroy() })
      tell(statement)
    }
    const statementsOf = readStatements()
    /** What was sent is passed on in order, also while the connection is halted. */
    let passing = Promise.resolve()
    client.on('data', (sent) => {
      passing = passing.then(async () => {
        for (const { bytes, text } of statementsOf(sent)) {
          if (text !== undefined && waiting && !waiting.client && bytes.includes(waiting.mark)) waiting.client = client
          if (text !== undefined && waiting?.client === client && waiting.passed++ === waiting.point) await haltAt(text)
          // Whoever was cut off while it was halted has said no more.
          if (!client.destroyed) database.write(bytes)
        }
      })
    })
    let answering = Promise.resolve()
    database.on('data', (answer) => {
      answering = answering.then(async () => {
        if (waiting?.client === client && answer.includes('COMMIT\0')) {
          if (waiting.point === 'committed') await haltAt('committed')
          else {
            waiting.tell(undefined)
            waiting = undefined
          }
        }
        client.write(answer)
      })
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
    halt: (mark, point, act) =>
      new Promise((tell) => {
        waiting = { mark, point, act, tell, passed: 0 }
      }),
  }
}

/** What one client sends, as it comes: whole messages, each statement with its text, and what lies between without. */
function readStatements(): (sent: Buffer) => Iterable<{ bytes: Buffer; text?: string }> {
  let rest = Buffer.alloc(0)
  let isStarted = false
  /** A statement that is described before it is run with values. */
  let parsed = Buffer.alloc(0)
  const texts = new Map<string, string>()
  return function* (sent) {
    rest = Buffer.concat([rest, sent])
    for (;;) {
      // The first message has no letter before its length.
      const head = isStarted ? 1 : 0
      const length = rest.length < head + 4 ? Number.POSITIVE_INFINITY : head + rest.readUInt32BE(head)
      if (rest.length < length) return
      const bytes = rest.subarray(0, length)
      const [first = '', second = ''] = bytes.subarray(5).toString('latin1').split('\0', 2)
      const letter = isStarted ? String.fromCharCode(bytes[0]!) : ''
      rest = rest.subarray(length)
      isStarted = true
      if (letter === 'P') {
        texts.set(first, second)
        parsed = bytes
      } else if (letter === 'B') {
        yield { bytes: Buffer.concat([parsed, bytes]), text: texts.get(second) ?? '' }
        parsed = Buffer.alloc(0)
      } else if (letter === 'Q') yield { bytes, text: first }
      else yield { bytes }
    }
  }
}
