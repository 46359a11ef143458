import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { RaiErrorEvent } from '@rai/widgets'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startBrowser, visit } from './browser.js'
import { firstRow, startWorld } from './world.js'

const { server, site, community } = await startWorld()
const browser = await startBrowser()

const root = join(import.meta.dirname, '../..')
const { packageManager, devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const folder = mkdtempSync(join(tmpdir(), 'rai-app-'))
afterAll(() => rmSync(folder, { recursive: true }))

const run = async (cwd: string, command: string, ...args: string[]) =>
  (await promisify(execFile)(command, args, { cwd, maxBuffer: 1 << 26 })).stdout
const pnpm = (cwd: string, ...args: string[]) => run(cwd, 'npx', '--yes', packageManager, ...args)

/** Packs a package as for the registry; answers the file's name. */
async function pack(name: string): Promise<string> {
  await pnpm(join(root, 'packages', name), 'pack', '--pack-destination', folder)
  return readdirSync(folder).find((file) => file.startsWith(`rai-${name}-`))!
}

/** What a packed file holds. */
const listing = async (file: string) => (await run(folder, 'tar', '-tzf', file)).split('\n')
const manifestIn = async (file: string) => JSON.parse(await run(folder, 'tar', '-xzOf', file, 'package/package.json'))

const tags = ['rai-channel', 'rai-leaderboard', 'rai-milestone', 'rai-socials', 'rai-store']

const packed: Record<string, string> = {}
beforeAll(async () => {
  for (const name of ['contract', 'stores', 'widgets', 'loader', 'bridge']) packed[name] = await pack(name)
})

describe('what is published', () => {
  test('names versions, not workspaces', async () => {
    for (const file of Object.values(packed)) expect(JSON.stringify(await manifestIn(file))).not.toContain('workspace:')
  })

  test('holds code and types, no sources and no tests', async () => {
    for (const name of ['contract', 'stores', 'widgets', 'bridge']) {
      const files = await listing(packed[name]!)
      const { exports } = (await manifestIn(packed[name]!)) as { exports: Record<string, Record<string, string>> }
      const entries = Object.values(exports).flatMap((entry) => [entry.default!, entry.types!])
      expect(files).toEqual(expect.arrayContaining(entries.map((file) => file.replace('./', 'package/'))))
      expect(files.filter((file) => /package\/src|\.test\./.test(file))).toEqual([])
    }
  })

  test('the elements come with their reference for editors', async () => {
    const reference = JSON.parse(
      await run(folder, 'tar', '-xzOf', packed.widgets!, 'package/dist/custom-elements.json'),
    )
    interface Declared {
      path: string
      declarations: { tagName: string; events: { name: string }[] }[]
    }
    const modules: Declared[] = reference.modules
    const files = await listing(packed.widgets!)
    for (const { path } of modules) expect(files).toContain(`package/${path}`)
    const elements = modules.flatMap(({ declarations }) => declarations)
    expect(elements.map(({ tagName }) => tagName).sort()).toEqual(tags)
    const board = elements.find(({ tagName }) => tagName === 'rai-leaderboard')!
    expect(board.events.map(({ name }) => name)).toEqual([
      ...['rai-load', 'rai-error', 'rai-rank-change', 'rai-row-activate'],
      ...['rai-entry-request', 'rai-claim-request', 'rai-visibility-request'],
    ])
  })

  test('the loader comes with every chunk that it loads', async () => {
    const files = await listing(packed.loader!)
    const script = await run(folder, 'tar', '-xzOf', packed.loader!, 'package/dist/rai.js')
    const chunks = [...script.matchAll(/c\/[\w-]+\.js/g)].map(([file]) => `package/dist/${file}`)
    expect(chunks).not.toEqual([])
    expect(files).toEqual(expect.arrayContaining(chunks))
  })
})

describe('a new Vite app that installs the packages', () => {
  let app: string

  beforeAll(async () => {
    const write = (name: string, content: unknown) =>
      writeFileSync(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content))
    write('package.json', {
      private: true,
      type: 'module',
      dependencies: { '@rai/widgets': `file:${packed.widgets}` },
      devDependencies: { vite: devDependencies.vite },
    })
    // Not in a registry yet: what the widgets depend on comes from its file too.
    const overrides = ['contract', 'stores', 'bridge'].map((name) => `  '@rai/${name}': file:${packed[name]}\n`)
    write('pnpm-workspace.yaml', `overrides:\n${overrides.join('')}`)
    write('main.js', "import '@rai/widgets/define'\n")
    write('index.html', '<main></main><script type="module" src="/main.js"></script>')
    await pnpm(folder, 'install', '--prefer-offline')
    await pnpm(folder, 'exec', 'vite', 'build')

    const assets = readdirSync(join(folder, 'dist/assets'))
    for (const file of assets)
      site.put(`/assets/${file}`, readFileSync(join(folder, 'dist/assets', file), 'utf8'), {
        'Content-Type': 'text/javascript',
      })
    app = readFileSync(join(folder, 'dist/index.html'), 'utf8')
  }, 180_000)

  const open = (html: string) => visit(browser, site.page(app.replace('<main></main>', html)))

  test('shows the widget', async () => {
    const attributes = `api-url="${server.url}" api-key="${community.publishableKey}" board="points"`
    const { page, exceptions } = await open(`<rai-leaderboard ${attributes}></rai-leaderboard>`)
    await firstRow(page).waitFor()
    expect(exceptions).toEqual([])
  })

  test('and names no key is told so once, and its visitors see that nothing is there, until it does', async () => {
    const elements = tags.map((name) => `<${name}></${name}>`).join('')
    const { page, exceptions, requests, console } = await open(`<output></output>${elements}`)
    await page.evaluate(() =>
      addEventListener('rai-error', (event) => {
        const { target, code } = event as RaiErrorEvent
        document.querySelector('output')!.textContent += ` ${(target as Element).localName} ${code}`
      }),
    )
    for (const name of tags) await page.locator(`${name} [part~=error]`).getByText('Not available here').waitFor()
    const told = (await page.locator('output').textContent())!.trim().split(/ (?=rai-)/)
    expect([...new Set(told)].sort()).toEqual(tags.map((name) => `${name} unauthorized`))
    expect(console.filter((text) => text.includes('[rai]'))).toEqual([
      expect.stringMatching(/^warning: \[rai\] unauthorized 401: api-key or api-url is missing/),
    ])
    expect(requests.filter((url) => url.includes('/widget/'))).toEqual([])

    await page.locator('rai-leaderboard').evaluate(
      (element, [url, key]) => {
        element.setAttribute('board', 'points')
        element.setAttribute('api-url', url)
        element.setAttribute('api-key', key)
      },
      [server.url, community.publishableKey] as const,
    )
    await firstRow(page).waitFor()
    expect(exceptions).toEqual([])
  })
})
