import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { defaultReporter } from '@web/test-runner'
import { browsers, freePort } from './browsers.js'
import { viteMiddleware } from './vite-middleware.js'

const root = join(import.meta.dirname, '..')

/** Chromium runs every test, other browsers those that are for every browser. */
const wanted = (process.env.RAI_BROWSERS ?? 'chromium').split(',')

/** The pages' port is part of their origin, which the server must know before the runner listens. */
const port = await freePort()

/** The real server, filled, in a process of its own. */
const world = spawn(
  process.execPath,
  ['--conditions=@rai/source', '--import', 'tsx', 'test/helpers/browser-world.ts', `http://localhost:${port}`],
  { cwd: root, stdio: ['ignore', 'pipe', 'inherit', 'ipc'] },
)
const worldEnded = new Promise((resolve) => world.once('exit', resolve))
const [description] = await Promise.race([
  once(createInterface(world.stdout), 'line'),
  worldEnded.then((code) => {
    throw new Error(`test/helpers/browser-world.ts ended with ${code} before it was ready.`)
  }),
])

const { vite, middleware } = await viteMiddleware(root)

/** A page for frames, on every name of this machine: one that tests drive from another origin. See `helpers/frame.ts`. */
function framePage(context, next) {
  if (context.path !== '/frame') return next()
  context.type = 'html'
  context.body = `<!doctype html>
    <html lang="en">
      <head><title>A framed page</title><script type="module" src="/test/helpers/frame.ts"></script></head>
      <body></body>
    </html>`
}
const started = await Promise.all(wanted.map((name) => browsers[name]()))

/** Writes how many tests passed and failed to the file that RAI_TEST_COUNTS names, for whoever sums several runners. */
const counts = {
  onTestRunFinished({ sessions }) {
    const file = process.env.RAI_TEST_COUNTS
    if (!file) return
    const sum = { passed: 0, failed: 0 }
    const add = (suite) => {
      for (const test of suite?.tests ?? []) if (!test.skipped) sum[test.passed ? 'passed' : 'failed']++
      for (const inner of suite?.suites ?? []) add(inner)
    }
    for (const session of sessions) {
      const before = sum.failed
      add(session.testResults)
      // A page that fell over has no failed test to count.
      if (!session.passed && sum.failed === before) sum.failed++
    }
    writeFileSync(file, JSON.stringify(sum))
  },
}

export default {
  rootDir: root,
  port,
  nodeResolve: false,
  files: `packages/*/src/**/*.${wanted.includes('chromium') ? '{,every-}' : 'every-'}browser.test.ts`,
  // The first page waits for Vite to prepare its dependencies.
  testsStartTimeout: 60_000,
  testsFinishTimeout: 300_000,
  testFramework: { config: { timeout: 20_000 } },
  // One page at a time: a second one would take the focus, and WebKit's driver knows one only.
  concurrency: 1,
  browsers: started.map(({ launcher }) => launcher),
  middleware: [framePage, middleware],
  testRunnerHtml: (file) => `<!doctype html>
    <html lang="en">
      <head><title>Test</title></head>
      <body>
        <script>globalThis.world = ${description}</script>
        <script type="module" src="${file}"></script>
      </body>
    </html>`,
  plugins: [
    {
      name: 'rai-stop',
      async serverStop() {
        await vite.close()
        for (const { stop } of started) await stop()
        // The runner may stop twice, and the world may be gone already.
        if (world.connected) world.disconnect()
        await worldEnded
      },
    },
  ],
  reporters: [defaultReporter({ reportTestProgress: false }), counts],
}
