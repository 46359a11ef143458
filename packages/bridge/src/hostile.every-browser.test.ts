import { expect } from '@open-wc/testing'
import type { HostOptions } from '@rai/bridge/host'
import {
  clear,
  connect,
  connected,
  frame,
  guestOrigin,
  loaded,
  originOf,
  run,
  stranger,
  until,
} from '../../../test/helpers/frames.js'

afterEach(clear)

const secret = 'only-for-the-guest'

/** Every message of the protocol, as a forger would write it, and what is none. */
const forged: unknown[] = [
  ...[1, 2].flatMap((protocol) => [
    { rai: 1, t: 'hello', protocols: [protocol], nonce: 'forged' },
    { rai: 1, t: 'welcome', protocol, nonce: 'forged' },
  ]),
  {
    t: 'init',
    session: 'forged',
    methods: {},
    granted: ['all'],
    limits: {},
    height: { mode: 'fit', max: 1 },
    context: {},
  },
  { t: 'ready', scheme: 'dark' },
  { t: 'call', id: 1, m: 'messages.send', p: { text: 'forged' } },
  { t: 'cancel', id: 1 },
  { t: 'result', id: 1, r: 'forged' },
  { t: 'error', id: 1, e: { code: 'E_DENIED', message: 'forged', retryable: false } },
  { t: 'progress', id: 1, p: 'forged' },
  { t: 'event', s: 1, seq: 1000, d: 'forged', missed: 0 },
  { t: 'ack', s: 1, seq: 1000 },
  { t: 'context', c: { route: '/forged', member: { name: 'forged' } } },
  { t: 'ping' },
  { t: 'pong' },
  { t: 'height', h: 9000 },
  { t: 'probe' },
  { t: 'natural', h: 9000 },
  { t: 'collapse' },
  { t: 'bye', reason: 'destroyed' },
  ...[null, undefined, 0, '', 'hello', [], {}, { rai: 1 }, { rai: 1, t: 'hello' }, { rai: 1, t: 'hello', nonce: {} }],
  { rai: 1, t: 'hello', protocols: 'all', nonce: 'forged' },
]

/** Whose window a message goes to, and how it gets there. */
type Send = (message: unknown) => void

/** A guest that is connected, with what it and the host have done since. */
async function victim(options: Partial<HostOptions> = {}) {
  const sent: unknown[] = []
  const one = await connected({
    granted: ['messages.send', 'news', 'identity.get'],
    methods: { 'messages.send': ({ text }) => ({ id: String(sent.push(text)) }) },
    getToken: () => ({ token: secret, expiresIn: 60 }),
    context: { member: { name: secret } },
    ...options,
  })
  const { style } = one.element
  await until(() => Number.parseFloat(style.blockSize) < 50 && style.paddingBlockEnd === '', 'height of an empty page')
  await run(one.element, async ({ connection, kept }) => {
    const told: unknown[] = []
    kept.told = told
    connection.on('close', (reason) => told.push(reason))
    connection.on('context', (changes) => told.push(changes))
    await connection.subscribe('news', (data) => told.push(data))
  })
  const before = { height: one.element.offsetHeight, states: [...one.states] }

  /** Nothing has changed, and both still talk. */
  async function isUnharmed() {
    one.host.emit('news', 'true')
    const works = await run(one.element, async ({ connection, kept }) => [
      await connection.send('true'),
      (await connection.getIdentity())?.token,
      connection.context.route,
      kept.told,
    ])
    expect(works).to.deep.equal([{ id: '1' }, secret, '/', ['true']])
    expect(sent).to.deep.equal(['true'])
    expect({ height: one.element.offsetHeight, states: one.states }).to.deep.equal(before)
  }
  return { ...one, isUnharmed }
}

/** A page in the guest's frame's own frame. */
async function inner(guest: HTMLIFrameElement, origin: string): Promise<Window> {
  await run(
    guest,
    (_, src) =>
      new Promise<void>((resolve) => {
        const element = document.createElement('iframe')
        element.addEventListener('load', () => resolve())
        element.src = src
        // What is out of the flow does not change the page's height.
        element.style.cssText = 'position: fixed; inset: 0; block-size: 1px'
        document.body.append(element)
      }),
    `${origin}/frame`,
  )
  return guest.contentWindow![0]!
}

/** Posts from a page: to the host's window, or to a window that `path` leads to from there. */
const from =
  (page: HTMLIFrameElement | Window, path: 'top' | 'guest' | 'parent' | 'self') =>
  (messages: unknown[]): Promise<void> =>
    run(
      page,
      (_, { messages, path }) => {
        const target = { top, parent, self, guest: top![0] }[path]!
        for (const message of messages) {
          const { port1, port2 } = new MessageChannel()
          target.postMessage(message, '*', [port2])
          // And whatever they get for it is used.
          for (const inner of messages) port1.postMessage(inner)
        }
      },
      { messages, path },
    )

/** When everything that was posted to the host's window and the guest's before has been heard. */
async function arrived(guest: HTMLIFrameElement): Promise<void> {
  const heard = new Promise<void>((resolve) => {
    const hear = ({ data }: MessageEvent) => {
      if (data !== 'the last one') return
      removeEventListener('message', hear)
      resolve()
    }
    addEventListener('message', hear)
  })
  postMessage('the last one', '*')
  await Promise.all([heard, run(guest, () => {})])
}

const senders: Record<string, (guest: HTMLIFrameElement) => Promise<(messages: unknown[]) => unknown>> = {
  'a frame beside it, of its origin, at the host': async () => from(await stranger(guestOrigin), 'top'),
  'a frame beside it, of its origin, at the guest': async () => from(await stranger(guestOrigin), 'guest'),
  'a frame beside it, of another origin, at the host': async () => from(await stranger(originOf(2)), 'top'),
  'a frame beside it, of another origin, at the guest': async () => from(await stranger(originOf(2)), 'guest'),
  'a frame beside it without an origin, at the host': async () =>
    from(await stranger(guestOrigin, 'allow-scripts'), 'top'),
  'a frame beside it without an origin, at the guest': async () =>
    from(await stranger(guestOrigin, 'allow-scripts'), 'guest'),
  'a frame in it, of its origin, at the host': async (guest) => from(await inner(guest, guestOrigin), 'top'),
  'a frame in it, of its origin, at the guest': async (guest) => from(await inner(guest, guestOrigin), 'parent'),
  'a frame in it, of another origin, at the host': async (guest) => from(await inner(guest, originOf(2)), 'top'),
  'a frame in it, of another origin, at the guest': async (guest) => from(await inner(guest, originOf(2)), 'parent'),
  'the guest, at itself': async (guest) => from(guest, 'self'),
  'the host’s page, at itself': async () => (messages) => {
    const send: Send = (message) => postMessage(message, '*')
    messages.forEach(send)
  },
  'the host’s page, at the guest': async (guest) => (messages) => {
    const send: Send = (message) => guest.contentWindow!.postMessage(message, '*')
    messages.forEach(send)
  },
  'a frame of the host’s page, at the host': async () => {
    const element = frame()
    const scripted = element.contentWindow as Window & typeof globalThis
    const post = scripted.Function('message', 'parent.postMessage(message, "*")') as Send
    return (messages) => messages.forEach(post)
  },
  'a script that makes events up, at the host': async () => (messages) => {
    for (const data of messages) dispatchEvent(new MessageEvent('message', { data, origin: guestOrigin }))
  },
  'a script that makes events up, from a window that is gone': async () => {
    const element = frame()
    const source = element.contentWindow
    element.remove()
    return (messages) => {
      for (const data of messages) {
        const event = new MessageEvent('message', { data, origin: guestOrigin })
        // Not every browser takes such a window for one.
        Object.defineProperty(event, 'source', { value: source })
        dispatchEvent(event)
      }
    }
  },
}

describe('a hostile sender', () => {
  for (const [name, sender] of Object.entries(senders))
    it(`${name}, has no effect`, async () => {
      const { element, isUnharmed } = await victim()
      const send = await sender(element)
      await send(forged)
      await arrived(element)
      await isUnharmed()
    })

  it('the guest itself, with what the window is not for, is refused and counted', async () => {
    const { element, host, isUnharmed } = await victim()
    const messages = forged.filter((one) => (one as { nonce?: unknown } | null)?.nonce !== 'forged')
    const before = host.refused
    await from(element, 'top')(messages)
    await until(() => host.refused === before + messages.length, 'refusals')
    await isUnharmed()
  })

  it('the guest itself, by what is no number and no word, lets nothing fail in the host’s page', async () => {
    const failed: unknown[] = []
    const hear = (what: unknown) => failed.push(what)
    for (const type of ['error', 'unhandledrejection']) addEventListener(type, hear)
    const { element } = await victim({ onError: hear })
    const answered = await run(
      element,
      () =>
        new Promise((done) => {
          addEventListener('message', ({ data, ports: [port] }) => {
            if (data?.nonce !== 'odd') return
            const odd = { toString: 1, valueOf: 1 }
            const answers: unknown[] = []
            port!.onmessage = ({ data: { t, id, e } }) => {
              if (t === 'result' || t === 'error') answers.push([id, e?.code])
              if (id === 9) done(answers)
            }
            const post = (...messages: object[]) => {
              for (const message of messages) port!.postMessage(message)
            }
            const subscribe = (id: number, p: object) => ({ t: 'call', id, m: 'events.subscribe', p })
            post({ t: odd }, { t: 'call', id: 1, m: odd }, { t: 'call', id: odd, m: 'messages.send', p: { text: 'x' } })
            const { port1 } = new MessageChannel()
            port!.postMessage({ t: 'call', id: port1, m: 'x' }, [port1])
            post(
              { t: 'cancel', id: odd },
              { t: 'ready', scheme: odd },
              { t: 'height', h: odd },
              { t: 'natural', h: odd },
            )
            post(subscribe(2, { s: 1, name: 'news', after: odd }), { t: 'ack', s: 1, seq: odd })
            post(subscribe(3, { s: 1, name: 'news', filter: { a: 1n } }), subscribe(4, { s: odd, name: 'news' }))
            post({ t: 'call', id: 5, m: 'events.unsubscribe', p: { s: odd } })
            post({ t: 'call', id: 9, m: 'messages.send', p: { text: 'true' } })
          })
          parent.postMessage({ rai: 1, t: 'hello', protocols: [1], nonce: 'odd' }, '*')
        }),
    )
    for (const type of ['error', 'unhandledrejection']) removeEventListener(type, hear)
    const invalid = 'E_INVALID'
    expect(answered).to.deep.equal([
      [2, undefined],
      [3, invalid],
      [4, invalid],
      [5, undefined],
      [9, undefined],
    ])
    expect(failed).to.deep.equal([])
  })

  it('is not even read', async () => {
    await victim()
    let read = 0
    const event = new MessageEvent('message', { origin: guestOrigin, source: window })
    Object.defineProperty(event, 'data', { get: () => read++ })
    dispatchEvent(event)
    expect(read).to.equal(0)
  })

  it('a hello whose name goes on for ever is refused', async () => {
    const { element, host, isUnharmed } = await victim()
    const before = host.refused
    await run(element, () =>
      parent.postMessage({ rai: 1, t: 'hello', protocols: [1], nonce: 'x'.repeat(1_000_000) }, '*'),
    )
    await until(() => host.refused === before + 1, 'refusal')
    await isUnharmed()
  })

  it('a hello that comes again is refused', async () => {
    const { element, host, isUnharmed } = await victim()
    const hellos: unknown[] = []
    const hear = ({ source, data }: MessageEvent) => source === element.contentWindow && hellos.push(data)
    addEventListener('message', hear)
    await connect(element)
    removeEventListener('message', hear)
    const before = host.refused
    await run(element, (_, hello) => parent.postMessage(hello, '*'), hellos.at(-1))
    await until(() => host.refused === before + 1, 'refusal')
    await run(element, async ({ connection, kept }) => {
      const told: unknown[] = []
      kept.told = told
      await connection.subscribe('news', (data) => told.push(data))
    })
    await isUnharmed()
  })

  it('a page of another origin that the frame was led to hears nothing and reaches nobody', async () => {
    for (const sandbox of [{}, { ours: [guestOrigin] }]) {
      const { element, host } = await victim(sandbox)
      // Opaque frames are known by their window alone: the page that comes after one of them is not told from it.
      const isOpaque = 'ours' in sandbox
      await run(element, (_, url) => void setTimeout(() => location.replace(url)), `${originOf(2)}/frame`)
      await loaded(element)
      await run(element, ({ kept }) => {
        kept.heard = []
        addEventListener('message', ({ data }) => {
          if (!data?.run) (kept.heard as unknown[]).push(data)
        })
      })
      const before = host.refused
      host.emit('news', secret)
      host.update({ route: `/${secret}` })
      if (!isOpaque) {
        await run(element, () => parent.postMessage({ rai: 1, t: 'hello', protocols: [1], nonce: 'later' }, '*'))
        await until(() => host.refused === before + 1, 'refusal')
      }
      expect(await run(element, ({ kept }) => kept.heard)).to.deep.equal([])
      clear()
    }
  })
})

it('no window message holds anything but a handshake', async () => {
  const messages: unknown[] = []
  const keep = ({ data }: MessageEvent) => messages.push(data)
  addEventListener('message', keep)
  const { element, host } = await victim()
  await run(element, ({ kept }) => {
    kept.heard = []
    addEventListener('message', ({ data }) => {
      if (!data?.run) (kept.heard as unknown[]).push(data)
    })
  })
  host.emit('news', secret)
  host.update({ member: { name: `${secret}-2` } })
  await connect(element)
  await run(
    element,
    ({ connection }, text) => Promise.all([connection.getIdentity({ fresh: true }), connection.send(text)]),
    secret,
  )
  removeEventListener('message', keep)
  const all = [...messages, ...((await run(element, ({ kept }) => kept.heard)) as unknown[])]
  expect(all.length).to.be.at.least(3)
  for (const message of all) {
    const { rai, t, protocol, protocols, nonce, ...rest } = message as Record<string, unknown>
    expect([rai, ['hello', 'welcome'].includes(String(t)), rest]).to.deep.equal([1, true, {}])
    expect(JSON.stringify([protocol, protocols, nonce])).not.to.contain(secret)
  }
})
