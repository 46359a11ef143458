import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { SMTPServer } from 'smtp-server'
import { afterAll, expect } from 'vitest'

/** A mail as the mail server got it. */
export interface ReceivedMail {
  to: string
  subject: string
  id: string
  /** With both parts, decoded. */
  raw: string
  /** The link in its text; '' for none. */
  link: string
  /** The token or code in the link. */
  token: string
}

export interface MailServer {
  url: string
  /** Everything that came in, oldest first. */
  mails: ReceivedMail[]
  /** What it answers to the next mails before it takes any: refusals, or `hang` for nothing at all. */
  answers: (number | 'hang')[]
  /** Waits for the nth mail to an address, from 1. */
  mail(to: string, nth?: number): Promise<ReceivedMail>
}

/**
 * A real SMTP server on a free port, as long as the file's tests.
 * @param password What senders have to know; default: nothing.
 */
export async function startMailServer(password?: string): Promise<MailServer> {
  const mails: ReceivedMail[] = []
  const answers: MailServer['answers'] = []
  const server = new SMTPServer({
    authOptional: password === undefined,
    onAuth: (shown, _session, done) => done(null, shown.password === password ? { user: 'rai' } : {}),
    disabledCommands: ['STARTTLS'],
    logger: false,
    onData: async (stream, { envelope }, done) => {
      const encoded = await text(stream)
      const answer = answers.shift()
      if (answer === 'hang') return
      if (answer) return done(Object.assign(new Error('not now'), { responseCode: answer }))
      mails.push(read(encoded, envelope.rcptTo[0]!.address))
      done()
    },
  })
  // A sender that is killed hangs up.
  server.on('error', () => {})
  server.listen(0, '127.0.0.1')
  await once(server.server, 'listening')
  afterAll(() => new Promise<void>((closed) => server.close(() => closed())))
  return {
    url: `smtp://127.0.0.1:${(server.server.address() as AddressInfo).port}`,
    mails,
    answers,
    async mail(to, nth = 1) {
      const those = () => mails.filter((mail) => mail.to.toLowerCase() === to.toLowerCase())
      await expect.poll(() => those().length).toBeGreaterThanOrEqual(nth)
      return those()[nth - 1]!
    },
  }
}

function read(encoded: string, to: string): ReceivedMail {
  const raw = encoded
    .replace(/=\r\n/g, '')
    .replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)))
  const header = (name: string) => new RegExp(`^${name}: (.*)$`, 'im').exec(raw)?.[1]?.trim() ?? ''
  const link = /^https?:\/\/\S+$/m.exec(raw)?.[0] ?? ''
  return { to, subject: header('Subject'), id: header('Message-ID'), raw, link, token: link.split('=')[1] ?? '' }
}
