import { randomUUID } from 'node:crypto'
import type { Tx } from '../db/database.js'
import { spool } from '../domain/bulk/spool.js'
import { createTurns } from '../domain/bulk/turns.js'
import { type Attached, admitUpload, keepUpload } from '../domain/messages/attachments.js'
import { judge } from '../domain/messages/kinds.js'
import type { Speaker } from '../domain/messages/places.js'
import { withStored } from '../domain/stored.js'
import type { Context } from '../http/context.js'

type Upload =
  | Context<'POST /widget/v1/{publishableKey}/channels/{channelId}/attachments'>
  | Context<'POST /apis/v1/messages/attachments'>

/** Each is in memory while it is looked at, and pictures take the processor. */
const inTurn = createTurns(2)

/**
 * Takes a file for a message of a channel. It waits on disk until it is whole, and for its turn to be looked at; who may not
 * upload it is told before it has come.
 * @param speakerIn Who uploads it.
 */
export async function takeUpload(
  { principal: { communityId }, file, now, deps: { database, files }, once, gone }: Upload,
  channelId: string,
  speakerIn: (tx: Tx) => Promise<Speaker>,
): Promise<Attached> {
  await database.tenant(communityId, async (tx) => admitUpload(tx, await speakerIn(tx), channelId, 0, now), {
    snapshot: true,
  })
  const spooled = await spool(file.stream)
  try {
    return await inTurn(communityId, gone, async () => {
      const parts: Uint8Array[] = []
      for await (const part of spooled.read()) parts.push(part)
      const upload = { id: randomUUID(), ...(await judge(file.name, Buffer.concat(parts))) }
      return withStored(files, communityId, [upload], (keep) =>
        database.tenant(communityId, (tx) =>
          once(tx, JSON.stringify([channelId, file.name, spooled.hash.toString('hex')]), async () => {
            tx.afterCommit(keep)
            return keepUpload(tx, await speakerIn(tx), channelId, upload, now)
          }),
        ),
      )
    })
  } finally {
    await spooled.close()
  }
}
