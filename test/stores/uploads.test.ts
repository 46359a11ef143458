import { attachmentLimit, mostAttachments } from '@rai/contract'
import { conversation, identify, largestUpload, mostUploads, upload } from '@rai/stores'
import { expect, test } from 'vitest'
import { faults } from '../helpers/fault-proxy.js'
import { ready, setStage, until } from './stage.js'

const { proxy, asked, listen, page, channel, token, passes } = await setStage()

/** A member's conversation, on a page of theirs. */
async function talk() {
  const channelId = await channel('ada', [])
  const here = page({ mayWarn: true })
  identify(here, { getToken: () => token('ada') })
  const it = conversation(here, { channelId })
  listen(it.$talk)
  listen(it.outbox.$outgoing)
  await ready(it.$talk)
  const said = async () =>
    (await ready(it.$talk)).messages.map(({ text, attachments }) => [text, ...attachments.map(({ name }) => name)])
  return { here, it, channelId, said }
}
const note = (name: string) => new File(['Boots'], name)

test('a message waits for its files, and what is said after it waits for the message', async () => {
  const { here, it, channelId, said } = await talk()
  const files = ['a.txt', 'b.txt'].map((name) => upload(here, channelId, note(name)))
  it.outbox.send('With files', null, 0, files)
  it.outbox.send('After them')
  await until(it.$talk, (state) => state.state === 'ready' && state.value.messages.length === 2)
  expect(await said()).toEqual([['With files', 'a.txt', 'b.txt'], ['After them']])
  expect(files.map(({ $state }) => $state.get())).toEqual(Array(2).fill({ state: 'sent', progress: 1 }))
})

test('a file that nobody heard of is one, however often it is sent, and so is its message', async () => {
  const { here, it, channelId, said } = await talk()
  proxy.fail(faults.lost, '/attachments')
  const file = upload(here, channelId, note('once.txt'))
  await until(file.$state, ({ state }) => state === 'failed')
  expect(file.$state.get().code).toBe('network')
  it.outbox.send('', null, 0, [file])
  await until(it.outbox.$outgoing, ([one]) => one?.state === 'waiting' && one.code === 'network')
  proxy.fail(undefined)
  await passes(here, async () => expect(await said()).toEqual([['', 'once.txt']]), 1000)
  expect(asked('/attachments').length).toBeGreaterThanOrEqual(3)
})

test('pages know what the server lets a message carry', () => {
  expect([mostUploads, largestUpload]).toEqual([mostAttachments, attachmentLimit])
})

test('a file that is too large is not sent, and one that is refused fails its message', async () => {
  const { here, it, channelId } = await talk()
  const large = upload(here, channelId, new File([new Uint8Array(largestUpload + 1)], 'film.mp4'))
  await until(large.$state, ({ state }) => state === 'failed')
  expect(large.$state.get().code).toBe('too_large')
  expect(asked('/attachments')).toEqual([])
  const wrong = upload(here, channelId, note('run.exe'))
  it.outbox.send('Look', null, 0, [wrong])
  const [failed] = await until(it.outbox.$outgoing, ([one]) => one?.state === 'failed')
  expect(failed!.code).toBe('invalid_file')
  expect(it.outbox.drop(failed!.clientId)).toMatchObject({ text: 'Look', files: [wrong] })
  expect(it.outbox.$outgoing.get()).toEqual([])
})

test('a page that is loaded anew does not know of a message with files, and of one without', async () => {
  const kept = new Map<string, string>()
  const storage = {
    getItem: (name: string) => kept.get(name) ?? null,
    setItem: (name: string, value: string) => void kept.set(name, value),
    removeItem: (name: string) => void kept.delete(name),
  }
  const channelId = await channel('ada', [])
  const open = () => {
    const here = Object.assign(page({ mayWarn: true }), { storage })
    identify(here, { getToken: () => token('ada') })
    const { outbox } = conversation(here, { channelId })
    return { here, outbox, leave: listen(outbox.$outgoing) }
  }
  proxy.fail(faults.reset, '/channels')
  const before = open()
  before.outbox.send('With a file', null, 0, [upload(before.here, channelId, note('a.txt'))])
  before.outbox.send('Without')
  await until(before.outbox.$outgoing, ([one]) => one?.code === 'network')
  await expect.poll(() => [...kept.values()].join()).toContain('Without')
  before.leave()
  const after = open()
  const left = await until(after.outbox.$outgoing, ({ length }) => length > 0)
  expect(left.map(({ text }) => text)).toEqual(['Without'])
})
