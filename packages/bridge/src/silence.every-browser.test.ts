import { expect } from '@open-wc/testing'
import {
  clear,
  connect,
  connected,
  failure,
  guestOrigin,
  hosted,
  loaded,
  otherHost,
  otherInit,
  run,
  stranger,
  until,
} from '../../../test/helpers/frames.js'

/** Everything here waits for the same seconds at once. */
let waits: Record<'unanswered' | 'call' | 'late' | 'left', Promise<unknown>>

before(async () => {
  const { element: deaf, end } = await otherHost(({ nonce }, port) => {
    port.postMessage(otherInit)
    return { rai: 1, t: 'welcome', protocol: 1, nonce }
  })
  await connect(deaf)
  end()
  const alone = await stranger(guestOrigin)

  async function late() {
    const { element, states } = await hosted()
    await until(() => states.includes('silent'), 'silence')
    await connect(element)
    return states
  }
  async function left() {
    const { element, states, host } = await connected()
    await run(element, () => void setTimeout(() => location.replace(location.href.replace('127.0.0.1', '127.0.0.2'))))
    await loaded(element)
    await until(() => states.at(-1) === 'silent', 'silence')
    host.reload()
    await loaded(element)
    await connect(element)
    return states
  }
  waits = {
    unanswered: failure(connect(alone)),
    call: failure(run(deaf, ({ connection }) => connection.call('math.add'))),
    late: late(),
    left: left(),
  }
})
after(clear)

describe('silence', () => {
  it('of a host ends the wait for it', async () => {
    expect(await waits.unanswered).to.include({ code: 'E_TIMEOUT', retryable: true })
  })

  it('of a host that was there ends a call', async () => {
    expect(await waits.call).to.include({ code: 'E_TIMEOUT', retryable: true })
  })

  it('of a guest is told, and that it came after all', async () => {
    expect(await waits.late).to.deep.equal(['connecting', 'silent', 'connected'])
  })

  it('of a page that another one took the place of is told, and ended by a reload', async () => {
    expect(await waits.left).to.deep.equal(['connecting', 'connected', 'silent', 'connecting', 'connected'])
  })
})
