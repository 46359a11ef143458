import { beforeAll, describe, expect, inject, it } from 'vitest'
import { passwordRules, type RouteKey } from '../../packages/contract/src/index.js'
import { pruneAccounts } from '../../packages/server/src/domain/accounts/accounts.js'
import { createMember } from '../../packages/server/src/domain/members/members.js'
import { type Ask, ask, type Reply } from '../helpers/api.js'
import { testCommunity } from '../helpers/community.js'
import { asSuperuser } from '../helpers/database.js'
import { startMailServer } from '../helpers/mail-server.js'
import { startTestServer } from '../helpers/server.js'

let now = new Date()
let hashes = 0
let said = ''
const mailServer = await startMailServer()
const many = { points: 100_000, seconds: 60 }
const server = await startTestServer({
  clock: () => now,
  config: { smtpUrl: mailServer.url, logLevel: 'trace' },
  logTo: {
    write(line: string) {
      said += line
    },
  },
  limits: { login: many, mail: many, password: many, account: many },
  onHash: () => hashes++,
})
const later = (ms: number) => {
  now = new Date(now.getTime() + ms)
}
const minutes = 60_000
const days = 24 * 60 * minutes

const password = 'seven hills before breakfast'
const post = <K extends RouteKey>(key: K, body: object, more: Ask = {}) => ask(server, key, { body, ...more })
const register = (email: string, changes: object = {}) =>
  post('POST /api/v1/auth/register', { email, password, firstname: 'Amara', lastname: 'Okafor', ...changes })
const logIn = (email: string, word = password) => post('POST /api/v1/auth/login', { email, password: word })
const verify = (token: string) => post('POST /api/v1/auth/verify-email', { token })
const refresh = (refreshToken: string) => post('POST /api/v1/auth/refresh', { refreshToken })
const forgot = (email: string) => post('POST /api/v1/auth/forgot-password', { email })
const reset = (token: string, word: string) => post('POST /api/v1/auth/reset-password', { token, password: word })
const logOut = (bearer: string) => ask(server, 'POST /api/v1/auth/logout', { bearer })

let people = 0
/** Somebody with a confirmed address. */
async function person(changes: object = {}): Promise<string> {
  const email = `person${++people}@example.com`
  await register(email, changes)
  expect((await verify((await mailServer.mail(email)).token)).status).toBe(200)
  return email
}

const rows = <T>(query: string) =>
  asSuperuser(server.testDatabase.superuserUrl, async (client) => (await client.query(query)).rows as T[])

describe('an account', () => {
  it('begins when the link of its mail is followed, and not before', async () => {
    const email = 'Amara@Example.com'
    const asked = await register(email, { displayname: 'Amara O.' })
    expect(asked.status).toBe(202)
    expect(JSON.parse(asked.text)).toEqual({
      meta: {
        success: true,
        message: 'A mail is on its way to the address',
        devMessage: 'A mail is on its way to the address',
      },
      body: { email, isVerified: false },
    })
    expect((await logIn(email)).status).toBe(401)

    const mail = await mailServer.mail(email)
    expect(mail.subject).toBe('Confirm your address')
    expect(mail.raw).toMatch(/Content-Type: text\/plain[\s\S]*Content-Type: text\/html/)
    expect(mail.link).toBe(`${server.url}/account/verify?token=${mail.token}`)
    expect((await verify(mail.token)).answer).toEqual({ isVerified: true })

    const { status, answer } = await logIn('amara@example.com')
    expect(status).toBe(200)
    expect(answer).toEqual({
      accessToken: expect.stringMatching(/^rai_at_/),
      refreshToken: expect.stringMatching(/^rai_rt_/),
      expiresIn: 900,
      user: {
        _id: expect.any(String),
        email,
        isVerified: true,
        firstName: 'Amara',
        lastName: 'Okafor',
        displayName: 'Amara O.',
        serverId: null,
      },
    })
  })

  it('is confirmed once, and within a day', async () => {
    await register('once@example.com')
    const { token } = await mailServer.mail('once@example.com')
    const both = await Promise.all([verify(token), verify(token)])
    expect(both.map(({ status }) => status).sort()).toEqual([200, 400])
    expect((await verify(token)).code).toBe('invalid_token')

    await register('late@example.com')
    const late = await mailServer.mail('late@example.com')
    later(1 * days)
    expect((await verify(late.token)).code).toBe('invalid_token')
  })

  it('gets another mail when the first is lost', async () => {
    const email = 'again@example.com'
    await register(email)
    const first = await mailServer.mail(email)
    const asked = await post('POST /api/v1/auth/resend-verification', { email })
    expect([asked.status, asked.answer]).toEqual([202, { email, isVerified: false }])
    const second = await mailServer.mail(email, 2)
    expect(second.token).not.toBe(first.token)
    expect((await verify(second.token)).status).toBe(200)
    expect((await verify(first.token)).code).toBe('invalid_token')
    expect((await logIn(email)).status).toBe(200)
  })

  const strangers = 'what the stranger would like to use'
  it.each([
    ['before', 'the last mail', [strangers, password], 2],
    ['after', 'the last mail', [password, strangers], 2],
    ['before', 'the first mail', [strangers, password], 1],
    ['after', 'the first mail', [password, strangers], 1],
  ] as const)(
    'belongs to whoever reads the mail: somebody else who registers %s them gets nothing when %s is confirmed',
    async (_, __, words, nth) => {
      const email = `mine${++people}@example.com`
      for (const [n, word] of words.entries()) {
        await register(email.toUpperCase(), { password: word })
        await mailServer.mail(email, n + 1)
      }
      const mail = await mailServer.mail(email, nth)
      expect((await verify(mail.token)).answer).toEqual({ isVerified: true })
      expect(await rows(`select from registrations where email_key = '${email}'`)).toEqual([])
      hashes = 0
      for (const word of words) expect((await logIn(email, word)).status).toBe(401)
      expect(hashes).toBe(2)
      const second = await mailServer.mail(email, 3)
      expect(second.subject).toBe('Set a new password')
      expect((await reset(second.token, 'eight valleys after supper')).status).toBe(200)
      expect((await logIn(email, 'eight valleys after supper')).status).toBe(200)
      expect((await logIn(email, strangers)).status).toBe(401)
    },
  )

  it('is asked for by a mail that says not to confirm what somebody else registered', async () => {
    const email = 'warned@example.com'
    await register(email, { password: strangers })
    expect((await mailServer.mail(email)).raw).toContain('If it was not you, do not confirm')
  })

  it('is never taken over: whose address has one is told so by mail', async () => {
    const email = await person()
    const asked = await register(email, { password: 'what the stranger would like to use' })
    expect([asked.status, asked.answer]).toEqual([202, { email, isVerified: false }])
    const mail = await mailServer.mail(email, 2)
    expect(mail.subject).toBe('You have an account already')
    expect(mail.link).toBe(`${server.url}/account/forgot`)
    expect((await logIn(email)).status).toBe(200)
  })
})

describe('36: whether an address has an account', () => {
  const strip = ({ status, headers, text, requestId = '' }: Reply, email: string) => ({
    status,
    headers: [...headers.keys()].sort(),
    text: text.replaceAll(email, '').replace(requestId, ''),
  })

  /** A cluster takes no trigger on a table that every node has a copy of: there only words and hashes are compared. */
  const takesNotes = inject('cluster').workerUrls.length === 0

  /** Notes every row as it is written: mails leave soon. */
  beforeAll(async () => {
    if (!takesNotes) return
    await rows(`
      create table written (table_name text, email text);
      create function note_written() returns trigger language plpgsql security definer as $$
      begin
        insert into written values (tg_table_name, coalesce(to_jsonb(new) ->> 'email', to_jsonb(new) ->> 'recipient'));
        return null;
      end $$;
      create trigger note after insert on mails for each row execute function note_written();
      create trigger note after insert on registrations for each row execute function note_written()`)
  })

  /** What is written, hashed and said for an address. */
  async function work(email: string, what: (email: string) => Promise<Reply>) {
    if (takesNotes) await rows(`delete from written`)
    hashes = 0
    const reply = await what(email)
    const written = takesNotes && (await rows(`select from written where email = '${email}'`)).length
    return { ...strip(reply, email), hashes, written }
  }

  it.each<[string, (email: string) => Promise<Reply>, hashed: number, written: number]>([
    ['login', (email) => logIn(email, 'not the password of anybody'), 1, 0],
    ['register', (email) => register(email), 1, 2],
    ['forgot', forgot, 0, 1],
    ['resend', (email) => post('POST /api/v1/auth/resend-verification', { email }), 0, 1],
  ])('is not told by %s, in words or by work', async (_, what, hashed, written) => {
    const [known, unknown] = [await work(await person(), what), await work(`nobody${++people}@example.com`, what)]
    expect(known).toEqual(unknown)
    expect(known).toMatchObject({ hashes: hashed, written: takesNotes && written })
  })

  it('nobody without an account is written to because somebody asked for a new password', async () => {
    const known = await person()
    const unknown = 'stranger@example.com'
    await forgot(unknown)
    await forgot(known)
    await mailServer.mail(known, 2)
    await expect.poll(() => rows('select from mails')).toEqual([])
    expect(mailServer.mails.filter(({ to }) => to === unknown)).toEqual([])
  })
})

describe('37: a password', () => {
  const problem = async (word: string, changes: object = {}) => {
    const reply = await register(`p${++people}@example.com`, { password: word, ...changes })
    return reply.status === 202 ? 'taken' : `${reply.status} ${reply.paths}`
  }

  it.each([
    ['15 characters alone', 'kfw zmq plx btn'],
    ['no upper case, digit or sign', 'onlylowercaselettershere'],
    ['64 characters and more', `${'q7 '.repeat(5)}and words that go on and on until there are more than sixty-four`],
    ['256 characters', Array.from({ length: 256 }, (_, n) => String.fromCodePoint(0x4e00 + n)).join('')],
    ['spaces and every script', 'пять холмов 五座山丘 🌻'],
    ['15 emoji, each counted as one', '🌻🥾🏔🦊🌧🎒🧭⛺🔥🌙⭐🍄🦉🐻🌲'],
  ])('may have %s', async (_, word) => expect(await problem(word)).toBe('taken'))

  it.each([
    ['14 characters', 'kfw zmq plx bt'],
    ['14 emoji, which are longer in other counts', '🌻🥾🏔🦊🌧🎒🧭⛺🔥🌙⭐🍄🦉🐻'],
    [`more than ${passwordRules.most}`, 'x1'.repeat(130)],
    ['what is most common', '1qaz2wsx3edc4rfv'],
    ['that in other letters', '1QAZ2WSX3EDC4RFV'],
    ['two of them', 'password1234567'],
    ['one over and over', 'passwordpasswordpassword1'.slice(0, 24)],
    ['one character', 'aaaaaaaaaaaaaaaaaaaa'],
    ['the alphabet', 'abcdefghijklmnop'],
    ['a row of keys backwards', 'mnbvcxzlkjhgfdsa'],
    ['the person’s own name', 'Amara Okafor 2026'],
  ])('may not be %s', async (_, word) => expect(await problem(word)).toBe('400 password'))

  it('may not be the person’s own address', async () => {
    const email = `quite.a.long.address@example.com`
    const reply = await register(email, { password: `${email}1` })
    expect([reply.status, reply.paths]).toEqual([400, ['password']])
  })

  it('is one password however its letters were typed, and the whole of it counts', async () => {
    const word = 'café crème à la carte'
    const email = await person({ password: word.normalize('NFD') })
    expect((await logIn(email, word.normalize('NFC'))).status).toBe(200)
    expect((await logIn(email, word.slice(0, -1))).status).toBe(401)
    const long = `${'q7 '.repeat(20)}and then the end of it all`
    const other = await person({ password: long })
    expect((await logIn(other, `${long.slice(0, -1)}!`)).status).toBe(401)
    expect((await logIn(other, long)).status).toBe(200)
  })

  it('is kept as an argon2id hash and in no other form, in tables and logs', async () => {
    const email = await person()
    await logIn(email)
    const [account] = await rows<{ password_hash: string }>(
      `select password_hash from accounts where email = '${email}'`,
    )
    expect(account!.password_hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
    expect(said).not.toContain(password)
  })
})

describe('38: a login', () => {
  it('is renewed once by each refresh token', async () => {
    const { answer: first } = await logIn(await person())
    const { answer: second } = await refresh(first.refreshToken)
    expect(second).toMatchObject({ expiresIn: 900, user: first.user })
    expect(new Set([first, second].flatMap((one) => [one.accessToken, one.refreshToken])).size).toBe(4)
    later(29 * days)
    expect((await refresh(second.refreshToken)).status).toBe(200)
  })

  it('ends for everybody who holds a token of it when one is shown twice', async () => {
    const email = await person()
    const { answer: stolen } = await logIn(email)
    const { answer: other } = await logIn(email)
    const { answer: newest } = await refresh(stolen.refreshToken)
    const again = await refresh(stolen.refreshToken)
    expect([again.status, again.code]).toEqual([401, 'unauthorized'])
    expect((await refresh(newest.refreshToken)).status).toBe(401)
    for (const token of [stolen.accessToken, newest.accessToken]) expect((await logOut(token)).status).toBe(401)
    expect((await refresh(other.refreshToken)).status).toBe(200)
  })

  it('ends as well when the same token comes twice at once', async () => {
    const { answer } = await logIn(await person())
    const both = await Promise.all([refresh(answer.refreshToken), refresh(answer.refreshToken)])
    expect(both.map(({ status }) => status).sort()).toEqual([200, 401])
    const [good] = both.filter(({ status }) => status === 200)
    expect((await refresh(good!.answer.refreshToken)).status).toBe(401)
  })

  it('has access tokens of 15 minutes and refresh tokens of 30 days', async () => {
    const { answer } = await logIn(await person())
    later(15 * minutes)
    expect((await logOut(answer.accessToken)).status).toBe(401)
    later(30 * days - 15 * minutes)
    expect((await refresh(answer.refreshToken)).status).toBe(401)
  })

  it('ends at once when its owner says so', async () => {
    const { answer } = await logIn(await person())
    expect((await logOut(answer.accessToken)).status).toBe(200)
    expect((await logOut(answer.accessToken)).status).toBe(401)
    expect((await refresh(answer.refreshToken)).status).toBe(401)
  })

  it.each(['access', 'refresh'] as const)('has %s tokens that are good for nothing else', async (kind) => {
    const { answer } = await logIn(await person())
    const token = answer[`${kind}Token`]
    const replies = [
      await verify(token),
      await reset(token, 'eight valleys after supper'),
      await post('POST /api/v1/auth/redeem', { code: token }),
      await ask(server, 'GET /apis/v1/users/bulk-jobs', { bearer: token }),
      kind === 'access' ? await refresh(token) : await logOut(token),
    ]
    expect(replies.every(({ status }) => [400, 401, 403].includes(status))).toBe(true)
  })

  it('leaves no token in tables and logs', async () => {
    const { answer } = await logIn(await person())
    const { answer: next } = await refresh(answer.refreshToken)
    const tokens = [answer, next].flatMap((one) => [one.accessToken, one.refreshToken])
    const [{ all }] = (await rows<{ all: string }>(
      `select (select string_agg(s::text, '') from sessions s) || (select string_agg(t::text, '') from session_tokens t) as all`,
    )) as [{ all: string }]
    for (const token of [...tokens, ...mailServer.mails.map((mail) => mail.token).filter(Boolean)]) {
      expect(all).not.toContain(token)
      expect(said).not.toContain(token)
    }
  })
})

describe('a forgotten password', () => {
  it('is set anew by the link of a mail, once, and ends every login', async () => {
    const email = await person()
    const { answer } = await logIn(email)
    expect((await forgot(email)).status).toBe(202)
    const mail = await mailServer.mail(email, 2)
    expect(mail.link).toBe(`${server.url}/account/reset?token=${mail.token}`)
    const common = await reset(mail.token, 'passwordpassword')
    expect([common.status, common.paths]).toEqual([400, ['password']])
    const word = 'eight valleys after supper'
    const both = await Promise.all([reset(mail.token, word), reset(mail.token, word)])
    expect(both.map(({ status }) => status).sort()).toEqual([200, 400])
    expect((await reset(mail.token, word)).code).toBe('invalid_token')
    expect((await refresh(answer.refreshToken)).status).toBe(401)
    expect((await logOut(answer.accessToken)).status).toBe(401)
    expect((await logIn(email)).status).toBe(401)
    expect((await logIn(email, word)).status).toBe(200)
    expect((await mailServer.mail(email, 3)).subject).toBe('Your password was changed')
  })

  it('keeps no second link good, and none longer than 30 minutes', async () => {
    const email = await person()
    await forgot(email)
    const first = await mailServer.mail(email, 2)
    await forgot(email)
    const second = await mailServer.mail(email, 3)
    expect((await reset(first.token, 'eight valleys after supper')).status).toBe(200)
    expect((await reset(second.token, 'nine rivers in the afternoon')).code).toBe('invalid_token')
    await forgot(email)
    // After the one that tells of the change.
    const late = await mailServer.mail(email, 5)
    later(30 * minutes)
    expect((await reset(late.token, 'nine rivers in the afternoon')).code).toBe('invalid_token')
  })

  it('has links for one purpose', async () => {
    const email = await person()
    await forgot(email)
    const { token } = await mailServer.mail(email, 2)
    expect((await verify(token)).code).toBe('invalid_token')
    await register('purpose@example.com')
    const mail = await mailServer.mail('purpose@example.com')
    expect((await reset(mail.token, 'eight valleys after supper')).code).toBe('invalid_token')
    expect((await verify(mail.token)).status).toBe(200)
  })
})

describe('what has run out', () => {
  const left = async () => {
    const [counts] = await rows<Record<string, number>>(`
      select (select count(*)::int from sessions) as sessions,
        (select count(*)::int from session_tokens) as tokens,
        (select count(*)::int from link_tokens where account_id is not null) as resets,
        (select count(*)::int from link_tokens where registration_id is not null) as confirmations,
        (select count(*)::int from registrations) as registrations`)
    return counts!
  }
  const pruned = async (ms: number) => {
    await server.database.accounts((tx) => pruneAccounts(tx, new Date(now.getTime() + ms)))
    return left()
  }

  it('is deleted, and nothing before', async () => {
    const email = await person()
    // What other tests left is all older.
    later(60 * days)
    await pruned(0)
    expect(await left()).toEqual({ sessions: 0, tokens: 0, resets: 0, confirmations: 0, registrations: 0 })
    await logIn(email)
    await forgot(email)
    await mailServer.mail(email, 2)
    await register('never@example.com')
    await mailServer.mail('never@example.com')
    const all = { sessions: 1, tokens: 2, resets: 1, confirmations: 1, registrations: 1 }
    expect(await pruned(15 * minutes - 1)).toEqual(all)
    expect(await pruned(15 * minutes)).toEqual({ ...all, tokens: 1 })
    expect(await pruned(30 * minutes - 1)).toEqual({ ...all, tokens: 1 })
    expect(await pruned(30 * minutes)).toEqual({ ...all, tokens: 1, resets: 0 })
    expect(await pruned(1 * days)).toEqual({ ...all, tokens: 1, resets: 0, confirmations: 0 })
    expect(await pruned(2 * days - 1)).toMatchObject({ sessions: 1, registrations: 1 })
    expect(await pruned(2 * days)).toMatchObject({ sessions: 1, registrations: 0 })
    expect(await pruned(30 * days - 1)).toMatchObject({ sessions: 1, tokens: 1 })
    expect(await pruned(30 * days)).toMatchObject({ sessions: 0, tokens: 0 })
  })
})

describe('a login in a community', () => {
  const me = (bearer: string, serverId: string) =>
    ask(server, 'GET /api/v1/servers/{serverId}/me', { bearer, params: { serverId } })
  const agree = (bearer: string, serverId: string) =>
    ask(server, 'PUT /api/v1/servers/{serverId}/me', { bearer, params: { serverId } })

  it('is the member with its address, once its owner agrees, and nobody elsewhere', async () => {
    const [home, away] = [await testCommunity(server), await testCommunity(server)]
    const email = await person()
    const { id } = await home.tenant((tx) =>
      createMember(tx, { username: 'amara', email: email.toUpperCase(), displayName: 'Amara' }, now),
    )
    const { answer } = await logIn(email)
    const before = await me(answer.accessToken, home.id)
    expect([before.status, before.code]).toEqual([404, 'not_found'])
    const member = { serverId: home.id, _id: id, id: '1', username: 'amara', displayName: 'Amara' }
    expect((await agree(answer.accessToken, home.id)).answer).toEqual(member)
    expect((await agree(answer.accessToken, home.id)).answer).toEqual(member)
    expect((await me(answer.accessToken, home.id)).answer).toEqual(member)
    for (const serverId of [away.id, 'nowhere', answer.user._id]) {
      expect((await me(answer.accessToken, serverId)).status).toBe(404)
      expect((await agree(answer.accessToken, serverId)).status).toBe(404)
    }
  })

  it('is over with the member', async () => {
    const home = await testCommunity(server)
    const email = await person()
    const { id } = await home.tenant((tx) => createMember(tx, { username: 'amara', email }, now))
    const { answer } = await logIn(email)
    await agree(answer.accessToken, home.id)
    await home.tenant((tx) =>
      tx.db
        .updateTable('members')
        .set({ status: 'banned' })
        .where('community_id', '=', home.id)
        .where('id', '=', id)
        .execute(),
    )
    expect((await me(answer.accessToken, home.id)).code).toBe('banned')
    expect((await agree(answer.accessToken, home.id)).code).toBe('banned')
  })

  it('is not somebody whom another login is', async () => {
    const home = await testCommunity(server)
    const [first, second] = [await person(), await person()]
    const { id } = await home.tenant((tx) => createMember(tx, { username: 'amara', email: first }, now))
    await agree((await logIn(first)).answer.accessToken, home.id)
    // The community says later that the address is another.
    await home.tenant((tx) =>
      tx.db
        .updateTable('members')
        .set({ email: second })
        .where('community_id', '=', home.id)
        .where('id', '=', id)
        .execute(),
    )
    expect((await agree((await logIn(second)).answer.accessToken, home.id)).status).toBe(404)
  })
})
