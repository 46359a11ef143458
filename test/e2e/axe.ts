import axe from 'axe-core'
import type { Locator } from 'playwright-core'

/**
 * What axe finds wrong in an element or cannot decide, as `rule: what`. It sees no contrast through a gradient: that of our
 * colours is measured in tokens.browser.test.ts.
 */
export async function axeOn(widget: Locator): Promise<string[]> {
  await widget.page().addScriptTag({ content: axe.source })
  return widget.evaluate(async (element) => {
    const runOnly = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']
    const { violations, incomplete } = await (globalThis as unknown as { axe: typeof axe }).axe.run(element, {
      runOnly,
    })
    const undecided = incomplete.filter(({ id }) => id !== 'color-contrast')
    return [...violations, ...undecided].flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`))
  })
}
