import { join } from 'node:path'
import { createTransport } from 'nodemailer'
import type { Config } from '../config.js'
import { writePrivately } from '../files/folder.js'

/** A mail as people read it. */
export interface Letter {
  to: string
  subject: string
  text: string
  html: string
}

/**
 * Hands a letter over.
 * @param id The same for every try, so that mail programs show one that came twice once.
 * @throws what nodemailer says (`NodemailerError`).
 */
export type SendLetter = (id: string, letter: Letter) => Promise<void>

/**
 * For silence, at each step. A server that is slow and not silent may take longer than nobody else tries for (see
 * domain/accounts/mails.ts); then the mail comes twice.
 */
const patience = { connectionTimeout: 4_000, greetingTimeout: 4_000, socketTimeout: 8_000 }

/** By SMTP, or into files that the demo shows, where no mail server is set. */
export const createTransportFor = (config: Config): SendLetter =>
  config.smtpUrl ? bySmtp(config, config.smtpUrl) : toFiles(config)

function bySmtp({ mailFrom, publicUrl }: Config, smtpUrl: string): SendLetter {
  const transport = createTransport({ url: smtpUrl, ...patience })
  const domain = new URL(publicUrl).hostname
  return async (id, letter) => {
    await transport.sendMail({
      from: mailFrom,
      ...letter,
      messageId: `<${id}@${domain}>`,
      // Nobody's holiday note comes back.
      headers: { 'Auto-Submitted': 'auto-generated' },
      disableFileAccess: true,
      disableUrlAccess: true,
    })
  }
}

/** Where mails are put that nobody sends. */
export const mailFolder = ({ dataDir }: Pick<Config, 'dataDir'>): string => join(dataDir, 'mail')

/** Readable by this user only: links in mails are as good as passwords. */
const toFiles =
  (config: Config): SendLetter =>
  (id, letter) =>
    writePrivately(join(mailFolder(config), `${id}.json`), `${JSON.stringify(letter, null, 2)}\n`)
