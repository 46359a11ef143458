import { createRequire } from 'node:module'
import type { BrowserContextOptions, CDPSession, Page } from 'playwright-core'
import { afterAll, describe, expect, test } from 'vitest'
import { faults, startFaultProxy } from '../helpers/fault-proxy.js'
import { axeOn } from './axe.js'
import { startBrowser, visit } from './browser.js'
import { fillFor, settled, tagOf, type Widget, widgetPage, widgets } from './widgets.js'
import { startWorld } from './world.js'

const world = await startWorld()
await fillFor(world)
const { server, site, line } = world
const silence = await startFaultProxy(server.url)
silence.fail(faults.hang)
afterAll(silence.stop)
const browser = await startBrowser()

/** How a page makes a state, and what the browser is told beside. */
interface State {
  of(widget: Widget): string
  /** What the element says of itself. */
  is?: string
  head?: string
  options?: BrowserContextOptions
}

const states: Record<string, State> = {
  loading: {
    of: (widget) => tagOf(widget),
    is: 'loading',
    head: line.replace('data-key', `data-api="${silence.url}" data-key`),
  },
  empty: { of: (widget) => tagOf(widget, 'empty'), is: 'empty' },
  error: { of: (widget) => tagOf(widget, 'full', 'api-key="rai_pk_mistyped"'), is: 'error' },
  one: { of: (widget) => tagOf(widget, 'one') },
  full: { of: (widget) => tagOf(widget) },
  'right to left': { of: (widget) => tagOf(widget, 'full', 'locale="ar"') },
  dark: { of: (widget) => tagOf(widget, 'full', 'theme="dark"') },
  'forced colours': { of: (widget) => tagOf(widget), options: { forcedColors: 'active' } },
}

let pages = 0

async function open(widget: Widget, state: string): Promise<Page> {
  const { of, is, head = line, options } = states[state]!
  const { page } = await visit(browser, site.put(`/state-${++pages}`, widgetPage(of(widget), head)), {
    viewport: { width: 1000, height: 800 },
    // Colours and places are final at once: no audit meets one on its way.
    reducedMotion: 'reduce',
    ...options,
  })
  await settled(page, widget.tag, is)
  return page
}

interface Ace {
  Checker: new () => {
    check(root: Node, sets: string[]): Promise<{ results: { ruleId: string; value: string[]; snippet: string }[] }>
  }
}

const aceFile = createRequire(import.meta.url).resolve('accessibility-checker-engine/ace.js')

/** Labels that only make a field's target larger: the field has its name by itself, which that engine does not look for. */
const seenOtherwise = 'label_content_exists'

/** What IBM's engine finds wrong. */
async function ibmOn(page: Page): Promise<string[]> {
  await page.addScriptTag({ path: aceFile })
  return page.evaluate(async (known) => {
    const { ace } = globalThis as unknown as { ace: Ace }
    const { results } = await new ace.Checker().check(document, ['IBM_Accessibility'])
    return results
      .filter(({ value: [kind, found], ruleId }) => kind === 'VIOLATION' && found === 'FAIL' && ruleId !== known)
      .map(({ ruleId, snippet }) => `${ruleId}: ${snippet}`)
  }, seenOtherwise)
}

interface Heard {
  nodeId: string
  parentId?: string
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

/** The accessibility tree as lines: role, name and states, as deep as they stand. Text that a name has said is left out. */
async function treeOf(devtools: CDPSession): Promise<string> {
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
  walk(nodes.find(({ parentId }) => !parentId)!, 0)
  // Marks that isolate names are not heard, and the id of a request is another every time.
  return `${lines.join('\n')}\n`
    .replace(/[\u2068\u2069]/g, '')
    .replace(/[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}/g, 'some-id')
}

describe.each(widgets)('<$tag>, whatever it shows,', (widget) => {
  test.each(Object.keys(states))('60 has nothing that axe or IBM’s engine finds wrong: %s', async (state) => {
    const page = await open(widget, state)
    expect(await axeOn(page.locator(widget.tag))).toEqual([])
    expect(await ibmOn(page)).toEqual([])
  })

  // A person has read these files. Whoever changes one reads it again: `npx vitest … -u` writes it anew.
  test.each(['loading', 'empty', 'error', 'one', 'full', 'right to left'])(
    '62 is heard as it was written down: %s',
    async (state) => {
      const page = await open(widget, state)
      const devtools = await page.context().newCDPSession(page)
      await devtools.send('Accessibility.enable')
      await expect(await treeOf(devtools)).toMatchFileSnapshot(`heard/${widget.tag}/${state.replaceAll(' ', '-')}.txt`)
    },
  )
})
