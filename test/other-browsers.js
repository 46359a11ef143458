/**
 * Runs the tests for every browser (`*.every-browser.test.ts`) in Firefox and WebKit, which are not in npm. Where we are
 * root on a Debian, what is missing is installed; an engine that cannot be had is named and not run.
 */
import { spawnSync } from 'node:child_process'
import { install } from './apt.js'
import { fromDebian, isHere } from './browsers.js'

const missing = Object.values(fromDebian).filter((engine) => !isHere(engine))
if (missing.length > 0) install(...missing.flatMap(({ packages }) => packages))

const engines = Object.entries(fromDebian)
for (const [, { name, packages }] of engines.filter(([, engine]) => !isHere(engine)))
  console.log(`${name} was not run: it comes with ${packages.join(' and ')}, which could not be installed here.`)

const found = engines.filter(([, engine]) => isHere(engine)).map(([id]) => id)
if (found.length > 0) {
  const env = { ...process.env, RAI_BROWSERS: found.join() }
  process.exitCode =
    spawnSync('web-test-runner', ['--config', 'test/wtr.config.js'], { stdio: 'inherit', env }).status ?? 1
}
