import { createRequire } from 'node:module'
import type { BrowserContextOptions, CDPSession, Page } from 'playwright-core'
import { afterAll, describe, expect, test } from 'vitest'
import { faults, startFaultProxy } from '../helpers/fault-proxy.js'
import { axeOn } from './axe.js'
import { startBrowser, visit } from './browser.js'
import { pageOf } from './site.js'
import { fillFor, settled, tagOf, tagsOf, type Widget, widgetPage } from './widgets.js'
import { startWorld } from './world.js'

const world = await startWorld()
const widgets = await fillFor(world)
const { server, site, line } = world
const silence = await startFaultProxy(server.url)
silence.fail(faults.hang)
afterAll(silence.stop)
const browser = await startBrowser()

/** How a page makes a state, and what the browser is told beside. */
interface State {
  of: string
  /** What the element says of itself. */
  is?: string
  head?: string
  options?: BrowserContextOptions
}

const states: Record<string, State> = {
  loading: {
    of: tagsOf(widgets),
    is: 'loading',
    head: line.replace('data-key', `data-api="${silence.url}" data-key`),
  },
  empty: { of: tagsOf(widgets, 'empty'), is: 'empty' },
  // Each has a key of its own: who is signed in to one of them is so for all with the same key.
  error: {
    of: widgets.map((one) => tagOf(one, 'full', `loading="eager" api-key="rai_pk_${one.tag}"`)).join(''),
    is: 'error',
  },
  one: { of: tagsOf(widgets, 'one') },
  full: { of: tagsOf(widgets) },
  'right to left': { of: tagsOf(widgets, 'full', 'locale="ar"') },
  dark: { of: tagsOf(widgets, 'full', 'theme="dark"') },
  'forced colours': { of: tagsOf(widgets), options: { forcedColors: 'active' } },
}

let pages = 0

async function open(state: string): Promise<Page> {
  const { of, is, head = line, options } = states[state]!
  const { page } = await visit(browser, site.put(`/state-${++pages}`, widgetPage(of, head)), {
    viewport: { width: 1000, height: 800 },
    // Colours and places are final at once: no audit meets one on its way.
    reducedMotion: 'reduce',
    ...options,
  })
  await settled(page, widgets, is)
  return page
}

interface Ace {
  Checker: new () => {
    check(root: Node, sets: string[]): Promise<{ results: { ruleId: string; value: string[]; snippet: string }[] }>
  }
}

const aceFile = createRequire(import.meta.url).resolve('accessibility-checker-engine/ace.js')

/**
 * What that engine does not know. Labels that only make a field's target larger: the field has its name by itself. Messages
 * that keys lead through: articles of a feed have the focus, by the pattern that ARIA's authors give for it.
 */
const seenOtherwise = [/^label_content_exists/, /^element_tabbable_role_valid: <div [^>]*role="article"/]

/** What IBM's engine finds wrong. */
async function ibmOn(page: Page): Promise<string[]> {
  await page.addScriptTag({ path: aceFile })
  return page.evaluate(async (known) => {
    const { ace } = globalThis as unknown as { ace: Ace }
    const { results } = await new ace.Checker().check(document, ['IBM_Accessibility'])
    return results
      .filter(({ value: [kind, found] }) => kind === 'VIOLATION' && found === 'FAIL')
      .map(({ ruleId, snippet }) => `${ruleId}: ${snippet}`)
      .filter((found) => !known.some((pattern) => pattern.test(found)))
  }, seenOtherwise)
}

interface Heard {
  nodeId: string
  backendDOMNodeId?: number
  ignored: boolean
  childIds?: string[]
  role?: { value: string }
  name?: { value: string }
  value?: { value: unknown }
  properties?: { name: string; value: { value?: unknown } }[]
}

/** What of a node is said beside its role and name. */
const said = ['checked', 'disabled', 'expanded', 'hasPopup', 'invalid', 'level', 'live', 'pressed', 'selected']
const silent = ['none', 'generic', 'InlineTextBox', 'RootWebArea']

/** An element's accessibility tree as lines: role, name and states, as deep as they stand. Text that a name has said is left out. */
async function treeOf(devtools: CDPSession, { tag }: Widget): Promise<string> {
  const { root } = await devtools.send('DOM.getDocument')
  const { nodeId } = await devtools.send('DOM.querySelector', { nodeId: root.nodeId, selector: tag })
  const { node } = await devtools.send('DOM.describeNode', { nodeId })
  const { nodes } = (await devtools.send('Accessibility.getFullAXTree')) as unknown as { nodes: Heard[] }
  const byId = new Map(nodes.map((node) => [node.nodeId, node]))
  const lines: string[] = []
  const walk = ({ ignored, role, name, value, properties = [], childIds = [] }: Heard, depth: number, over = '') => {
    const text = name?.value ?? ''
    const isKnown = role?.value === 'StaticText' && over.includes(text)
    const isSaid = !ignored && !isKnown && !silent.includes(role?.value ?? 'none')
    if (isSaid) {
      const states = properties
        .filter(
          (property) => said.includes(property.name) && ![false, 'false'].includes(property.value.value as string),
        )
        .map((property) => ` ${property.name}=${property.value.value}`)
      const content = value?.value === undefined || value.value === '' ? '' : ` value=${value.value}`
      lines.push(`${'  '.repeat(depth)}${role?.value} ${JSON.stringify(text)}${content}${states.join('')}`)
    }
    for (const id of childIds) walk(byId.get(id)!, depth + (isSaid ? 1 : 0), isSaid ? text : over)
  }
  walk(nodes.find(({ backendDOMNodeId }) => backendDOMNodeId === node.backendNodeId)!, 0)
  // Marks that isolate names are not heard; the id of a request, the time that is left, and when it is over are others every time.
  return `${lines.join('\n')}\n`
    .replace(/[\u2068\u2069]/g, '')
    .replace(/\d+:\d\d:\d\d/g, '1:23:45')
    .replace(/\d+:\d\d\s(AM|PM|ص|م)/g, '1:23 $1')
    .replace(/"[^"]*\b20\d\d\b[^"]*\d:\d\d[^"]*"/g, '"Some day"')
    .replace(/[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}/g, 'some-id')
}

/** What is written down of it. */
const read = ['loading', 'empty', 'error', 'one', 'full', 'right to left']

describe('widgets, whatever they show,', () => {
  // A person has read the files of 62. Whoever changes one reads it again: `npx vitest … -u` writes it anew.
  test.each(Object.keys(states))(
    '60, 62 have nothing that axe or IBM’s engine finds wrong, and are heard as it was written down: %s',
    async (state) => {
      const page = await open(state)
      const devtools = await page.context().newCDPSession(page)
      await devtools.send('Accessibility.enable')
      // What is heard first: the audits take long enough for a state to end.
      for (const widget of read.includes(state) ? widgets : []) {
        const file = `heard/${widget.tag}/${state.replaceAll(' ', '-')}.txt`
        await expect(await treeOf(devtools, widget)).toMatchFileSnapshot(file)
      }
      for (const { tag } of widgets) expect(await axeOn(page.locator(tag)), tag).toEqual([])
      expect(await ibmOn(page)).toEqual([])
    },
  )

  test('are no landmarks of the page that they are guests on', async () => {
    const { page } = await visit(browser, site.put('/landmarks', pageOf(tagsOf(widgets), line)))
    await settled(page, widgets)
    for (const role of ['banner', 'contentinfo'] as const) expect(await page.getByRole(role).count(), role).toBe(0)
  })
})
