import { expect } from '@open-wc/testing'
import { type Bridge, connect } from '@rai/bridge'
import { BridgeError, createMockHost, type MockHost, type MockOptions } from '@rai/bridge/mock'
import { until } from '../../../test/helpers/frames.js'

describe('the mock host', () => {
  let host: MockHost
  let bridge: Bridge

  async function open(options?: MockOptions) {
    host = createMockHost(options)
    bridge = await connect()
  }
  afterEach(() => {
    bridge.destroy()
    host.destroy()
  })

  it('serves a page that stands alone, and tells what it called', async () => {
    await open({ context: { route: '/start' }, events: ['news'] })
    expect(bridge.context).to.include({ route: '/start', scheme: 'light' })
    expect(await bridge.send('Hello')).to.deep.equal({ id: 'mock-1' })
    await bridge.setRoute('/next')
    await bridge.toast('Saved')
    expect(await bridge.open('https://example.com')).to.deep.equal({ opened: true })
    expect((await bridge.getIdentity())?.token).to.equal('a.mock.token')
    expect(host.calls.map(({ method }) => method)).to.deep.equal([
      ...['messages.send', 'route.set', 'toast.show', 'links.open', 'identity.get'],
    ])
    const heard: unknown[] = []
    await bridge.subscribe('news', (data) => heard.push(data))
    host.emit('news', 1)
    host.update({ scheme: 'dark' })
    await until(() => heard.length === 1 && bridge.context.scheme === 'dark', 'news')
  })

  it('refuses as a real host does', async () => {
    await open({
      granted: ['messages.send', 'draft.set'],
      methods: {
        'draft.set': () => {
          throw new BridgeError('E_DENIED', 'The visitor said no.')
        },
      },
    })
    const code = (promise: Promise<unknown>) => promise.catch((error) => error.code)
    expect(await code(bridge.toast('x'))).to.equal('E_DENIED')
    expect(await code(bridge.draft('x'))).to.equal('E_DENIED')
    expect(await code(bridge.send(''))).to.equal('E_INVALID')
    expect(await code(bridge.call('nothing'))).to.equal('E_UNSUPPORTED')
    for (let n = 0; n < 4; n++) await bridge.send('x')
    expect(await code(bridge.send('x'))).to.equal('E_RATE')
  })

  it('takes what its methods take, and nothing else', async () => {
    await open()
    const code = (method: string, params: unknown) => bridge.call(method, params).catch((error) => error.code)
    for (const kind of ['', 'over', 1, { toString: 1, valueOf: 1 }])
      expect(await code('toast.show', { text: 'x', kind })).to.equal('E_INVALID')
    for (const url of ['https://', 'http://[', 'javascript:1//https://a.example'])
      expect(await code('links.open', { url })).to.equal('E_INVALID')
    for (const text of [1n, { length: 1 }, ['x']]) expect(await code('draft.set', { text })).to.equal('E_INVALID')
  })

  it('begins anew, with no event lost, and falls silent', async () => {
    await open({ events: ['news'] })
    const heard: unknown[] = []
    await bridge.subscribe('news', (data) => heard.push(data))
    host.emit('news', 1)
    host.restart()
    host.emit('news', 2)
    await until(() => heard.length === 2, 'news')
    expect(heard).to.deep.equal([1, 2])
    host.fallSilent()
    const silent = bridge.call('toast.show', { text: 'x' }, { timeout: 50 })
    expect(await silent.catch((error) => error.code)).to.equal('E_TIMEOUT')
  })
})
