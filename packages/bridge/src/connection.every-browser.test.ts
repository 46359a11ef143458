import { expect } from '@open-wc/testing'
import { createHost, type HostOptions } from '@rai/bridge/host'
import {
  clear,
  connect,
  connected,
  failure,
  frame,
  guestOrigin,
  hosted,
  loaded,
  otherHost,
  otherInit,
  run,
  until,
} from '../../../test/helpers/frames.js'

afterEach(clear)

/** Every kind of frame that a guest may live in. */
const frames: Record<string, Partial<HostOptions>> = {
  'a page of another origin': {},
  'a page without an origin': { ours: [guestOrigin] },
}

for (const [kind, options] of Object.entries(frames))
  describe(`the bridge with ${kind}`, () => {
    const granted = [
      'math.add',
      'math.slow',
      'math.odd',
      'math.broken',
      'math.never',
      'route.set',
      'toast.show',
      'news',
    ]
    const methods = {
      'math.add': ({ a, b }: { a: number; b: number }) => a + b,
      'math.slow': async (_: unknown, { progress, signal }: { progress(data: unknown): void; signal: AbortSignal }) => {
        progress('half')
        await new Promise((resolve) => signal.addEventListener('abort', resolve))
      },
      'math.odd': () => () => 1,
      'math.broken': () => {
        throw new Error('a secret of the host')
      },
      'math.refused': () => 1,
      'math.v2': { version: 2, run: () => 2 },
      'math.never': { patience: 100, run: () => new Promise(() => {}) },
    }
    const open = (more: Partial<HostOptions> = {}) =>
      connected({ ...options, granted: [...granted, 'math.v2'], methods, ...more })

    it('connects, and tells what the host shows', async () => {
      const { element, states } = await open({
        context: {
          tokens: { '--rai-accent': 'tomato' },
          route: '/inbox',
          member: { name: 'Ada' },
          locale: 'ar',
          dir: 'rtl',
        },
      })
      const { context, style } = await run(element, ({ connection }) => ({
        context: connection.context,
        style: document.documentElement.style.getPropertyValue('--rai-accent'),
      }))
      expect(context).to.include({ route: '/inbox', locale: 'ar', dir: 'rtl', scheme: 'light' })
      expect(context.member).to.deep.equal({ name: 'Ada' })
      expect(context.viewport).to.deep.equal({ width: innerWidth, height: innerHeight })
      expect(context.timeZone).to.equal(Intl.DateTimeFormat().resolvedOptions().timeZone)
      expect(style).to.equal('tomato')
      expect(states).to.deep.equal(['connecting', 'connected'])
    })

    it('answers calls, many at once', async () => {
      const { element } = await open({
        methods: { 'math.add': { run: methods['math.add'], rate: { calls: 100, seconds: 1 } } },
      })
      const sums = await run(element, ({ connection }) =>
        Promise.all(Array.from({ length: 50 }, (_, n) => connection.call('math.add', { a: n, b: n }))),
      )
      expect(sums).to.deep.equal(Array.from({ length: 50 }, (_, n) => 2 * n))
    })

    it('says what it can do, and refuses the rest with a code', async () => {
      const reported: unknown[] = []
      const { element } = await open({ onError: (error) => reported.push(error) })
      const can = await run(element, ({ connection }) =>
        ['math.add', 'math.v2', 'math.v3', 'math.refused', 'toString', '__proto__'].map((name) =>
          connection.supports(name),
        ),
      )
      expect(can).to.deep.equal([true, true, false, false, false, false])
      expect(await run(element, ({ connection }) => connection.supports('math.v2', 3))).to.equal(false)
      const call = (name: string, params?: unknown) =>
        failure(
          run(element, ({ connection }, [name, params]) => connection.call(name, params), [name, params] as const),
        )
      expect(await call('math.v3')).to.include({ code: 'E_UNSUPPORTED', retryable: false })
      expect(await call('constructor')).to.include({ code: 'E_UNSUPPORTED' })
      expect(await call('math.refused')).to.include({ code: 'E_DENIED' })
      expect(await call('math.add', 'x'.repeat(70_000))).to.include({ code: 'E_INVALID' })
      expect(await call('math.broken')).to.include({
        code: 'E_INTERNAL',
        retryable: true,
        message: 'The host made a mistake.',
      })
      expect(await call('math.odd')).to.include({ code: 'E_INTERNAL' })
      expect(reported[0]).to.include({ message: 'a secret of the host' })
      expect(await call('math.never')).to.include({ code: 'E_TIMEOUT', retryable: true })
      expect(await failure(run(element, ({ connection }) => connection.call('math.add', () => 1)))).to.include({
        code: 'E_INVALID',
      })
    })

    it('tells progress, and takes a call back', async () => {
      const { element } = await open()
      const told = await run(element, async ({ connection }) => {
        const controller = new AbortController()
        const told: unknown[] = []
        const onProgress = (data: unknown) => {
          told.push(data)
          controller.abort()
        }
        await connection
          .call('math.slow', {}, { signal: controller.signal, onProgress })
          .catch(({ code }) => told.push(code))
        await connection.call('math.slow', {}, { signal: controller.signal }).catch(({ code }) => told.push(code))
        return told
      })
      expect(told).to.deep.equal(['half', 'E_CANCELLED', 'E_CANCELLED'])
    })

    it('says in the error how often a method may be called, and when again', async () => {
      const rated = { run: () => 1, rate: { calls: 2, seconds: 60 } }
      const { element } = await open({ methods: { 'math.add': rated } })
      const call = () => run(element, ({ connection }) => connection.call('math.add'))
      expect(await run(element, ({ connection }) => connection.init.limits['math.add'])).to.deep.equal(rated.rate)
      await call()
      await call()
      const refusal = await failure(call())
      expect(refusal).to.include({ code: 'E_RATE', retryable: true, message: 'math.add: 2 calls in 60 s at most.' })
      expect(refusal.retryAfter).to.be.within(1, 60_000)
      await connect(element)
      expect(await failure(call())).to.include({ code: 'E_RATE' })
    })

    it('follows the host, and tells it where the visitor is', async () => {
      const paths: unknown[] = []
      const { element, host } = await open({ methods: { 'route.set': (change) => void paths.push(change) } })
      await run(element, ({ connection, kept }) => {
        kept.routes = []
        connection.on('route', (path) => (kept.routes as string[]).push(path))
      })
      host.update({ route: '/messages/7' })
      await until(async () => ((await run(element, ({ kept }) => kept.routes)) as string[]).length === 1, 'route')
      expect(await run(element, ({ connection }) => connection.context.route)).to.equal('/messages/7')
      await run(element, ({ connection }) => connection.setRoute('/a?token=1#b', { title: 'A' }))
      expect(paths).to.deep.equal([{ path: '/a', title: 'A' }])
      const elsewhere = ['//elsewhere.example', 'https://elsewhere.example', '/\\elsewhere.example', '']
      // Where browsers read an address, these are not there.
      for (const path of [...elsewhere, '/\t/elsewhere.example', '/\n\\elsewhere.example', '/a\r\nb'])
        expect(await failure(run(element, ({ connection }, path) => connection.setRoute(path), path))).to.include({
          code: 'E_INVALID',
        })
    })

    it('rejects what is under way when it ends', async () => {
      const { element, states } = await open()
      const codes = await run(element, async ({ connection }) => {
        const calls = [connection.call('math.slow', {}), connection.call('math.slow', {})]
        connection.destroy()
        calls.push(connection.call('math.add', {}))
        const settled = await Promise.allSettled(calls)
        return settled.map((one) => one.status === 'rejected' && one.reason.code)
      })
      expect(codes).to.deep.equal(['E_CLOSED', 'E_CLOSED', 'E_CLOSED'])
      await until(() => states.at(-1) === 'closed: destroyed', 'end at the host')
    })

    it('connects anew when the page reloads, mounts twice, or the host is made anew', async () => {
      const { element, host, states } = await open()
      element.src += ''
      await loaded(element)
      await connect(element)
      const sum = () => run(element, ({ connection }) => connection.call('math.add', { a: 1, b: 2 }))
      expect(await sum()).to.equal(3)

      const ends = await run(element, async (scope) => {
        const first = scope.connection
        const ended = new Promise((resolve) => first.on('close', resolve))
        const controller = new AbortController()
        const unmounted = scope.bridge.connect({ signal: controller.signal }).catch(({ code }) => code)
        controller.abort()
        scope.connection = await scope.bridge.connect()
        return [await unmounted, await ended]
      })
      expect(ends).to.deep.equal(['E_CANCELLED', 'replaced'])
      expect(await sum()).to.equal(3)

      let loads = 0
      element.addEventListener('load', () => loads++)
      host.destroy()
      const again = createHost({ ...options, frame: element, src: `${guestOrigin}/frame`, granted, methods })
      // What is called before the page has heard of it is rejected, as whatever is under way.
      await until(() => again.state === 'connected', 'connection to the new host')
      expect(await sum()).to.equal(3)
      expect([again.state, loads, states.includes('silent')]).to.deep.equal(['connected', 0, false])
      again.destroy()
    })

    it('tells events in order, none twice and none missing, across reloads', async () => {
      const { element, host } = await open()
      const heard: number[] = []
      const listen = () =>
        run(element, async ({ connection }) => {
          const tell = (data: unknown) => parent.postMessage({ heard: (data as { n: number }).n }, '*')
          await connection.subscribe('news', tell, { topic: 'a' })
        })
      const hear = ({ data }: MessageEvent) => data?.heard && heard.push(data.heard)
      addEventListener('message', hear)
      let n = 0
      const emit = (count: number) => {
        for (let i = 0; i < count; i++) {
          host.emit('news', { n: ++n, topic: 'a' })
          host.emit('news', { n: -n, topic: 'b' })
          host.emit('other', { n: -n, topic: 'a' })
        }
      }
      await listen()
      emit(20)
      // In the middle of them.
      element.src += ''
      emit(20)
      await loaded(element)
      emit(20)
      await connect(element)
      emit(20)
      await listen()
      emit(20)
      // The same page with another object.
      await connect(element)
      emit(20)
      await listen()
      await until(() => heard.length >= n, 'events')
      removeEventListener('message', hear)
      expect(heard).to.deep.equal(Array.from({ length: n }, (_, index) => index + 1))
      expect(await failure(run(element, ({ connection }) => connection.subscribe('other', () => {})))).to.include({
        code: 'E_DENIED',
      })
    })

    it('counts what it could not keep', async () => {
      const { element, host } = await open()
      await run(element, ({ connection }) => connection.subscribe('news', () => {}).then(() => {}))
      element.src += ''
      await loaded(element)
      for (let n = 1; n <= 600; n++) host.emit('news', n)
      await connect(element)
      const first = await run(
        element,
        ({ connection }) =>
          new Promise((resolve) => connection.subscribe('news', (data, { missed }) => resolve([data, missed]))),
      )
      expect(first).to.deep.equal([101, 100])
    })

    it('sends what it keeps anew so often only', async () => {
      const { element } = await open()
      const codes = await run(element, async ({ connection }) => {
        const subscribe = () => connection.call('events.subscribe', { s: 1, name: 'news', after: 0 })
        const all = await Promise.allSettled(Array.from({ length: 201 }, subscribe))
        return all.map((one) => (one.status === 'rejected' ? one.reason.code : 'made'))
      })
      expect(codes).to.deep.equal([...Array(200).fill('made'), 'E_RATE'])
    })

    it('closes the port of a guest that floods, and takes its page away', async () => {
      for (const way of ['port', 'window'] as const) {
        let ran = 0
        const add = { run: () => ++ran, rate: { calls: 1_000_000, seconds: 1 } }
        const { element, states } = await open({ methods: { 'math.add': add } })
        await run(
          element,
          ({ connection }, way) => {
            setInterval(() => {
              for (let n = 0; n < 100; n++)
                if (way === 'port') connection.call('math.add', { a: 1, b: 2 }).catch(() => {})
                else parent.postMessage({ rai: 1, t: 'hello', protocols: [1], nonce: `${Math.random()}` }, '*')
            }, 10)
          },
          way,
        )
        await until(() => states.includes('closed: flood'), 'end of the flood')
        // What came in the second before, and in the one that was not let come to its end.
        expect(ran).to.be.at.most(2000)
      }
    })

    it('takes the page of a guest away that floods by ever new ports', async () => {
      const add = { run: methods['math.add'], rate: { calls: 1_000_000, seconds: 1 } }
      const { element, states } = await open({ methods: { 'math.add': add }, limits: { messages: 100 } })
      // It does not come to its end.
      void run(element, async ({ bridge }) => {
        for (let n = 0; n < 15; n++) {
          const connection = await bridge.connect()
          await Promise.all(Array.from({ length: 70 }, () => connection.call('math.add', { a: 1, b: 2 })))
        }
      })
      await until(() => states.includes('closed: flood'), 'end of the flood')
    })
  })

it('page and frame have one colour scheme, so that the frame is transparent', async () => {
  for (const [declared, dark, light] of [
    ['', 'normal', 'normal'],
    ['light dark', 'dark', 'light'],
    ['dark', 'dark', 'dark'],
  ] as const) {
    const { element, host } = await hosted({ context: { scheme: 'dark' } })
    await run(
      element,
      (_, declared) => {
        const sheet = new CSSStyleSheet()
        sheet.replaceSync(`:root { color-scheme: ${declared} }`)
        document.adoptedStyleSheets = [sheet]
      },
      declared,
    )
    await connect(element)
    const both = async () => [
      element.style.colorScheme,
      await run(element, () => getComputedStyle(document.documentElement).colorScheme),
    ]
    await until(async () => String(await both()) === String([dark, dark]), `${dark} on both sides`)
    host.update({ scheme: 'light' })
    await until(async () => String(await both()) === String([light, light]), `${light} on both sides`)
  }
})

it('a page knows what an on-screen keyboard covers of it', async () => {
  const { element } = await connected()
  element.style.cssText += 'position: fixed; inset-block-end: -20px'
  const free = () => run(element, ({ connection }) => connection.context.safeArea.bottom)
  const viewport = visualViewport!
  const become = (height: number) => {
    Object.defineProperty(viewport, 'height', { value: height, configurable: true })
    viewport.dispatchEvent(new Event('resize'))
  }
  expect(await free()).to.equal(0)
  // So high a page's own toolbar may be.
  become(innerHeight - 60)
  expect(await free()).to.equal(0)
  become(innerHeight - 260)
  await until(async () => (await free()) === 260, 'height of the keyboard')
  element.style.insetBlockEnd = '200px'
  become(innerHeight - 261)
  await until(async () => (await free()) === 61, 'what of it covers the page')
  Reflect.deleteProperty(viewport, 'height')
  viewport.dispatchEvent(new Event('resize'))
  await until(async () => (await free()) === 0, 'end of it')
})

it('a page has the visitor pass something on, where their browser has a window for it', async () => {
  const own = Object.getOwnPropertyDescriptor(navigator, 'share')
  const become = (value: unknown) => Object.defineProperty(navigator, 'share', { value, configurable: true })
  const passed: unknown[] = []
  become(async (what: { title?: string }) => {
    passed.push(what)
    if (what.title === 'Not this') throw new DOMException('The visitor closed it.', 'AbortError')
  })
  const { element } = await connected({ granted: ['share.open'] })
  const answers = await run(element, async ({ connection }) => {
    const all = [{ title: 'Lake', url: 'https://a.example/lake' }, { title: 'Not this' }, {}, { url: 'javascript:1' }]
    return Promise.all(all.map((what) => connection.share(what).catch(({ code }) => code)))
  })
  expect(answers).to.deep.equal([{ shared: true }, { shared: false }, 'E_INVALID', 'E_INVALID'])
  expect(passed).to.deep.equal([{ title: 'Lake', url: 'https://a.example/lake' }, { title: 'Not this' }])
  Reflect.deleteProperty(navigator, 'share')
  if (own) Object.defineProperty(navigator, 'share', own)
  if ('share' in navigator) return
  const without = await connected({ granted: ['share.open'] })
  expect(await run(without.element, ({ connection }) => connection.supports('share.open'))).to.equal(false)
})

describe('who looks', () => {
  it('gets one token for all that ask, anew when it is wanted or somebody else looks', async () => {
    const asked: unknown[] = []
    const { element, host } = await connected({
      granted: ['identity.get'],
      getToken({ signal: _, ...request }) {
        asked.push(request)
        return { token: `token-${asked.length}`, expiresIn: 60 }
      },
    })
    const get = (request: object) =>
      run(element, ({ connection }, request) => connection.getIdentity(request).then((one) => one?.token), request)
    const together = await run(element, async ({ connection }) => {
      const all = await Promise.all([connection.getIdentity(), connection.getIdentity(), connection.getIdentity()])
      return all.map((one) => one?.token)
    })
    expect(together).to.deep.equal(['token-1', 'token-1', 'token-1'])
    expect(await get({})).to.equal('token-1')
    expect(await get({ fresh: true })).to.equal('token-2')
    expect(await get({ nonce: 'once' })).to.equal('token-3')
    expect(await get({ nonce: 'once' })).to.equal('token-4')
    expect(await get({})).to.equal('token-2')
    host.update({ member: { name: 'Grace' } })
    await until(() => run(element, ({ connection }) => connection.context.member?.name === 'Grace'), 'new member')
    expect(await get({})).to.equal('token-5')
    expect(asked[2]).to.deep.equal({ nonce: 'once', origin: guestOrigin })
  })

  it('is renewed 15 s before the end, and nobody is nobody', async () => {
    let n = 0
    const { element } = await connected({
      granted: ['identity.get'],
      getToken: () => [{ token: `token-${++n}`, expiresIn: 15 }, null][n > 2 ? 1 : 0]!,
    })
    const get = () => run(element, ({ connection }) => connection.getIdentity().then((one) => one?.token ?? null))
    expect([await get(), await get(), await get()]).to.deep.equal(['token-1', 'token-2', null])
  })

  it('is not told to a page without an origin', async () => {
    const { element } = await connected({
      ours: [guestOrigin],
      granted: ['identity.get'],
      getToken: () => ({ token: 'secret', expiresIn: 60 }),
    })
    expect(await failure(run(element, ({ connection }) => connection.getIdentity()))).to.include({ code: 'E_DENIED' })
  })
})

describe('other versions', () => {
  it('a newer guest speaks as an older host does, and keeps what it does not know', async () => {
    const { element } = await hosted({ granted: ['math.add'], methods: { 'math.add': () => 3 } })
    const heard = await run(element, async () => {
      parent.postMessage({ rai: 1, t: 'hello', protocols: [1, 2, 77, 'x'], nonce: 'n', more: { of: 'it' } }, '*')
      const { data, ports } = await new Promise<MessageEvent>((resolve) =>
        addEventListener('message', (event) => event.data?.t === 'welcome' && resolve(event)),
      )
      const port = ports[0]!
      const init = await new Promise((resolve) => {
        port.onmessage = ({ data }) => resolve(data)
      })
      port.postMessage({ t: 'ready', scheme: 'normal', more: 1 })
      port.postMessage({ t: 'of a later version' })
      port.postMessage({ t: 'call', id: 1, m: 'math.add', p: {}, more: 1 })
      const result = await new Promise((resolve) => {
        port.onmessage = ({ data }) => resolve(data)
      })
      return [data, (init as { t: string }).t, result]
    })
    expect(heard).to.deep.equal([
      { rai: 1, t: 'welcome', protocol: 1, nonce: 'n' },
      'init',
      { t: 'result', id: 1, r: 3 },
    ])
  })

  it('a guest works with a newer host', async () => {
    const { element, end } = await otherHost(({ nonce }, port) => {
      port.onmessage = ({ data }) => {
        if (data.t !== 'call') return
        port.postMessage({ t: 'of a later version' })
        port.postMessage({
          t: 'error',
          id: data.id,
          e: { code: 'E_NEW', message: 'new', retryable: true, docs: 'url' },
        })
      }
      port.postMessage({ ...otherInit, more: 'later' })
      return { rai: 1, t: 'welcome', protocol: 1, nonce, more: 1 }
    })
    await connect(element)
    const error = await run(element, ({ connection }) => connection.call('math.add').catch((error) => ({ ...error })))
    expect(error).to.include({ code: 'E_NEW', docs: 'url', retryable: true })
    end()
  })

  it('without one in common both say so', async () => {
    const { element, end } = await otherHost(({ nonce }) => ({ rai: 1, t: 'welcome', protocol: 9, nonce }))
    expect(await failure(connect(element))).to.include({ code: 'E_UNSUPPORTED' })
    end()
    const { element: older } = await hosted()
    const answer = await run(older, async () => {
      parent.postMessage({ rai: 1, t: 'hello', protocols: [99], nonce: 'n' }, '*')
      return new Promise((resolve) =>
        addEventListener(
          'message',
          ({ data, ports }) => data?.t === 'welcome' && resolve([data.protocol, ports.length]),
        ),
      )
    })
    expect(answer).to.deep.equal([0, 0])
  })
})

it('a frame has the walls that its manifest and the operator agree on', async () => {
  const element = frame()
  const host = createHost({
    frame: element,
    src: `${guestOrigin}/frame`,
    manifest: { features: ['camera', 'fullscreen'], popups: true, downloads: true },
    granted: ['camera', 'geolocation', 'popups'],
  })
  expect(element.getAttribute('sandbox')).to.equal(
    'allow-scripts allow-forms allow-same-origin allow-popups allow-popups-to-escape-sandbox',
  )
  expect([element.allow, element.referrerPolicy]).to.deep.equal([`camera ${guestOrigin}`, 'strict-origin'])
  host.destroy()
})
