import { expect } from '@open-wc/testing'
import { connect } from './connect.js'

/** What a store does: it listens for as long as it is used. */
function watching<T>($fact: { listen(listener: () => void): () => void; get(): T }) {
  const leave = $fact.listen(() => {})
  return { now: () => $fact.get(), leave }
}

describe('an environment in a browser', () => {
  const { $visible, $online, randomId } = connect({ apiUrl: '', key: 'rai_pk_browser' })

  it('56 knows when the page goes into the back-forward cache and comes back', () => {
    const visible = watching($visible)
    expect(visible.now()).to.equal(true)
    window.dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))
    expect(visible.now()).to.equal(false)
    window.dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))
    expect(visible.now()).to.equal(true)
    visible.leave()
  })

  it('knows when the page is hidden', () => {
    const visible = watching($visible)
    Object.defineProperty(document, 'visibilityState', { value: 'hidden', configurable: true })
    document.dispatchEvent(new Event('visibilitychange', { bubbles: true }))
    expect(visible.now()).to.equal(false)
    Reflect.deleteProperty(document, 'visibilityState')
    document.dispatchEvent(new Event('visibilitychange', { bubbles: true }))
    expect(visible.now()).to.equal(true)
    visible.leave()
  })

  it('knows when the device has no network', () => {
    const online = watching($online)
    Object.defineProperty(navigator, 'onLine', { value: false, configurable: true })
    window.dispatchEvent(new Event('offline'))
    expect(online.now()).to.equal(false)
    Reflect.deleteProperty(navigator, 'onLine')
    window.dispatchEvent(new Event('online'))
    expect(online.now()).to.equal(true)
    online.leave()
  })

  it('makes ids that differ', () => {
    expect(randomId()).to.match(/^[0-9a-f]{32}$/)
    expect(randomId()).not.to.equal(randomId())
  })
})
