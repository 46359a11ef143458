import { randomUUID } from 'node:crypto'
import { type ConnectableNetwork, connectableNetworks, type SocialAction } from '@rai/contract'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { deleteMember, eraseNext } from '../../packages/server/src/domain/members/deletions.js'
import { balancesOf, createMember, type Member } from '../../packages/server/src/domain/members/members.js'
import { type Ask, ask, embedToken } from '../helpers/api.js'
import { testCommunity } from '../helpers/community.js'
import { startNetworks, type TestAccount } from '../helpers/networks.js'
import { startTestServer } from '../helpers/server.js'

const networks = await startNetworks()
let now = new Date('2026-11-27T12:00:00Z')
const server = await startTestServer({
  clock: () => now,
  reach: networks.reach,
  config: { callsAllow: [networks.address] },
  limits: { login: { points: 10_000, seconds: 60 } },
})
const community = await testCommunity(server, { at: now })
const { tenant, systemKey: bearer, origin } = community
const wait = (seconds: number) => {
  now = new Date(now.getTime() + seconds * 1000)
}

beforeAll(async () => {
  for (const network of connectableNetworks) {
    const set = { bearer, params: { network }, body: networks.client }
    const { answer, text } = await ask(server, 'PUT /v1/social-networks/{network}', set)
    expect(answer.credentials).toMatchObject({ clientId: networks.client.clientId })
    expect(text).not.toContain(networks.client.clientSecret)
  }
})
beforeEach(() => {
  networks.instead = undefined
  networks.expiresIn = undefined
})

/** What quests look for on each network, and by which action. */
const known: [ConnectableNetwork, SocialAction, string][] = [
  ['discord', 'join', '81384788765712384'],
  ['twitch', 'follow', '4711'],
  ['twitch', 'subscribe', '4712'],
  ['youtube', 'subscribe', 'UC123'],
  ['reddit', 'join', 'hiking'],
  ['github', 'follow', 'trailclub'],
]
const newQuest = async (body: object = {}) => {
  const [network, action, target] = known[0]!
  const base = { title: 'Q', network, action, target, proof: 'account', reward: { xp: 20, currency: 0 } }
  const { answer, status, text } = await ask(server, 'POST /v1/socials', { bearer, body: { ...base, ...body } })
  expect(status, text).toBe(201)
  return answer._id
}

let names = 0
const newMember = () => tenant((tx) => createMember(tx, { username: `member ${++names}` }, now))
const as = async ({ username }: Member): Promise<Ask> => ({
  bearer: await embedToken(server, community, username),
  origin,
})
const base = { publishableKey: community.publishableKey }
const claim = async (questId: string, member: Member) => {
  const key = 'POST /widget/v1/{publishableKey}/socials/{questId}/claim'
  const { answer, status, text } = await ask(server, key, {
    ...(await as(member)),
    params: { ...base, questId },
    body: {},
  })
  expect(status, text).toBe(200)
  return answer.progress!
}
const accountOf = async (member: Member, network: ConnectableNetwork) => {
  const asked = { ...(await as(member)), params: base }
  const { answer } = await ask(server, 'GET /widget/v1/{publishableKey}/linked-accounts', asked)
  return answer.items.find((one) => one.network.id === network)!
}
const connectKey = 'POST /widget/v1/{publishableKey}/linked-accounts/{network}/connect'
const tryConnect = async (member: Member, network: ConnectableNetwork, body = {}) =>
  ask(server, connectKey, { ...(await as(member)), params: { ...base, network }, body })
const disconnect = async (member: Member, network: ConnectableNetwork) => {
  const key = 'DELETE /widget/v1/{publishableKey}/linked-accounts/{network}'
  return (await ask(server, key, { ...(await as(member)), params: { ...base, network } })).answer
}

/** A browser as far as it matters here: it keeps one cookie, and does not follow. */
function newBrowser() {
  let cookie = ''
  return async (url: string | URL, form?: Record<string, string>) => {
    const response = await fetch(url, {
      redirect: 'manual',
      headers: { ...(cookie && { cookie }), 'sec-fetch-site': 'same-origin' },
      ...(form && { method: 'POST', body: new URLSearchParams(form) }),
    })
    cookie = response.headers.get('set-cookie')?.split(';')[0] ?? cookie
    return { response, status: response.status, html: await response.text() }
  }
}
type Browser = ReturnType<typeof newBrowser>

/** Goes from our page to the network's. Answers the network's address. */
async function leave(browser: Browser, url: string): Promise<string> {
  const ticket = new URL(url).searchParams.get('ticket')!
  await browser(url)
  const { status, html } = await browser(`${server.url}/connect`, { ticket })
  expect(status).toBe(200)
  const address = /content="0; url=([^"]+)"/.exec(html)![1]!
  expect(html).toContain(`<a href="${address}">`)
  return address.replaceAll('&#38;', '&')
}

/** All of the way. Answers the last page. */
async function connect(member: Member, account: TestAccount, browser = newBrowser()) {
  const { answer, text, status } = await tryConnect(member, account.network)
  expect(status, text).toBe(200)
  return browser(networks.agree(await leave(browser, answer.url), account))
}
const sealed = ({ id }: Member) =>
  tenant((tx) => tx.db.selectFrom('social_accounts').selectAll().where('member_id', '=', id).execute())

describe('connecting an account', () => {
  it('asks nobody before a form of ours is sent, and says for whom and what is read', async () => {
    const member = await newMember()
    const before = networks.log.length
    const { answer } = await tryConnect(member, 'discord', { returnTo: `${origin}/club?a=1&b=2` })
    expect(answer.expiresAt).toBe(new Date(now.getTime() + 600_000).toISOString())
    const browser = newBrowser()
    const page = await browser(answer.url)
    expect(page.status).toBe(200)
    expect(page.html).toContain(member.username)
    expect(page.html).toContain('guilds.members.read')
    expect(page.html).not.toMatch(/<script|<img|<link/)
    const policy = page.response.headers.get('content-security-policy')!
    expect(policy).toContain("form-action 'self';")
    expect(policy).toContain("frame-ancestors 'none'")
    const address = new URL(await leave(browser, answer.url))
    expect(address.searchParams.get('redirect_uri')).toBe(`${server.url}/connect/callback`)
    expect(address.searchParams.get('scope')).toBe('identify guilds.members.read')
    expect(networks.log.length).toBe(before)
    const last = await browser(networks.agree(address.href, networks.newAccount('discord')))
    expect(last.html).toContain(`href="${origin}/club?a=1&#38;b=2"`)
    expect(await accountOf(member, 'discord')).toMatchObject({ state: 'connected' })
  })

  it.each(known)('on %s lets the network tell whether they %s', async (network, action, target) => {
    const [member, questId] = [await newMember(), await newQuest({ network, action, target, cooldownSeconds: 1 })]
    expect(await claim(questId, member)).toMatchObject({ state: 'failed', reason: 'not_connected', until: null })
    const account = networks.newAccount(network, [], new Date('2020-01-01T00:00:00Z'))
    expect((await connect(member, account)).status).toBe(200)
    expect(await claim(questId, member)).toMatchObject({ state: 'cooling_down', reason: 'not_yet' })
    account.has.add(target)
    wait(1)
    expect(await claim(questId, member)).toMatchObject({ state: 'done', given: { xp: 20, currency: 0 } })
    const asked = networks.log.length
    expect(await claim(questId, member)).toMatchObject({ state: 'done', times: 1 })
    expect(networks.log.length).toBe(asked)
    const shown = await accountOf(member, network)
    expect(shown).toMatchObject({ state: 'connected', account: { id: account.id, name: account.name } })
    expect(shown.stored).toEqual(['account_id', 'account_name', 'account_age', 'permission', 'fingerprint'])
  })

  it('leads back only to where it was asked', async () => {
    const refused = await tryConnect(await newMember(), 'discord', { returnTo: 'https://evil.test/' })
    expect([refused.code, refused.paths]).toEqual(['invalid_request', ['returnTo']])
  })

  it('is for networks that the community has set up', async () => {
    const elsewhere = await testCommunity(server)
    await elsewhere.tenant((tx) => createMember(tx, { username: 'here' }, now))
    const token = await embedToken(server, elsewhere, 'here')
    const params = { publishableKey: elsewhere.publishableKey, network: 'github' }
    expect((await ask(server, connectKey, { bearer: token, origin, params, body: {} })).code).toBe('conflict')
    const remove = { bearer, params: { network: 'github' } }
    const gone = await ask(server, 'DELETE /v1/social-networks/{network}', remove)
    expect(gone.answer.credentials).toBeNull()
    expect((await tryConnect(await newMember(), 'github')).code).toBe('conflict')
    await ask(server, 'PUT /v1/social-networks/{network}', { ...remove, body: networks.client })
  })
})

describe('the way back', () => {
  /** Somebody who has agreed, and where they are sent. */
  async function agreed(account = networks.newAccount('discord')) {
    const [member, browser] = [await newMember(), newBrowser()]
    const { answer } = await tryConnect(member, account.network)
    const back = networks.agree(await leave(browser, answer.url), account)
    return { member, account, browser, back, url: answer.url }
  }
  const isNot = async (member: Member) =>
    expect((await accountOf(member, 'discord')).state).toMatch(/^(not_connected|disconnected)$/)

  it('works once', async () => {
    const { member, browser, back, url } = await agreed()
    expect((await browser(back)).status).toBe(200)
    const asked = networks.log.length
    expect((await browser(back)).status).toBe(400)
    expect((await browser(url)).status).toBe(400)
    expect((await browser(`${server.url}/connect`, { ticket: new URL(url).searchParams.get('ticket')! })).status).toBe(
      400,
    )
    expect(networks.log.length).toBe(asked)
    expect((await accountOf(member, 'discord')).state).toBe('connected')
  })

  it('works once for 10 that come at once', async () => {
    const { browser, back } = await agreed()
    const all = await Promise.all(Array.from({ length: 10 }, () => browser(back)))
    expect(all.map(({ status }) => status).sort()).toEqual([200, ...Array(9).fill(400)])
  })

  it('is refused with a state that is none, or is missing, or of another browser', async () => {
    const { member, browser, back } = await agreed()
    const asked = networks.log.length
    for (const state of [null, '', 'x', `${randomUUID()}.${'x'.repeat(43)}`, `${community.id}.${'x'.repeat(43)}`]) {
      const other = new URL(back)
      if (state === null) other.searchParams.delete('state')
      else other.searchParams.set('state', state)
      expect((await browser(other)).status).toBe(400)
    }
    const stranger = newBrowser()
    expect((await stranger(back)).status).toBe(400)
    // One that has begun something of its own has a cookie, which is another.
    await leave(stranger, (await tryConnect(await newMember(), 'discord')).answer.url)
    expect((await stranger(back)).status).toBe(400)
    expect(networks.log.length).toBe(asked)
    await isNot(member)
    // Whose it is may still come.
    expect((await browser(back)).status).toBe(200)
  })

  it('is no way for whom another browser has sent there', async () => {
    const { answer } = await tryConnect(await newMember(), 'discord')
    await leave(newBrowser(), answer.url)
    const ticket = new URL(answer.url).searchParams.get('ticket')!
    const other = newBrowser()
    await other(answer.url)
    expect((await other(`${server.url}/connect`, { ticket })).status).toBe(400)
  })

  it('is refused by the network with a code that somebody else got (PKCE), and with one that was used', async () => {
    const [one, other] = [await agreed(), await agreed()]
    const stolen = new URL(one.back)
    stolen.searchParams.set('code', other.back.searchParams.get('code')!)
    const page = await one.browser(stolen)
    expect(page.html).toContain('gave us no permission')
    await isNot(one.member)
    // The network has taken the code for used.
    expect((await other.browser(other.back)).html).toContain('gave us no permission')
    await isNot(other.member)
  })

  it('is over after ten minutes', async () => {
    const { member, browser, back } = await agreed()
    wait(600)
    expect((await browser(back)).status).toBe(400)
    await isNot(member)
  })

  it('says so where they did not agree', async () => {
    const { member, browser, back } = await agreed()
    back.searchParams.delete('code')
    back.searchParams.set('error', 'access_denied')
    const page = await browser(back)
    expect([page.status, page.html.includes('nothing is stored')]).toEqual([200, true])
    await isNot(member)
    expect(await sealed(member)).toEqual([])
  })

  it('says so where the network is broken, and leaves no permission there', async () => {
    const { member, browser, back, account } = await agreed()
    networks.instead = { status: 500 }
    expect((await browser(back)).status).toBe(503)
    await isNot(member)
    expect([...networks.tokens.values()]).not.toContain(account)
  })

  it('is refused to a browser in which our page was not open', async () => {
    const { answer } = await tryConnect(await newMember(), 'discord')
    const body = new URLSearchParams({ ticket: new URL(answer.url).searchParams.get('ticket')! })
    expect((await fetch(`${server.url}/connect`, { method: 'POST', body })).status).toBe(403)
  })

  it('is refused to forms of other sites', async () => {
    const { answer } = await tryConnect(await newMember(), 'discord')
    const ticket = new URL(answer.url).searchParams.get('ticket')!
    const response = await fetch(`${server.url}/connect`, {
      method: 'POST',
      body: new URLSearchParams({ ticket }),
      headers: { 'sec-fetch-site': 'cross-site' },
    })
    expect(response.status).toBe(403)
  })
})

describe('an account that is connected', () => {
  const [, , target] = known[0]!

  it('is one member’s, also after they have disconnected it, until they are erased', async () => {
    const [member, other] = [await newMember(), await newMember()]
    const account = networks.newAccount('discord', [target])
    await connect(member, account)
    const refused = await connect(other, account)
    expect([refused.status, refused.html.includes('another member')]).toEqual([409, true])
    expect((await accountOf(other, 'discord')).state).toBe('not_connected')
    expect((await accountOf(member, 'discord')).state).toBe('connected')
    // Giving the other permission back would have ended this one: Discord ends both.
    expect(await claim(await newQuest(), member)).toMatchObject({ state: 'done' })
    expect(await disconnect(member, 'discord')).toMatchObject({
      state: 'disconnected',
      account: null,
      stored: ['fingerprint'],
    })
    expect((await connect(other, account)).status).toBe(409)
    const again = await connect(member, account)
    expect(again.status).toBe(200)
    await tenant((tx) => deleteMember(tx, member, now))
    wait(31 * 86_400)
    await tenant((tx) => eraseNext(tx, now))
    expect(await sealed(member)).toEqual([])
    expect((await connect(other, account)).status).toBe(200)
  })

  it('is one member’s of two who bring it at once', async () => {
    const account = networks.newAccount('discord')
    const members = [await newMember(), await newMember()]
    const pages = await Promise.all(members.map((member) => connect(member, account)))
    expect(pages.map(({ status }) => status).sort()).toEqual([200, 409])
  })

  it('may be another’s in another community, which is told nothing', async () => {
    const account = networks.newAccount('discord')
    const member = await newMember()
    await connect(member, account)
    const elsewhere = await testCommunity(server, { at: now })
    const set = { bearer: elsewhere.systemKey, params: { network: 'discord' }, body: networks.client }
    await ask(server, 'PUT /v1/social-networks/{network}', set)
    const there = await elsewhere.tenant((tx) => createMember(tx, { username: 'there' }, now))
    const token = await embedToken(server, elsewhere, 'there')
    const params = { publishableKey: elsewhere.publishableKey, network: 'discord' }
    const { answer } = await ask(server, connectKey, { bearer: token, origin, params, body: {} })
    const browser = newBrowser()
    expect((await browser(networks.agree(await leave(browser, answer.url), account))).status).toBe(200)
    const rows = await elsewhere.tenant((tx) => tx.db.selectFrom('social_accounts').selectAll().execute())
    expect(rows.map((row) => row.member_id)).toEqual([there.id])
    expect(rows[0]!.fingerprint.equals((await sealed(member))[0]!.fingerprint)).toBe(false)
  })

  it('gives way to another one, whose permission is given back', async () => {
    const member = await newMember()
    const [first, second] = [networks.newAccount('discord'), networks.newAccount('discord')]
    await connect(member, first)
    await connect(member, second)
    expect((await accountOf(member, 'discord')).account!.id).toBe(second.id)
    await expect.poll(() => [...networks.tokens.values()].includes(first)).toBe(false)
    expect([...networks.tokens.values()]).toContain(second)
  })

  it.each(connectableNetworks)('of %s is forgotten there too when it is disconnected, once', async (network) => {
    const member = await newMember()
    const account = networks.newAccount(network)
    await connect(member, account)
    expect([...networks.tokens.values()]).toContain(account)
    for (const _ of [1, 2]) expect((await disconnect(member, network)).state).toBe('disconnected')
    await expect.poll(() => [...networks.tokens.values()].includes(account)).toBe(false)
    const [row] = await sealed(member)
    expect(row).toMatchObject({ account_id: null, name: null, sealed: null, used_at: null })
  })

  it('keeps its tokens where nobody reads them', async () => {
    const member = await newMember()
    const account = networks.newAccount('discord')
    await connect(member, account)
    const [row] = await sealed(member)
    const [token] = [...networks.tokens].find(([, owner]) => owner === account)!
    expect(row!.sealed!.includes(token)).toBe(false)
    const tickets = await tenant((tx) =>
      tx.db.selectFrom('social_tickets').selectAll().where('member_id', '=', member.id).execute(),
    )
    expect(tickets).toEqual([])
  })

  it('has its tokens renewed, and is asked to be connected anew where they are refused', async () => {
    const [member, questId] = [await newMember(), await newQuest({ cooldownSeconds: 1 })]
    const account = networks.newAccount('discord')
    networks.expiresIn = 3600
    await connect(member, account)
    wait(3600)
    networks.forget()
    expect(await claim(questId, member)).toMatchObject({ reason: 'not_yet' })
    networks.forget()
    wait(1)
    expect(await claim(questId, member)).toMatchObject({ state: 'failed', reason: 'disconnected', until: null })
    expect((await accountOf(member, 'discord')).state).toBe('expired')
    account.has.add(target)
    await connect(member, account)
    expect(await claim(questId, member)).toMatchObject({ state: 'done' })
    expect(await tenant((tx) => balancesOf(tx, member.id))).toMatchObject({ xp: 20 })
  })

  it('waits as long as its network says, and cools down where that is broken', async () => {
    const [member, questId] = [await newMember(), await newQuest({ cooldownSeconds: 1 })]
    await connect(member, networks.newAccount('discord', [target]))
    networks.instead = { status: 429, headers: { 'retry-after': '120' } }
    const until = new Date(now.getTime() + 120_000).toISOString()
    expect(await claim(questId, member)).toMatchObject({ state: 'waiting', reason: 'later', until })
    wait(119)
    const asked = networks.log.length
    expect(await claim(questId, member)).toMatchObject({ state: 'waiting', until })
    expect(networks.log.length).toBe(asked)
    wait(1)
    networks.instead = { status: 200, body: { something: 'else' } }
    const twitch = await newQuest({ network: 'twitch', action: 'follow', target: '4711' })
    const other = await newMember()
    networks.instead = undefined
    await connect(other, networks.newAccount('twitch'))
    networks.instead = { status: 200, body: { something: 'else' } }
    expect(await claim(twitch, other)).toMatchObject({ state: 'cooling_down', reason: 'unreachable' })
    networks.instead = undefined
    expect(await claim(questId, member)).toMatchObject({ state: 'done' })
  })

  it('may have to be old enough', async () => {
    const network = { network: 'github', action: 'follow', target: 'trailclub' } as const
    const [member, questId] = [await newMember(), await newQuest({ ...network, minimumAccountDays: 30 })]
    const made = new Date(now.getTime() - 29 * 86_400_000)
    await connect(member, networks.newAccount('github', ['trailclub'], made))
    expect(await claim(questId, member)).toMatchObject({ state: 'cooling_down', reason: 'account_too_new' })
    wait(86_400)
    expect(await claim(questId, member)).toMatchObject({ state: 'done' })
  })
})
