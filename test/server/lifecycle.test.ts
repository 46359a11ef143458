import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, inject, it, vi } from 'vitest'
import type { DemoFile } from '../../packages/server/src/demo.js'
import { ask } from '../helpers/api.js'
import { asSuperuser, brokenInvariants, createTestDatabase } from '../helpers/database.js'
import { times } from '../helpers/long.js'
import { embeddedPostgres, isRunning, runCommand, type ServerProcess, startProcess } from '../helpers/process.js'

const testDatabase = await createTestDatabase()
const root = mkdtempSync(join(tmpdir(), 'rai-lifecycle-'))
const dataDir = join(root, 'data')
const readDemo = () => JSON.parse(readFileSync(join(dataDir, 'demo.json'), 'utf8')) as DemoFile
const members = async () =>
  asSuperuser(embeddedPostgres(dataDir).superuserUrl, async (client) => {
    expect(await brokenInvariants(client)).toEqual([])
    return (await client.query('select * from members order by number')).rows
  })
const gone = (pid: number) => vi.waitFor(() => expect(isRunning(pid)).toBe(false), { timeout: 10_000, interval: 20 })

afterAll(() => rmSync(root, { recursive: true, force: true }))

/** The steps follow each other on one data directory, as in a server's life. */
describe('a server on an empty directory', () => {
  let server: ServerProcess
  let demo: DemoFile
  let people: unknown[]

  it('starts with nothing but a path, and says where everything is but no secret', async () => {
    server = await startProcess({ RAI_DATA: dataDir }, 'ignore')
    await server.ready
    const answer = await fetch(`${server.url}/healthz`)
    expect([answer.status, await answer.json()]).toEqual([200, { status: 'ok' }])
    demo = readDemo()
    expect(server.said()).toContain(join(dataDir, 'demo.json'))
    for (const secret of [demo.communityKey, demo.systemKey, demo.widgetAccess.accessKey, demo.owner.password]) {
      expect(server.said()).not.toContain(secret)
    }
    people = await members()
    expect(people.length).toBeGreaterThan(50)
  })

  it.each(['demo.json', 'secret.key', 'pg18.password'])('keeps %s from other users', (file) => {
    expect(statSync(join(dataDir, file)).mode & 0o777).toBe(0o600)
  })

  it('24: refuses a second process every time, naming the first, the directory and what to do', async () => {
    for (let n = 0; n < times(2, 20); n++) {
      const second = await startProcess({ RAI_DATA: dataDir })
      expect(await second.ended).toBe(1)
      for (const part of [`Process ${server.child.pid} `, dataDir, 'RAI_DATA', 'DATABASE_URL']) {
        expect(second.said()).toContain(part)
      }
    }
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200)
  }, 120_000)

  it('24: killed without warning leaves no database process behind, but its lock', async () => {
    const { pid } = embeddedPostgres(dataDir)
    server.child.kill('SIGKILL')
    await gone(pid)
    expect(existsSync(join(dataDir, 'rai.lock'))).toBe(true)
  })

  it('24: starts again with the same data, even when everything was killed at once', async () => {
    server = await startProcess({ RAI_DATA: dataDir })
    await server.ready
    expect(await members()).toEqual(people)
    const { pid } = embeddedPostgres(dataDir)
    process.kill(pid, 'SIGKILL')
    server.child.kill('SIGKILL')
    await server.ended
    server = await startProcess({ RAI_DATA: dataDir })
    await server.ready
    expect(await members()).toEqual(people)
    // Each start has a port of its own here, and the demo follows.
    expect({ ...readDemo(), apiUrl: demo.apiUrl }).toEqual(demo)
  })

  it('serves again after one process of its database was killed', async () => {
    const { pid, superuserUrl } = embeddedPostgres(dataDir)
    const { rows } = await asSuperuser(superuserUrl, (client) =>
      client.query<{ pid: number }>(`select pid from pg_stat_activity where usename = 'rai_app' limit 1`),
    )
    process.kill(rows[0]!.pid, 'SIGKILL')
    // PostgreSQL then ends every other session too, for what they share may be broken.
    await gone(rows[0]!.pid)
    const same = async () => expect(await members()).toEqual(people)
    await vi.waitFor(same, { timeout: 20_000, interval: 50 })
    const healthy = async () => expect((await fetch(`${server.url}/healthz`)).status).toBe(200)
    await vi.waitFor(healthy, { timeout: 20_000, interval: 50 })
    expect(embeddedPostgres(dataDir).pid).toBe(pid)
  })

  it('serves again after its database was killed', async () => {
    const { pid } = embeddedPostgres(dataDir)
    process.kill(pid, 'SIGKILL')
    await gone(pid)
    const healthy = async () => expect((await fetch(`${server.url}/healthz`)).status).toBe(200)
    await vi.waitFor(healthy, { timeout: 20_000, interval: 50 })
    expect(await members()).toEqual(people)
    expect(embeddedPostgres(dataDir).pid).not.toBe(pid)
  })

  it('24: lets one of several take over a lock whose process id belongs to another process by now', async () => {
    const reused = { RAI_DATA: join(root, 'reused'), RAI_DEMO: '0' }
    const first = await startProcess(reused)
    await first.ready
    expect(first.said()).toContain('npm run operate -- community')
    first.child.kill('SIGKILL')
    await first.ended
    writeFileSync(join(reused.RAI_DATA, 'rai.lock'), JSON.stringify({ pid: process.pid, started: 'long ago' }))
    const rivals = await Promise.all([1, 2, 3, 4].map(() => startProcess(reused)))
    const outcomes = await Promise.all(
      rivals.map(({ ready, ended }) => Promise.race([ready.then(() => 'ready'), ended])),
    )
    expect(outcomes.toSorted()).toEqual([1, 1, 1, 'ready'])
    const winner = rivals[outcomes.indexOf('ready')]!
    winner.child.kill('SIGTERM')
    expect(await winner.ended).toBe(0)
  })

  it('told to stop finishes the request under way, ends streams, takes no more, and closes everything', async () => {
    const { pid } = embeddedPostgres(dataDir)
    const stream = await fetch(`${server.url}/widget/v1/${demo.publishableKey}/stream`, {
      headers: { origin: demo.siteUrl },
    })
    expect(stream.status).toBe(200)
    const { answered, finish } = await beginRequest(server.url, demo.communityKey)
    server.child.kill('SIGTERM')
    await stream.text()
    await vi.waitFor(() => expect(accepts(server.url)).resolves.toBe(false), { timeout: 5000, interval: 20 })
    finish()
    expect(await answered).toBe(201)
    expect(await server.ended).toBe(0)
    expect(isRunning(pid)).toBe(false)
    expect(existsSync(join(dataDir, 'rai.lock'))).toBe(false)
  })

  it('stops with the process that started it', async () => {
    server = await startProcess({ RAI_DATA: dataDir })
    await server.ready
    // The request that was finished while stopping is there.
    expect(await members()).toHaveLength(people.length + 1)
    server.child.disconnect()
    expect(await server.ended).toBe(0)
  })

  it('told to stop while it starts stops all the same', async () => {
    const early = await startProcess({ RAI_DATA: join(root, 'early') })
    await vi.waitFor(() => expect(existsSync(join(root, 'early', 'rai.lock'))).toBe(true), {
      timeout: 20_000,
      interval: 5,
    })
    early.child.kill('SIGINT')
    expect(await early.ended).toBe(0)
    expect(existsSync(join(root, 'early', 'rai.lock'))).toBe(false)
  })
})

describe('a server', () => {
  it('without a demo starts empty', async () => {
    const empty = join(root, 'empty')
    const server = await startProcess({ RAI_DATA: empty, RAI_DEMO: '0' })
    await server.ready
    expect(existsSync(join(empty, 'demo.json'))).toBe(false)
    const { rows } = await asSuperuser(embeddedPostgres(empty).superuserUrl, (client) =>
      client.query('select (select count(*) from communities) + (select count(*) from accounts) as n'),
    )
    expect(rows).toEqual([{ n: 0 }])
    server.child.kill('SIGTERM')
    expect(await server.ended).toBe(0)
  })

  it('serves beside others on a database of the operator’s, which gets one demo', async () => {
    const external = {
      DATABASE_URL: testDatabase.url,
      RAI_MIGRATE_URL: testDatabase.migrateUrl,
      RAI_SECRET_KEY: Buffer.alloc(32, 1).toString('base64'),
    }
    const folders = ['one', 'two'].map((name) => join(root, name))
    const servers = await Promise.all(folders.map((folder) => startProcess({ ...external, RAI_DATA: folder })))
    await Promise.all(servers.map(({ ready }) => ready))
    expect(folders.filter((folder) => existsSync(join(folder, 'demo.json')))).toHaveLength(1)
    for (const { url } of servers) expect((await fetch(`${url}/healthz`)).status).toBe(200)
    // A key is made and sealed when somebody asks for the first time.
    for (const { url } of servers) expect((await fetch(`${url}/.well-known/jwks.json`)).status).toBe(200)
    for (const { child } of servers) child.kill('SIGTERM')
    expect(await Promise.all(servers.map(({ ended }) => ended))).toEqual([0, 0])

    const other = { ...external, RAI_SECRET_KEY: Buffer.alloc(32, 2).toString('base64') }
    const mistaken = await startProcess({ ...other, RAI_DATA: join(root, 'mistaken') })
    expect(await mistaken.ended).toBe(1)
    expect(mistaken.said()).toContain('RAI_SECRET_KEY')
  })

  it('is told by its operator to make a community, whose keys then do everything else', async () => {
    const settings = { RAI_DATA: join(root, 'operated'), RAI_DEMO: '0' }
    const origin = 'https://site.example'
    const made = await runCommand(
      settings,
      'community',
      'Trail club',
      '--time-zone',
      'Europe/Berlin',
      '--origin',
      origin,
    )
    const {
      'community id': id,
      'system key': systemKey,
      'publishable key': publishableKey,
    } = made.values as Record<string, string>
    expect(made.said).toContain(systemKey)
    const server = await startProcess(settings)
    await server.ready
    expect(server.said()).not.toContain('npm run operate')
    const config = await ask(server, 'GET /widget/v1/{publishableKey}/config', {
      params: { publishableKey: publishableKey! },
      origin,
    })
    expect(config.answer.community).toMatchObject({ id, name: 'Trail club', timeZone: 'Europe/Berlin' })
    const keys = (bearer: string | undefined) => ask(server, 'GET /v1/keys', { bearer })
    expect((await keys(systemKey)).answer.map(({ kind }) => kind).sort()).toEqual(['publishable', 'system'])

    const busy = await runCommand(settings, 'system-key', id!)
    expect([busy.code, busy.said]).toEqual([1, expect.stringContaining(`Process ${server.child.pid} `)])
    server.child.kill('SIGTERM')
    await server.ended
    const renewed = await runCommand(settings, 'system-key', id!)
    const again = await startProcess(settings)
    await again.ready
    const asks = (bearer: string | undefined) => ask(again, 'GET /v1/keys', { bearer })
    expect((await asks(systemKey)).status).toBe(401)
    expect((await asks(renewed.values['system key'])).status).toBe(200)
    const { answer } = await ask(again, 'GET /v1/audit', { bearer: renewed.values['system key'] })
    expect(answer.items.map(({ operation, actor }) => [operation, actor.kind])).toEqual([
      ['operate system-key', 'machine'],
      ['operate community', 'machine'],
    ])
    again.child.kill('SIGTERM')
    expect(await again.ended).toBe(0)
  })

  it.each([
    ['a command that there is not', ['dance'], 'There is no command "dance".'],
    ['a community without a name', ['community'], 'Say what the community is called.'],
    ['a name of two words', ['community', 'Trail', 'club'], 'Put the name in quotes'],
    ['an option that there is not', ['community', 'x', '--zone', 'UTC'], "Unknown option '--zone'"],
    ['an id that is none', ['system-key', 'x'], '"x" is no id of a community.'],
    ['no id', ['system-key'], 'Say which community'],
  ])('says what an operator can do when it is told %s, and what is wrong', async (_, args, wrong) => {
    const { code, said } = await runCommand({ RAI_DATA: join(root, 'never') }, ...args)
    expect([code, said]).toEqual([1, expect.stringContaining('community <name>')])
    expect(said).toContain(wrong)
    expect(existsSync(join(root, 'never'))).toBe(false)
  })

  it('refuses to work as a superuser of the database', async () => {
    const server = await startProcess({
      RAI_DATA: join(root, 'superuser'),
      DATABASE_URL: inject('cluster').superuserUrl,
      RAI_SECRET_KEY: Buffer.alloc(32, 1).toString('base64'),
    })
    expect(await server.ended).toBe(1)
    expect(server.said()).toMatch(/"\w+" is a superuser.*create role/)
  })

  it('says in one message everything that is wrong with its configuration', async () => {
    const server = await startProcess({ PORT: 'http', RAI_DEMO: 'no' })
    expect(await server.ended).toBe(1)
    expect(server.said()).toContain('- PORT must be')
    expect(server.said()).toContain('- RAI_DEMO must be')
  })

  it('says when its port is taken, and leaves its directory free', async () => {
    const taken = new URL(inject('cluster').superuserUrl).port
    const server = await startProcess({ RAI_DATA: join(root, 'taken'), RAI_DEMO: '0', PORT: taken })
    expect(await server.ended).toBe(1)
    expect(server.said()).toContain(`Port ${taken} on 127.0.0.1 is taken.`)
    expect(existsSync(join(root, 'taken', 'rai.lock'))).toBe(false)
  })
})

/** Sends the head of a request; its body follows on `finish`. Resolves when the server has read the head. */
async function beginRequest(url: string, key: string) {
  const body = JSON.stringify({ username: 'last-minute' })
  const post = request(`${url}/apis/v1/users`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${key}`,
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      expect: '100-continue',
    },
  })
  const answered = new Promise<number | undefined>((resolve, reject) => {
    post.once('response', (response) => {
      response.resume().once('end', () => resolve(response.statusCode))
    })
    post.once('error', reject)
  })
  post.flushHeaders()
  await new Promise((resolve) => post.once('continue', resolve))
  return { answered, finish: () => post.end(body) }
}

/** Whether the server takes new connections. */
function accepts(url: string): Promise<boolean> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname)
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
