import { execFileSync } from 'node:child_process'
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { DemoFile } from '../../packages/server/src/demo.js'
import { asSuperuser, brokenInvariants } from '../helpers/database.js'
import { embeddedPostgres, type ServerProcess, startProcess } from '../helpers/process.js'

/** A small disk of its own, in memory. Only root can mount one: this file belongs to `npm run test:long`. */
const disk = mkdtempSync(join(tmpdir(), 'rai-disk-'))
const dataDir = join(disk, 'data')
let server: ServerProcess
let demo: DemoFile

beforeAll(async () => {
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=192m,mode=0711', 'tmpfs', disk])
  mkdirSync(dataDir)
  server = await startProcess({ RAI_DATA: dataDir })
  await server.ready
  demo = JSON.parse(readFileSync(join(dataDir, 'demo.json'), 'utf8'))
})
afterAll(async () => {
  server.child.kill('SIGTERM')
  await server.ended
  execFileSync('umount', [disk])
  rmSync(disk, { recursive: true })
})

async function makeMember(username: string): Promise<number> {
  const { status } = await fetch(`${server.url}/apis/v1/users`, {
    method: 'POST',
    headers: { authorization: `Bearer ${demo.communityKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ username }),
  })
  return status
}

async function readRows(): Promise<number> {
  const { status } = await fetch(`${server.url}/widget/v1/${demo.publishableKey}/leaderboards/trail-points/rows`, {
    headers: { origin: demo.siteUrl },
  })
  return status
}

const names = () =>
  asSuperuser(embeddedPostgres(dataDir).superuserUrl, async (client) => {
    expect(await brokenInvariants(client)).toEqual([])
    const { rows } = await client.query<{ username: string }>(
      `select username from members where username like 'full %'`,
    )
    return rows.map(({ username }) => username).sort()
  })

/** Takes all the space that is left. */
function fill(file: string): void {
  const handle = openSync(file, 'w')
  try {
    for (const size of [1 << 20, 4096]) {
      const part = Buffer.alloc(size, 1)
      expect(() => {
        for (;;) writeSync(handle, part)
      }).toThrow('ENOSPC')
    }
  } finally {
    closeSync(handle)
  }
}

test('25: while the disk is full, boards are read and writes are refused; nothing acknowledged is lost', async () => {
  const acknowledged: string[] = []
  const refusals: number[] = []
  const ballast = join(disk, 'ballast')
  fill(ballast)
  for (let n = 0; refusals.length < 20; n++) {
    const status = await makeMember(`full ${n}`)
    if (status === 201) acknowledged.push(`full ${n}`)
    else refusals.push(status)
    expect(await readRows()).toBe(200)
  }
  expect(new Set(refusals)).toEqual(new Set([503]))

  rmSync(ballast)
  await vi.waitFor(async () => expect(await makeMember('full at last')).toBe(201), { timeout: 20_000, interval: 100 })
  expect(await names()).toEqual([...acknowledged, 'full at last'].sort())
}, 120_000)

test('25: killed on a full disk, it opens again with every row after space has returned', async () => {
  const before = await names()
  const ballast = join(disk, 'ballast')
  fill(ballast)
  server.child.kill('SIGKILL')
  await server.ended
  rmSync(ballast)
  server = await startProcess({ RAI_DATA: dataDir })
  await server.ready
  expect(await names()).toEqual(before)
}, 120_000)
