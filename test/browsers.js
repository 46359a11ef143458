import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import sparticuz from '@sparticuz/chromium'
import { chromeLauncher } from '@web/test-runner-chrome'
import { pathOf } from './debian.js'

/** A port that nobody listens on. */
export const freePort = () =>
  new Promise((resolve) => {
    const probe = createServer().listen(0, () => {
      const { port } = probe.address()
      probe.close(() => resolve(port))
    })
  })

/** Starts what an engine needs; answers the runner's launcher for it and how to end what was started. */
export const browsers = {
  async chromium() {
    const executablePath = process.env.RAI_CHROMIUM ?? (await sparticuz.executablePath())
    const args = ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update']
    return {
      launcher: chromeLauncher({
        concurrency: 1,
        launchOptions: { executablePath, args: [...args, '--disable-sync'] },
      }),
      stop() {},
    }
  },

  /** By WebDriver BiDi, which the launcher's puppeteer speaks. */
  async firefox() {
    const launchOptions = { browser: 'firefox', executablePath: pathOf('firefox-esr') }
    return {
      launcher: chromeLauncher({ puppeteer: (await import('puppeteer-core')).default, concurrency: 1, launchOptions }),
      stop() {},
    }
  },

  /** WebKit draws on a screen or not at all: it gets one in memory. */
  async webkit() {
    const { webdriverLauncher } = await import('@web/test-runner-webdriver')
    const screen = spawn('Xvfb', ['-displayfd', '3', '-screen', '0', '1280x900x24', '-nolisten', 'tcp'], {
      stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    })
    const [display] = await once(createInterface(screen.stdio[3]), 'line')
    const folder = mkdtempSync(join(tmpdir(), 'rai-webkit-'))
    const port = await freePort()
    const driver = spawn('WebKitWebDriver', [`--port=${port}`], {
      stdio: 'ignore',
      // Its sandbox does not start for root; what it would keep from the system are our own test pages.
      env: {
        ...process.env,
        DISPLAY: `:${display}`,
        XDG_RUNTIME_DIR: folder,
        HOME: folder,
        WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: '1',
      },
    })
    return {
      launcher: webdriverLauncher({
        automationProtocol: 'webdriver',
        hostname: '127.0.0.1',
        port,
        path: '/',
        logLevel: 'error',
        // The driver of WebKitGTK knows the first WebDriver only.
        capabilities: { browserName: 'MiniBrowser', 'wdio:enforceWebDriverClassic': true },
      }),
      async stop() {
        for (const child of [driver, screen]) {
          child.kill()
          if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
        }
        rmSync(folder, { recursive: true, force: true })
      },
    }
  },
}
