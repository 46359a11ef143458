import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import sparticuz from '@sparticuz/chromium'
import { expect, test } from 'vitest'
import { pageOf, startSite } from './site.js'

const root = join(import.meta.dirname, '../../packages/bridge')
const browser = process.env.RAI_CHROMIUM ?? (await sparticuz.executablePath())

/** What `npx rai-bridge check` prints, and whether it is content. */
const check = (...args: string[]) =>
  new Promise<{ lines: string[]; code: number }>((resolve) =>
    execFile(process.execPath, [join(root, 'bin/rai-bridge.js'), 'check', ...args], (error, output) =>
      resolve({ lines: output.trim().split('\n'), code: Number(error?.code ?? 0) }),
    ),
  )

/** A site with the guest's built code. */
async function siteOfGuest() {
  const site = await startSite()
  for (const name of readdirSync(join(root, 'dist'), { recursive: true }).map(String))
    if (name.endsWith('.js'))
      site.put(`/bridge/${name}`, readFileSync(join(root, 'dist', name), 'utf8'), { 'Content-Type': 'text/javascript' })
  return site
}

const host = 'https://community.example'
const connecting =
  '<p>An app</p><script type="module">import { connect } from "/bridge/guest/index.js"; await connect()</script>'

test('a page that is ready passes', async () => {
  const site = await siteOfGuest()
  const url = site.put('/channel', pageOf(connecting), {
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Security-Policy': `frame-ancestors ${host}`,
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'strict-origin',
  })
  site.put('/.well-known/rai-channel.json', JSON.stringify({ id: 'my-app', name: 'My app', url }), {
    'Content-Type': 'application/json',
  })
  const { lines, code } = await check(url, '--host', host, '--browser', browser)
  expect(lines.filter((line) => line.startsWith('✗'))).toEqual([])
  expect(lines).toContain('– browsers stay on https (Strict-Transport-Security): not checked')
  expect(lines.at(-1)).toBe('11 passed, 0 failed, 1 not checked')
  expect(code).toBe(0)
})

test('says what is wrong with one that is not, and what to do', async () => {
  const site = await siteOfGuest()
  const url = site.put('/channel', pageOf('<p>An app</p><script>throw new Error("broken")</script>'), {
    'Content-Type': 'text/html; charset=utf-8',
    'X-Frame-Options': 'SAMEORIGIN',
  })
  site.put('/.well-known/rai-channel.json', '{}')
  const { lines, code } = await check(url, '--host', host, '--browser', browser)
  expect(lines.filter((line) => line.startsWith('✗'))).toHaveLength(6)
  expect(lines.join('\n')).toContain(`send Content-Security-Policy: frame-ancestors ${host}`)
  expect(code).toBe(1)
})

test('says plainly what it could not check', async () => {
  const site = await siteOfGuest()
  const url = site.put('/channel', pageOf(connecting))
  const { lines } = await check(url, '--browser', '/no/such/browser')
  expect(lines).toContain('– the page and the bridge work in a browser: not checked')
  expect((await check('no address')).code).toBe(2)
  expect((await check(`${site.origin}/nothing`)).lines[0]).toContain('✗ the page answers')
})
