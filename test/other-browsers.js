/** Runs the tests for every browser (`*.every-browser.test.ts`) in Firefox and WebKit, which are not in npm. */
import { spawnSync } from 'node:child_process'
import { findOrInstall } from './debian.js'

const found = findOrInstall('firefox', 'webkit')
if (found.length > 0) {
  const env = { ...process.env, RAI_BROWSERS: found.join() }
  process.exitCode =
    spawnSync('web-test-runner', ['--config', 'test/wtr.config.js'], { stdio: 'inherit', env }).status ?? 1
}
