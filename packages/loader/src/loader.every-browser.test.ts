import { expect, waitUntil } from '@open-wc/testing'
import type { BrowserWorld } from '../../../test/helpers/browser-world.js'

/** The built loader, as test/e2e tries it in Chromium, where only a runner reaches: in the other browsers. */
const { apiUrl, key } = (globalThis as unknown as { world: BrowserWorld }).world

/** Puts the one line into the page. */
function line(): HTMLScriptElement {
  const script = document.createElement('script')
  script.src = `${apiUrl}/rai.js`
  script.async = true
  script.dataset.key = key
  document.head.append(script)
  return script
}

const until = (fact: () => unknown, what: string) => waitUntil(fact, `no ${what}`, { interval: 10, timeout: 10_000 })
const rowsOf = (element: Element) => [...(element.shadowRoot?.querySelectorAll('[data-id]') ?? [])]

describe('the loader in every browser', () => {
  it('draws what the page has and what it gets, and answers commands', async () => {
    document.body.innerHTML =
      '<rai-leaderboard board="champions"><p>See the printed list.</p></rai-leaderboard><main></main>'
    const [tag, main] = document.body.children as unknown as [HTMLElement, HTMLElement]
    line()
    await until(() => rowsOf(tag).length > 0, 'rows')
    expect(tag.querySelector('p')!.checkVisibility()).to.equal(false)
    const late = document.createElement('rai-leaderboard')
    late.setAttribute('board', 'live')
    main.append(late)
    await until(() => rowsOf(late).length > 0, 'rows of a tag that came late')
    main.append(tag)
    await until(() => rowsOf(tag).length > 0, 'rows of a tag that moved')
    const { rai } = globalThis as unknown as { rai: (...call: unknown[]) => Promise<unknown> }
    await rai('configure', { theme: 'dark' })
    await until(() => getComputedStyle(tag.shadowRoot!.querySelector('.base')!).colorScheme === 'dark', 'dark theme')
    expect(await rai('nonsense').catch(({ message }) => message)).to.equal('[rai] Unknown command "nonsense"')
  })
})
