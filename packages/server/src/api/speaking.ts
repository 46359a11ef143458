import type { Tx } from '../db/database.js'
import { onlookerOf, type Reader } from '../domain/channels.js'
import { Failure } from '../domain/failure.js'
import { findMember, type Member, notDeleted } from '../domain/members/members.js'
import type { Speaker } from '../domain/messages/places.js'
import type { Asker } from '../http/context.js'
import { memberAsking } from '../http/credential.js'

/** To whom channels and messages are shown. */
export async function readerOf(tx: Tx, asker: Asker): Promise<Reader> {
  const memberId = memberAsking(asker)
  return {
    onlooker: memberId === null ? null : await onlookerOf(tx, memberId),
    isBackEnd: memberId === null,
    only: asker.channelIds,
  }
}

/** The member who asks, as who speaks in channels. */
export async function speakerOf(tx: Tx, asker: Asker): Promise<Speaker> {
  const keyId = asker.kind === 'userKey' ? asker.keyId : null
  return {
    onlooker: await onlookerOf(tx, asker.memberId!),
    isBackEnd: false,
    only: asker.channelIds,
    keyId,
  }
}

/**
 * Whom somebody speaks for by a key: a back-end for a member that it names, a script for its owner and nobody else.
 * @param sender A username, or else an e-mail.
 * @throws Failure `forbidden` for anybody else, and for who is suspended or banned; `not_found` for nobody.
 */
export async function speakerBehind(tx: Tx, asker: Asker, sender: string | undefined): Promise<Speaker> {
  const named = sender === undefined ? undefined : await senderBy(tx, sender)
  if (asker.kind === 'userKey') {
    if (sender !== undefined && named?.id !== asker.memberId)
      throw new Failure('forbidden', 'This key speaks for its owner, and for nobody else.')
    return speakerOf(tx, asker)
  }
  if (sender === undefined)
    throw new Failure('invalid_request', 'Say who sends it.', [{ path: 'sender', message: 'is missing' }])
  const member = notDeleted(named)
  if (member.status !== 'active') throw new Failure('forbidden', `This member is ${member.status}.`)
  return { onlooker: await onlookerOf(tx, member.id), isBackEnd: true, only: null, keyId: asker.keyId }
}

/** Members choose their usernames, and another's e-mail may be one: who is called so is meant first, as documented. */
const senderBy = async (tx: Tx, sender: string): Promise<Member | undefined> =>
  (await findMember(tx, { username: sender })) ?? (await findMember(tx, { email: sender }))
