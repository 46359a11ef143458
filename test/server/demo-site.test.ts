import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { text } from 'node:stream/consumers'
import { afterAll, expect, it } from 'vitest'
import { createSite } from '../../demo/site.js'

const siteUrl = 'http://127.0.0.1:4401'
const site = createSite(
  {
    apiUrl: 'http://127.0.0.1:4400',
    siteUrl,
    serverId: '',
    publishableKey: '',
    communityKey: '',
    systemKey: '',
    widgetAccess: { accessId: '', accessKey: '' },
    owner: { email: '', password: '' },
  },
  { dataDir: tmpdir(), filesUrl: 'http://127.0.0.1:4400' },
)
await once(site.listen(0, '127.0.0.1'), 'listening')
afterAll(() => site.close())

it.each(['//', '///', 'http://', '//[', 'http://x:99999/'])(
  'a request for %s is refused and ends nothing',
  async (path) => {
    const ask = (path: string) => {
      const socket = connect((site.address() as AddressInfo).port, '127.0.0.1')
      socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
      return text(socket)
    }
    expect(await ask(path)).toMatch(/^HTTP\/1.1 400 /)
    expect(await ask('/')).toMatch(/^HTTP\/1.1 200 /)
  },
)
