import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { sql } from 'kysely'
import type { Tx } from '../../packages/server/src/db/database.js'
import { readCsv } from '../../packages/server/src/domain/bulk/csv.js'

/** What one of the people of `test/data/messages.csv.gz` says. */
export interface Said {
  username: string
  text: string
}

/** Texts of many scripts with who says them, in the order of the file. */
export async function realMessages(): Promise<Said[]> {
  const file = gunzipSync(readFileSync(join(import.meta.dirname, '../data/messages.csv.gz')))
  async function* pieces() {
    yield file
  }
  const said: Said[] = []
  for await (const rows of readCsv(pieces()))
    for (const { line, cells = [] } of rows as { line: number; cells: string[] }[])
      if (line > 1) said.push({ username: cells[0]!, text: cells[1]! })
  return said
}

/** So many are written by one statement: statements have a time limit. */
const atOnce = 10_000

/**
 * Puts messages into a channel by SQL, a minute apart, the last of them a minute ago: more than one would send one by one. Of
 * three that follow each other one person says two.
 * @param authorIds Who says them, by turns.
 */
export async function seedMessages(
  tx: Tx,
  {
    channelId,
    authorIds,
    texts,
    at,
  }: { channelId: string; authorIds: readonly string[]; texts: readonly string[]; at: Date },
): Promise<void> {
  for (let from = 0; from < texts.length; from += atOnce) {
    const some = texts.slice(from, from + atOnce)
    await sql`
      insert into messages (community_id, id, channel_id, author_id, text, created_at)
      select ${tx.communityId}::uuid,
        (lpad(to_hex((extract(epoch from said_at) * 1000)::bigint), 12, '0') || '70008000' || lpad(to_hex(n), 12, '0'))::uuid,
        ${channelId}::uuid, (${sql.val(authorIds)}::uuid[])[1 + n * 2 / 3 % ${authorIds.length}::int], text, said_at
      from (
        select text, ${from}::int + place::int as n,
          date_trunc('second', ${at}::timestamptz) - (${texts.length + 1 - from}::int - place) * interval '1 minute' as said_at
        from unnest(${sql.val(some)}::text[]) with ordinality as said (text, place)
      ) as made`.execute(tx.db)
  }
}
