import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { communityClock } from '../../packages/server/src/domain/clock.js'
import { createBoard, rowsAt, runOf } from '../../packages/server/src/domain/leaderboards/index.js'
import { takeTurn } from '../../packages/server/src/domain/locks.js'
import { balancesOf, findMember } from '../../packages/server/src/domain/members/members.js'
import { startPruning } from '../../packages/server/src/jobs/prune.js'
import { expectJob, type Job, readJob, runCsv, uploadCsv } from '../helpers/bulk.js'
import { type TestCommunity, testCommunity } from '../helpers/community.js'
import { asSuperuser } from '../helpers/database.js'
import { startTestServer } from '../helpers/server.js'

const server = await startTestServer()
const other = await testCommunity(server, { origin: 'https://other.example' })

/** Uploads a file and waits until its job is over. */
const run = (
  community: TestCommunity,
  type: 'import' | 'update',
  csv: string | Buffer,
  fields: Record<string, string> = {},
) => runCsv(server.url, community.communityKey, type, csv, { fields })

const refused = async (community: TestCommunity, type: 'import' | 'update', csv: string | Buffer, fields = {}) => {
  const { status, body } = await uploadCsv(server.url, community.communityKey, type, csv, { fields })
  return [status, body.code, body.message]
}

const jobsOf = (community: TestCommunity) =>
  community.tenant((tx) => tx.db.selectFrom('jobs').selectAll().where('community_id', '=', community.id).execute())
const errorLines = (job: Job) => job.errors.map(({ line, code }) => `${line} ${code}`)
const balances = (community: TestCommunity, username: string) =>
  community.tenant(async (tx) => balancesOf(tx, (await findMember(tx, { username }))!.id))

describe('bulk import', () => {
  test('makes members with names, mails, external ids and units', async () => {
    const community = await testCommunity(server)
    const board = await community.tenant((tx) => createBoard(tx, { name: 'XP' }, new Date()))
    const job = await run(
      community,
      'import',
      'First Name,Last Name,USERNAME,E-Mail,display_name,xp,Coins,external id\r\n' +
        'Ada,Lovelace,ada,Ada@Example.com,Ada L.,30,5,A-1\r\nGrace,Hopper,grace,,,20,,\r\n',
    )
    expect(job).toMatchObject({ status: 'completed', total: 2, processed: 2, succeeded: 2, skipped: 0, failed: 0 })
    await community.tenant(async (tx) => {
      expect(await findMember(tx, { externalId: { type: 'externalId', value: 'A-1' } })).toMatchObject({
        username: 'ada',
        email: 'Ada@Example.com',
        display_name: 'Ada L.',
        first_name: 'Ada',
        last_name: 'Lovelace',
      })
      expect(await findMember(tx, { username: 'grace' })).toMatchObject({ display_name: 'grace', email: null })
      const { rows } = await rowsAt(
        tx,
        board,
        runOf(board, await communityClock(tx), new Date()),
        { from: 1, limit: 5 },
        undefined,
      )
      expect(rows.map((row) => [row.member.name, row.score])).toEqual([
        ['Ada L.', 30],
        ['grace', 20],
      ])
    })
    expect(await balances(community, 'ada')).toEqual({ xp: 30, currency: 5 })
  })

  test('takes what columns mean from the map, and names that differ by case as two', async () => {
    const community = await testCommunity(server)
    const job = await run(community, 'import', 'Username;Punkte;note\nanna;7;x\nAnna;9;y\n', {
      map: JSON.stringify({ punkte: 'xp', note: 'ignore' }),
    })
    expect(job).toMatchObject({ succeeded: 2, failed: 0 })
    expect(await balances(community, 'anna')).toEqual({ xp: 7, currency: 0 })
    expect(await balances(community, 'Anna')).toEqual({ xp: 9, currency: 0 })
  })

  test('reports every bad row by its line and brings in the good ones', async () => {
    const community = await testCommunity(server)
    const rows = [
      'username,email,xp', // 1
      'good1,good1@example.com,1', // 2
      'too,many,cells,here', // 3
      'few', // 4
      '"never closed,x@example.com,1', // 5
      'good2,,2', // 6
      ',nameless@example.com,1', // 7
      'badmail,not-a-mail,1', // 8
      'badnumber,,1.5', // 9
      'negative,,-1', // 10
      'huge,,9007199254740993', // 11
      'good1,again@example.com,1', // 12
      'mailtaken,GOOD1@example.com,1', // 13
      `${'x'.repeat(101)},,1`, // 14
      'control\u0007,,1', // 15
      'good3,,3', // 16
    ]
    const job = await run(community, 'import', `${rows.join('\n')}\n`)
    expect(job).toMatchObject({ status: 'completed', total: 15, processed: 15, succeeded: 3, failed: 12 })
    expect(errorLines(job)).toEqual([
      '3 wrong_columns',
      '4 wrong_columns',
      '5 unclosed_quote',
      '7 invalid_row',
      '8 invalid_row',
      '9 invalid_row',
      '10 invalid_row',
      '11 invalid_row',
      '12 duplicate_row',
      '13 already_exists',
      '14 invalid_row',
      '15 invalid_row',
    ])
    expect(job.errors[8]!.message).toBe('"good1" appears on line 2 already.')
    expect(await balances(community, 'good3')).toEqual({ xp: 3, currency: 0 })
  })

  test('reports bytes that are not UTF-8 and a line of 100 MB, and goes on', async () => {
    const community = await testCommunity(server)
    async function* file() {
      yield Buffer.from('username,xp\nok,1\n')
      yield Buffer.from('Jos\xe9,1\n', 'latin1')
      for (let n = 0; n < 100; n++) yield Buffer.alloc(1024 * 1024, 'x')
      yield Buffer.from(',1\nlast,2\n')
    }
    const { status, body } = await uploadCsv(server.url, community.communityKey, 'import', file())
    expect(status).toBe(202)
    const job = await expectJob(server.url, community.communityKey, body.data!.jobId)
    expect(errorLines(job)).toEqual(['3 bad_encoding', '4 line_too_long'])
    expect(job).toMatchObject({ succeeded: 2, failed: 2 })
  })

  test('refuses a file that it cannot read, and leaves nothing of it', async () => {
    const community = await testCommunity(server)
    const cases: [string | Buffer, object, string][] = [
      ['', {}, 'The file is empty.'],
      ['name,xp\na,1\n', {}, 'The header does not fit: name has no meaning here'],
      ['xp\n1\n', {}, 'The header does not fit: username is missing'],
      ['username\n', {}, 'The file has a header and no rows.'],
      ['username,a,b\nx,1,2\n', { map: '{"a":"xp","b":"xp"}' }, 'b means the same as an earlier column'],
      ['username,xp\na,1\n', { map: '{"score":"xp"}' }, 'score is mapped but is not in the file'],
      [Buffer.from('\ufeffusername\na\n', 'utf16le'), {}, 'The file is UTF-16. Save it as UTF-8'],
    ]
    for (const [csv, fields, message] of cases) {
      const [status, code, text] = await refused(community, 'import', csv, fields)
      expect([status, code]).toEqual([400, 'invalid_file'])
      expect(text).toContain(message)
    }
    expect(await refused(community, 'import', 'username,phone\na,1\n')).toEqual([
      400,
      'not_supported',
      'The header does not fit: phone is not supported yet; map it to "ignore".',
    ])
    expect((await refused(community, 'import', 'username\na\n', { map: '["xp"]' }))[1]).toBe('invalid_request')
    expect((await refused(community, 'import', 'username\na\n', { communityId: other.id }))[0]).toBe(404)
    await community.tenant(async (tx) => {
      expect(await tx.db.selectFrom('jobs').selectAll().execute()).toEqual([])
      expect(await tx.db.selectFrom('job_rows').selectAll().execute()).toEqual([])
    })
  })

  test('knows columns by their own names alone, and hints at a map that can be sent as it is', async () => {
    const community = await testCommunity(server)
    for (const name of ['constructor', 'toString', '__proto__', "$'", '$&', 'a "quoted" one']) {
      const cell = `"${name.replaceAll('"', '""')}"`
      const [, code, text] = await refused(community, 'import', `username,${cell}\na,1\n`)
      expect([code, text]).toEqual(['invalid_file', expect.stringContaining(JSON.stringify({ [name]: 'xp' }))])
      const [, mapped, reason] = await refused(community, 'import', 'username,a\na,1\n', {
        map: JSON.stringify({ a: name }),
      })
      expect([mapped, reason]).toEqual(['invalid_file', expect.stringContaining('which means nothing here')])
    }
    // And the hint is taken.
    expect(await run(community, 'import', `username,$'\na,1\n`, { map: `{"$'":"xp"}` })).toMatchObject({ succeeded: 1 })
  })

  test('answers briefly however much is wrong', async () => {
    const community = await testCommunity(server)
    const unknown = (count: number) => Array.from({ length: count }, (_, n) => `c${n}`)
    const map = JSON.stringify(Object.fromEntries(unknown(900).map((name) => [name, ''])))
    const cases: ['import' | 'update', string, string, number][] = [
      ['import', `username${','.repeat(65_000)}`, 'The file has 65001 columns. Send at most 200.', 0],
      ['update', `username,${unknown(7000).join('_op,')}`, 'The file has 7001 columns. Send at most 200.', 0],
      ['import', `username,${unknown(199).join(',')}`, 'c0 is mapped to "", which means nothing here', 21],
      ['import', `username,${unknown(199).join(',')},`, 'The file has 201 columns. Send at most 200.', 0],
      ['import', `username,${'x'.repeat(60_000)}`, `${'x'.repeat(40)}… has no meaning here`, 21],
    ]
    for (const [type, header, message, details] of cases) {
      const { status, body } = await uploadCsv(server.url, community.communityKey, type, `${header}\na\n`, {
        fields: { map },
      })
      expect([status, body.code]).toEqual([400, 'invalid_file'])
      expect(body.message).toContain(message)
      expect(body.details ?? []).toHaveLength(details)
      expect(JSON.stringify(body).length).toBeLessThan(5000)
    }
  })

  test('42: of the same file again answers the first job; sent on purpose, it skips who is there', async () => {
    const community = await testCommunity(server)
    const csv = 'username,xp\na,1\nb,2\n'
    const first = await run(community, 'import', csv)
    const again = await run(community, 'import', csv)
    expect(again._id).toBe(first._id)
    const send = async (key: string, file = csv) => {
      const { communityKey } = community
      const { status, body } = await uploadCsv(server.url, communityKey, 'import', file, { idempotencyKey: key })
      return { status, body }
    }
    const onPurpose = await send('second time')
    const job = await expectJob(server.url, community.communityKey, onPurpose.body.data!.jobId)
    expect(job).toMatchObject({ succeeded: 0, skipped: 2, failed: 0 })
    expect(await send('second time')).toEqual(onPurpose)
    expect((await send('second time', 'username\nother\n')).status).toBe(422)
    expect(await balances(community, 'b')).toEqual({ xp: 2, currency: 0 })
    const changed = await run(community, 'import', 'username,displayname\na,Someone Else\nc,C\n')
    expect(errorLines(changed)).toEqual(['2 already_exists'])
    expect(changed.errors[0]!.message).toContain('with another display name')
  })

  test('takes a member who has earned since for the same, and another score for another', async () => {
    const community = await testCommunity(server)
    await run(community, 'import', 'username,email,xp\na,a@example.com,10\nb,,10\nc,,0\n')
    await run(community, 'update', 'username,xp_op,xp\na,add,5\n')
    const again = await run(community, 'import', 'username,email,xp\na,A@example.com,10\nb,,11\nc,,\n')
    expect(again).toMatchObject({ succeeded: 0, skipped: 2, failed: 1 })
    expect(again.errors).toMatchObject([{ line: 3, code: 'already_exists' }])
    expect(await balances(community, 'a')).toEqual({ xp: 15, currency: 0 })
    expect(await balances(community, 'b')).toEqual({ xp: 10, currency: 0 })
  })

  test('tells the community once, and each join when asked to', async () => {
    const community = await testCommunity(server)
    await run(community, 'import', 'username\na\nb\n')
    await run(community, 'import', 'username\nc\nd\n', { emitEvents: 'true' })
    const events = await community.tenant((tx) => tx.db.selectFrom('events').select('type').execute())
    const count = (type: string) => events.filter((event) => event.type === type).length
    expect([count('import.completed'), count('user.joined')]).toEqual([2, 2])
  })
})

describe('an upload', () => {
  test('that is cut off leaves nothing', async () => {
    const community = await testCommunity(server)
    async function* half() {
      yield Buffer.from('username,xp\na,1\nb,2\n')
      throw new Error('the line went dead')
    }
    await expect(uploadCsv(server.url, community.communityKey, 'import', half())).rejects.toThrow()
    expect(await jobsOf(community)).toEqual([])
    expect(await run(community, 'import', 'username,xp\na,1\n')).toMatchObject({ succeeded: 1 })
  })

  test('of more than 256 MB is refused, and leaves nothing', async () => {
    const community = await testCommunity(server)
    async function* file() {
      yield Buffer.from('username\n')
      for (let n = 0; n < 257; n++) yield Buffer.alloc(1024 * 1024, 'name\n')
    }
    const { status, body } = await uploadCsv(server.url, community.communityKey, 'import', file())
    expect([status, body.code]).toEqual([413, 'too_large'])
    expect(await jobsOf(community)).toEqual([])
  })

  test('that comes twice at once is one job', async () => {
    const community = await testCommunity(server)
    await run(community, 'import', 'username\na\n')
    const send = () =>
      uploadCsv(server.url, community.communityKey, 'update', 'username,xp_op,xp,note\na,add,5,\n', {
        // The database keeps a map in another order than it was sent in.
        fields: { map: '{"xp":"xp","username":"username","note":"ignore"}' },
      })
    const answers = await Promise.all([send(), send(), send()])
    const ids = new Set(answers.map(({ body }) => body.data!.jobId))
    expect(ids.size).toBe(1)
    await expectJob(server.url, community.communityKey, [...ids][0]!)
    expect(await balances(community, 'a')).toEqual({ xp: 5, currency: 0 })
  })
})

describe('uploads of one community', () => {
  /** Keeps one file of a community from becoming a job until it is let go. */
  async function holdBack(community: TestCommunity, csv: string) {
    const hash = createHash('sha256').update(csv).digest('hex')
    let over: Promise<void> | undefined
    const letGo = await new Promise<() => void>((held) => {
      over = community.tenant(async (tx) => {
        await takeTurn(tx, 'file', hash)
        await new Promise<void>((resolve) => held(resolve))
      })
    })
    return async () => {
      letGo()
      await over
    }
  }
  const waitsForLock = () =>
    vi.waitFor(
      () =>
        asSuperuser(server.testDatabase.superuserUrl, async (client) => {
          const { rows } = await client.query(`select 1 from pg_locks where locktype = 'advisory' and not granted`)
          expect(rows).toHaveLength(1)
        }),
      { timeout: 10_000, interval: 20 },
    )

  test('let those of others pass', async () => {
    const [busy, quiet] = [await testCommunity(server), await testCommunity(server)]
    const csv = 'username\na\n'
    const letGo = await holdBack(busy, csv)
    const first = uploadCsv(server.url, busy.communityKey, 'import', csv)
    await waitsForLock()
    const more = [1, 2].map((n) => uploadCsv(server.url, busy.communityKey, 'import', `username\nb${n}\n`))
    expect((await uploadCsv(server.url, quiet.communityKey, 'import', csv)).status).toBe(202)
    expect(await jobsOf(busy)).toEqual([])
    await letGo()
    expect((await Promise.all([first, ...more])).map(({ status }) => status)).toEqual([202, 202, 202])
  })

  test('are four at once, and the next is told to come back', async () => {
    const [busy, quiet] = [await testCommunity(server), await testCommunity(server)]
    const csv = 'username\na\n'
    const letGo = await holdBack(busy, csv)
    const sent = Array.from({ length: 5 }, () => uploadCsv(server.url, busy.communityKey, 'import', csv))
    const { status, body, headers } = await Promise.race(sent)
    expect([status, body.code]).toEqual([429, 'rate_limited'])
    expect(Number(headers.get('retry-after'))).toBeGreaterThanOrEqual(1)
    expect((await uploadCsv(server.url, quiet.communityKey, 'import', csv)).status).toBe(202)
    await letGo()
    const statuses = (await Promise.all(sent)).map((answer) => answer.status)
    expect(statuses.toSorted()).toEqual([202, 202, 202, 202, 429])
    expect((await uploadCsv(server.url, busy.communityKey, 'import', csv)).status).toBe(202)
  })

  test('that wait for their turn go with who sent them', async () => {
    const community = await testCommunity(server)
    const csv = 'username\na\n'
    const letGo = await holdBack(community, csv)
    const send = (csv: string, options = {}) => uploadCsv(server.url, community.communityKey, 'import', csv, options)
    const first = send(csv)
    await waitsForLock()
    const going = new AbortController()
    const waiting = [1, 2, 3, 4].map((n) => send(`username\nb${n}\n`, { signal: going.signal }))
    expect((await Promise.race(waiting)).status).toBe(429)
    going.abort()
    await Promise.allSettled(waiting)
    // One that is refused for its map does not wait: it shows whether there is room.
    await expect.poll(async () => (await send(csv, { fields: { map: 'none' } })).status).toBe(400)
    await letGo()
    expect((await first).status).toBe(202)
    expect(await jobsOf(community)).toHaveLength(1)
  })
})

describe('bulk update', () => {
  test('waits for the import before it', async () => {
    const community = await testCommunity(server)
    const names = Array.from({ length: 6000 }, (_, n) => `member ${n}`)
    const send = (type: 'import' | 'update', csv: string) => uploadCsv(server.url, community.communityKey, type, csv)
    await send('import', `username\n${names.join('\n')}\n`)
    const { body } = await send('update', `username,xp\n${names.at(-1)},7\n`)
    const job = await expectJob(server.url, community.communityKey, body.data!.jobId)
    expect(job).toMatchObject({ succeeded: 1, failed: 0 })
  })

  test('changes what only one member can have, unless another has it', async () => {
    const community = await testCommunity(server)
    await run(community, 'import', 'username,email,externalid\na,a@example.com,A\nb,b@example.com,B\nc,,\n')
    const [a, b, c] = await community.tenant((tx) =>
      Promise.all(['a', 'b', 'c'].map(async (username) => (await findMember(tx, { username }))!)),
    )
    const job = await run(
      community,
      'update',
      [
        'id,username,email,external id,language,first name',
        `${a!.id},b,,,,never`, // 2: b is b's
        `${a!.number},,B@EXAMPLE.COM,,,never`, // 3: so is the mail
        `${b!.id},,,A,,never`, // 4: and A is a's
        `${c!.id},d,d@example.com,D,pt-BR,Dee`, // 5
        `${c!.number},e,,,,never`, // 6: the member of line 5
        `999999,e,,,,never`, // 7
        `${b!.number},,,,English please,never`, // 8
      ].join('\n'),
    )
    expect(errorLines(job)).toEqual([
      '2 already_exists',
      '3 already_exists',
      '4 already_exists',
      '6 duplicate_row',
      '7 unknown_member',
      '8 invalid_row',
    ])
    await community.tenant(async (tx) => {
      expect(await findMember(tx, { externalId: { type: 'externalId', value: 'D' } })).toMatchObject({
        id: c!.id,
        username: 'd',
        email: 'd@example.com',
        language: 'pt-BR',
        first_name: 'Dee',
      })
      expect(await findMember(tx, { id: a!.id })).toEqual(a)
      expect(await findMember(tx, { id: b!.id })).toEqual(b)
    })
    const byMail = await run(community, 'update', 'email,xp\nD@example.com,1\nd@EXAMPLE.com,2\n')
    expect(errorLines(byMail)).toEqual(['3 duplicate_row'])
  })

  test('adds, subtracts and overwrites units, and changes profiles', async () => {
    const community = await testCommunity(server)
    await run(community, 'import', 'username,email,xp,coins\na,a@example.com,10,10\nb,,10,10\nc,,10,10\nd,,,\n')
    const job = await run(
      community,
      'update',
      'Username,xp_op,xp,coins_op,coins,First Name\na,add,5,subtract,4,Ann\nb,overwrite,3,add,0,\nc,subtract,10,overwrite,12,\nd,add,1,overwrite,2,Dee\n',
    )
    expect(job).toMatchObject({ succeeded: 4, failed: 0 })
    expect(await balances(community, 'a')).toEqual({ xp: 15, currency: 6 })
    expect(await balances(community, 'b')).toEqual({ xp: 3, currency: 10 })
    expect(await balances(community, 'c')).toEqual({ xp: 0, currency: 12 })
    expect(await balances(community, 'd')).toEqual({ xp: 1, currency: 2 })
    const byMail = await run(community, 'update', 'email,displayname\nA@EXAMPLE.COM,Ann the First\n')
    expect(byMail).toMatchObject({ succeeded: 1 })
    await community.tenant(async (tx) => {
      expect(await findMember(tx, { username: 'a' })).toMatchObject({
        first_name: 'Ann',
        display_name: 'Ann the First',
      })
    })
  })

  test('finds members by our ids and numbers', async () => {
    const community = await testCommunity(server)
    await run(community, 'import', 'username,xp\na,1\nb,1\n')
    const [a, b] = await community.tenant(async (tx) => [
      (await findMember(tx, { username: 'a' }))!,
      (await findMember(tx, { username: 'b' }))!,
    ])
    const job = await run(community, 'update', `id,username,xp_op,xp\n${a!.id},renamed,add,4\n${b!.number},b,add,5\n`)
    expect(job).toMatchObject({ succeeded: 2, failed: 0 })
    expect(await balances(community, 'renamed')).toEqual({ xp: 5, currency: 0 })
    expect(await balances(community, 'b')).toEqual({ xp: 6, currency: 0 })
  })

  test('reports what it cannot do by line, and does the rest', async () => {
    const community = await testCommunity(server)
    await run(community, 'import', 'username,email,xp\na,a@example.com,10\nb,b@example.com,10\n')
    const job = await run(
      community,
      'update',
      'username,email,xp_op,xp\na,,subtract,11\nb,a@example.com,add,1\nnobody,,add,1\nb,,times,2\n',
    )
    expect(errorLines(job)).toEqual(['2 not_enough', '3 already_exists', '4 unknown_member', '5 invalid_row'])
    expect(job.errors[0]!.message).toBe('The member has 10 xp, which is 1 too few.')
    expect(job).toMatchObject({ succeeded: 0, failed: 4 })
    const odd = await run(community, 'update', 'username,xp_op,xp\na,times,2\nb,ADD,2\n')
    expect(errorLines(odd)).toEqual(['2 invalid_row', '3 invalid_row'])
    expect(await balances(community, 'a')).toEqual({ xp: 10, currency: 0 })
  })

  test('refuses an operation without its column, and a file that names nobody', async () => {
    const community = await testCommunity(server)
    expect(await refused(community, 'update', 'username,xp_op\na,add\n')).toMatchObject([
      400,
      'invalid_file',
      /xp_op has no numeric column/,
    ])
    expect(await refused(community, 'update', 'xp\n1\n')).toMatchObject([
      400,
      'invalid_file',
      /id or username or email/,
    ])
  })
})

describe('bulk jobs', () => {
  test.each([
    ['break', 'P0001'],
    ['take longer than a statement may', '57014'],
  ])('that %s say so, and go on where they stopped when the file comes again', async (_, sqlstate) => {
    const community = await testCommunity(server)
    await run(community, 'import', 'username\na\nb\n')
    const csv = 'username,xp_op,xp\na,add,1\nb,add,2\n'
    const { superuserUrl } = server.testDatabase
    await asSuperuser(superuserUrl, async (client) => {
      await client.query(
        `create function break_things() returns trigger language plpgsql as $$ begin raise exception 'broken' using errcode = '${sqlstate}'; end $$`,
      )
      await client.query(
        'create trigger break_things before insert on transactions for each row execute function break_things()',
      )
    })
    const failed = await run(community, 'update', csv)
    expect(failed).toMatchObject({ status: 'failed', processed: 0 })
    expect(failed.failure).toContain('Send the same file again')
    await asSuperuser(superuserUrl, async (client) => {
      await client.query('drop trigger break_things on transactions')
      await client.query('drop function break_things')
    })
    const done = await run(community, 'update', csv)
    expect(done).toMatchObject({ _id: failed._id, status: 'completed', succeeded: 2, failure: null })
    expect(await balances(community, 'b')).toEqual({ xp: 2, currency: 0 })
  })

  test('are listed newest first, and are the community’s own', async () => {
    const community = await testCommunity(server)
    const first = await run(community, 'import', 'username\na\n')
    const second = await run(community, 'update', 'username,xp\n-x,1\n-y,2\n')
    const get = (path: string, key: string) =>
      fetch(`${server.url}/apis/v1/users/bulk-jobs${path}`, { headers: { authorization: `Bearer ${key}` } })
    const list = (await (await get('?limit=5', community.communityKey)).json()) as { data: Job[] }
    expect(list.data.map((job) => job._id)).toEqual([second._id, first._id])
    expect(list.data.map(errorLines)).toEqual([['2 unknown_member', '3 unknown_member'], []])
    const missing = '/01a20a66-ef2d-7fc4-8fe0-c60caf0305e2'
    for (const tail of ['', '/errors.csv']) {
      const foreign = await get(`/${first._id}${tail}`, other.communityKey)
      const absent = await get(`${missing}${tail}`, other.communityKey)
      expect([foreign.status, absent.status]).toEqual([404, 404])
      const without = async (answer: Response) => ({ ...((await answer.json()) as object), requestId: '' })
      expect(await without(foreign)).toEqual(await without(absent))
    }
  })

  test('give every error as CSV', async () => {
    const community = await testCommunity(server)
    const job = await run(community, 'update', 'username,xp\n"=cmd|""x""!A1",1\n-x,2\n')
    const url = `${server.url}/apis/v1/users/bulk-jobs/${job._id}/errors.csv`
    const answer = await fetch(url, { headers: { authorization: `Bearer ${community.communityKey}` } })
    expect(answer.headers.get('content-type')).toBe('text/csv; charset=utf-8')
    expect(answer.headers.get('content-disposition')).toBe('attachment; filename="errors.csv"')
    expect(await answer.text()).toBe(
      'line,code,message\r\n2,unknown_member,"There is no member ""=cmd|""x""!A1""."\r\n3,unknown_member,"There is no member ""-x""."\r\n',
    )
  })

  test('keep what was wrong with rows for 30 days', async () => {
    const community = await testCommunity(server)
    const old = await run(community, 'update', 'username,xp\n-x,1\n')
    const young = await run(community, 'update', 'username,xp\n-y,1\n')
    for (const [{ _id }, days] of [
      [old, 31],
      [young, 29],
    ] as const)
      await community.tenant(({ db }) =>
        sql`update jobs set created_at = now() - make_interval(days => ${days}) where id = ${_id}`.execute(db),
      )
    const pruning = startPruning(server.database, { error: expect.unreachable })
    onTestFinished(pruning.stop)
    pruning.wake(community.id)
    const read = (job: Job) => readJob(server.url, community.communityKey, job._id)
    await expect.poll(async () => errorLines(await read(old))).toEqual([])
    expect((await read(old)).failed).toBe(1)
    expect(errorLines(await read(young))).toEqual(['2 unknown_member'])
  })

  test('need the permission, and a file', async () => {
    const limited = await testCommunity(server, { permissions: ['createUser'], origin: 'https://limited.example' })
    expect((await refused(limited, 'import', 'username\na\n')).slice(0, 2)).toEqual([403, 'forbidden'])
    const elsewhere = await refused(other, 'import', 'username\na\n', { communityId: limited.id })
    expect(elsewhere.slice(0, 2)).toEqual([404, 'not_found'])
    const { status } = await uploadCsv(server.url, 'rai_sk_wrong', 'import', 'username\na\n')
    expect(status).toBe(401)
    const empty = new FormData()
    const none = await fetch(`${server.url}/apis/v1/users/bulk-import`, {
      method: 'POST',
      headers: { authorization: `Bearer ${other.communityKey}` },
      body: empty,
    })
    expect(none.status).toBe(400)
  })
})
