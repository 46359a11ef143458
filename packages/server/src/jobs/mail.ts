import type { NodemailerError } from 'nodemailer'
import type { Logger } from 'pino'
import type { Config } from '../config.js'
import { type AccountsTx, accountsLane, type Database } from '../db/database.js'
import { findAccount, newestRegistration, newLink, registrationOfInvited } from '../domain/accounts/accounts.js'
import { dropMail, type Mail, retryMail, takeMail } from '../domain/accounts/mails.js'
import { letters } from '../mail/letters.js'
import { createTransportFor, type Letter, type SendLetter } from '../mail/transport.js'
import { linkTo } from '../pages/accounts.js'
import { type Loop, startLoop } from './loop.js'

/** Nobody waits longer for a mail, and its link would be of no use. */
const giveUpMs = 24 * 60 * 60_000

/** Sends what was queued, and goes on until it is sent: a mail server that is away is waited for. Instances may work side by side. */
export function startMailing(
  database: Database,
  config: Config,
  log: Pick<Logger, 'error' | 'warn'>,
  clock: () => Date,
  send: SendLetter = createTransportFor(config),
): Loop {
  return startLoop(database, log, {
    name: 'mailing',
    // Mails are no community's: there is one line of them.
    find: async (db) => {
      const due = await db.selectFrom('mails').select('id').where('due_at', '<=', clock()).limit(1).execute()
      return due.map(() => accountsLane)
    },
    run: async () => {
      const taken = await database.accounts(async (tx) => {
        const mail = await takeMail(tx, clock())
        return mail && { mail, letter: await compose(tx, mail, config.publicUrl, clock()) }
      })
      if (!taken) return false
      const { mail, letter } = taken
      const end = await deliver(letter, mail)
      await database.accounts((tx) => (end === 'later' ? retryMail(tx, mail, clock()) : dropMail(tx, mail)))
      return true
    },
  })

  /** Outside of any transaction: a mail server may take its time. */
  async function deliver(
    letter: Letter | undefined,
    { id, kind, createdAt, attempt }: Mail,
  ): Promise<'done' | 'later'> {
    if (!letter) return 'done'
    try {
      await send(id, letter)
      return 'done'
    } catch (error) {
      // Not the error as a whole: what a server says may repeat the mail.
      const { code, responseCode, command, permanent } = error as NodemailerError
      const about = { mail: id, kind, attempt, code, responseCode, command }
      // The mail itself. What is refused before, a password or a sender, is for the operator to mend.
      const isRefused = permanent && (command === 'RCPT TO' || command === 'DATA')
      const isFinal = isRefused || clock().getTime() - createdAt.getTime() > giveUpMs
      if (isFinal) log.error(about, 'a mail was given up')
      else log.warn(about, 'a mail could not be sent and is tried again')
      return isFinal ? 'done' : 'later'
    }
  }
}

/**
 * What a mail says, as things are now. Whoever asked for it was told nothing of whether the address has an account; the
 * mail tells its owner.
 * @returns Undefined when there is nothing to say.
 */
async function compose(
  tx: AccountsTx,
  { kind, recipient, about }: Mail,
  publicUrl: string,
  at: Date,
): Promise<Letter | undefined> {
  if (about && 'item' in about) return letters.back(recipient, about)
  const account = await findAccount(tx, recipient)
  if (about) {
    const { community } = about
    if (account) return letters.invitedAgain(recipient, { community, url: linkTo(publicUrl, 'forgot') })
    const { id } = await registrationOfInvited(tx, { email: recipient, ...about }, at)
    const url = linkTo(publicUrl, 'invitation', await newLink(tx, 'invitation', id, at))
    return letters.invited(recipient, { community, url })
  }
  if (kind === 'changed') return letters.changed(recipient, linkTo(publicUrl, 'forgot'))
  if (kind === 'reset')
    return account && letters.reset(recipient, linkTo(publicUrl, 'reset', await newLink(tx, 'account', account.id, at)))
  if (account) return letters.alreadyThere(recipient, linkTo(publicUrl, 'forgot'))
  const registration = await newestRegistration(tx, recipient, at)
  if (!registration) return undefined
  const token = await newLink(tx, 'registration', registration.id, at)
  return letters.confirm(recipient, linkTo(publicUrl, 'verify', token))
}
