import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { startBrowser, visit } from './browser.js'
import { pageOf, type Site, startSite } from './site.js'

/*
 * A frame is transparent only where it has the same colour scheme as the page in it: otherwise browsers put an opaque canvas
 * behind that page, white or black. What each side declares, and what the system wants, are three times three times two.
 */

const folder = join(import.meta.dirname, '../../packages/bridge/dist')
function withBridge(site: Site): Site {
  for (const name of readdirSync(folder, { recursive: true }).map(String))
    if (name.endsWith('.js'))
      site.put(`/bridge/${name}`, readFileSync(join(folder, name), 'utf8'), { 'Content-Type': 'text/javascript' })
  return site
}
const [host, guest] = [withBridge(await startSite()), withBridge(await startSite())]
const browser = await startBrowser()

/** No browser's canvas has it, in any scheme. */
const behind = { r: 10, g: 120, b: 200 }
const declared = (scheme: string) => (scheme === 'nothing' ? '' : `<style>:root { color-scheme: ${scheme} }</style>`)

/** A guest's page that is transparent, and is empty in the middle. */
const guestOf = (scheme: string) =>
  guest.page(
    pageOf(
      '<p style="margin: 0">Words</p><script type="module">import { connect } from "/bridge/guest/index.js"; await connect()</script>',
      declared(scheme),
    ),
  )

/** A host's page around it, in a colour of its own. */
const hostOf = (scheme: string, src: string) =>
  host.page(
    pageOf(
      `<iframe style="border: 0; inline-size: 200px"></iframe><output></output><script type="module">
        import { createHost } from '/bridge/host/index.js'
        const frame = document.querySelector('iframe')
        const height = { mode: 'fixed', max: 200 }
        globalThis.app = createHost({ frame, src: ${JSON.stringify(src)}, height })
      </script>`,
      `${declared(scheme)}<style>body { margin: 0; background: rgb(10 120 200) }</style>`,
    ),
  )

/** The colour of the middle of the frame. */
async function middleOf(page: Page) {
  const { channels } = await sharp(await page.screenshot({ clip: { x: 90, y: 90, width: 20, height: 20 } })).stats()
  const [r, g, b] = channels.map(({ min, max }) => (min === max ? min : Number.NaN))
  return { r, g, b }
}

describe.each(['light', 'dark'] as const)('where the system is %s', (colorScheme) => {
  describe.each(['light', 'dark', 'light dark'])('on a page that is %s', (around) => {
    test.each(['nothing', 'light dark', 'dark'])('a framed page that declares %s is transparent', async (within) => {
      const { page, exceptions } = await visit(browser, hostOf(around, guestOf(within)), {
        colorScheme,
        viewport: { width: 300, height: 300 },
      })
      await page.frameLocator('iframe').getByText('Words').waitFor()
      await page.waitForFunction(() => (globalThis as unknown as { app: { state: string } }).app.state === 'connected')
      await expect.poll(() => middleOf(page)).toEqual(behind)
      // What the page writes in is what its scheme has it write in: it can be read.
      const ink = await page
        .frameLocator('iframe')
        .locator('p')
        .evaluate((text) => getComputedStyle(text).color)
      const isDark =
        within === 'dark' ||
        (within === 'light dark' && (around === 'dark' || (around === 'light dark' && colorScheme === 'dark')))
      expect(ink).toBe(isDark ? 'rgb(255, 255, 255)' : 'rgb(0, 0, 0)')
      expect(exceptions).toEqual([])
      await page.context().close()
    })
  })
})

test('a frame without the bridge is not: the test would see it', async () => {
  const src = guest.page(pageOf('<p style="margin: 0">Words</p>', declared('dark')))
  const around = host.page(
    pageOf(
      `<iframe style="border: 0; inline-size: 200px; block-size: 200px" src="${src}"></iframe>`,
      '<style>body { margin: 0; background: rgb(10 120 200) }</style>',
    ),
  )
  const { page } = await visit(browser, around, { colorScheme: 'light', viewport: { width: 300, height: 300 } })
  await page.frameLocator('iframe').getByText('Words').waitFor()
  expect(await middleOf(page)).not.toEqual(behind)
})
