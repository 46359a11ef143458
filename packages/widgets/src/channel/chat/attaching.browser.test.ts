import { expect } from '@open-wc/testing'
import {
  channel,
  find,
  freshApi,
  messagesOf,
  openChannel,
  part,
  say,
  shiftsDuring,
  shows,
  site,
  textOf,
  until,
  type Wanted,
} from '../../../../../test/helpers/browser.js'
import type { RaiChannel } from '../../index.js'

const field = (element: Element) => find<HTMLTextAreaElement>(element, '.field textarea')!
const all = (element: Element, name: string) => [
  ...element.shadowRoot!.querySelectorAll<HTMLElement>(`[part~=${name}]`),
]
const textIn = (element: Element, name: string) => all(element, name).map((one) => textOf(one.querySelector('bdi')))

/** A picture of so many pixels. */
async function picture(name: string, width = 600, height = 300): Promise<File> {
  const canvas = Object.assign(document.createElement('canvas'), { width, height })
  const context = canvas.getContext('2d')!
  context.fillStyle = '#2a6f97'
  context.fillRect(0, 0, width, height)
  const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done, 'image/png'))
  return new File([blob!], name, { type: 'image/png' })
}
const note = (name = 'note.txt', text = 'Bring boots') => new File([text], name, { type: 'text/plain' })
const held = (files: readonly File[]) => {
  const transfer = new DataTransfer()
  for (const file of files) transfer.items.add(file)
  return transfer
}

/** A channel that one can attach files in. */
async function ready(id: string, wanted: Wanted = {}) {
  const { attributes, ...more } = wanted
  const element = await channel({ member: 'talker-30', ...more, attributes: { channel: id, ...attributes } })
  await until(() => shows(element, 'attach-button'), 'button')
  return element
}

async function choose(element: RaiChannel, ...files: File[]) {
  const chooser = find<HTMLInputElement>(element, 'input[type=file]')!
  chooser.files = held(files).files
  chooser.dispatchEvent(new Event('change', { bubbles: true }))
  await until(() => all(element, 'upload').length > 0, 'uploads')
}
const isThere = (element: Element) => all(element, 'upload').every((one) => one.classList.contains('sent'))

interface Said {
  text: string
  attachments: { name: string; url: string; picture: { width: number; height: number } | null }[]
}
const saidIn = (id: string) => site<Said[]>('/said', { member: 'talker-40', channel: id })

describe('<rai-channel> with a member who attaches files', () => {
  it('shows them at once, sends them with or without words, and draws them in the log', async () => {
    const id = await openChannel()
    const element = await ready(id)
    await choose(element, await picture('hut.png'), note())
    expect(textIn(element, 'upload')).to.deep.equal(['hut.png', 'note.txt'])
    await until(() => find(element, '.thumb canvas'), 'picture')
    await expect(element).to.be.accessible()
    await until(() => isThere(element), 'uploads')
    await expect(element).to.be.accessible()
    expect(part(element, 'send-button')!.ariaDisabled).to.equal('false')
    part(element, 'send-button')!.click()
    await until(() => messagesOf(element)[0]?.dataset.id?.includes('-'), 'message')
    expect(all(element, 'upload')).to.have.length(0)
    const [message] = await saidIn(id)
    expect(message!.text).to.equal('')
    expect(message!.attachments.map(({ name }) => name)).to.deep.equal(['hut.webp', 'note.txt'])
    await until(() => find<HTMLImageElement>(element, '.picture img')?.naturalWidth, 'picture')
    const image = find<HTMLImageElement>(element, '.picture img')!
    expect([image.alt, image.width, image.height]).to.deep.equal(['hut.webp', 240, 120])
    expect(textOf(part(element, 'file'))).to.equal('note.txtTXT · 1 kB')
    expect(part<HTMLAnchorElement>(element, 'file')!.href).to.equal(message!.attachments[1]!.url)
    // By its author and what it carries.
    expect(messagesOf(element)[0]!.textContent).to.contain('Talker 30')
    await expect(element).to.be.accessible()
  })

  it('takes what is pasted and what is let go of over it, and leaves words to the field', async () => {
    const id = await openChannel()
    const element = await ready(id)
    const paste = (transfer: DataTransfer) => {
      const event = new ClipboardEvent('paste', { clipboardData: transfer, bubbles: true, cancelable: true })
      field(element).dispatchEvent(event)
      return event.defaultPrevented
    }
    const withWords = held([await picture('cells.png')])
    withWords.setData('text/plain', 'A1')
    expect([paste(withWords), paste(held([await picture('image.png')]))]).to.deep.equal([false, true])
    const drag = (type: string, transfer: DataTransfer) => {
      const event = new DragEvent(type, { dataTransfer: transfer, bubbles: true, cancelable: true, composed: true })
      find(element, '.base')!.dispatchEvent(event)
      return event.defaultPrevented
    }
    const words = new DataTransfer()
    words.setData('text/plain', 'Words')
    expect(drag('dragover', words)).to.equal(false)
    expect(drag('dragover', held([note()]))).to.equal(true)
    await until(() => part(element, 'composer')!.classList.contains('over'), 'sign')
    expect(drag('drop', held([note()]))).to.equal(true)
    await until(() => all(element, 'upload').length === 2, 'both')
    expect(textIn(element, 'upload')).to.deep.equal(['image.png', 'note.txt'])
    expect(part(element, 'composer')!.classList.contains('over')).to.equal(false)
  })

  it('says why one is not taken, and sends nothing until it is taken off', async () => {
    const id = await openChannel()
    const element = await ready(id)
    await choose(element, note('run.exe', 'MZ'), new File([new Uint8Array(10 * 1024 * 1024 + 1)], 'film.mp4'))
    await until(() => all(element, 'upload').every((one) => one.classList.contains('failed')), 'refusals')
    expect(all(element, 'upload').map((one) => textOf(one.querySelector('[role=alert]')))).to.deep.equal([
      'Files of this kind are not taken',
      'Larger than 10 MB',
    ])
    await expect(element).to.be.accessible()
    field(element).value = 'Look'
    field(element).dispatchEvent(new Event('input'))
    await element.updateComplete
    expect(part(element, 'send-button')!.ariaDisabled).to.equal('true')
    part(element, 'send-button')!.click()
    expect(messagesOf(element)).to.have.length(0)
    for (const left of [1, 0]) {
      part(element, 'take-off-button')!.click()
      await until(() => all(element, 'upload').length === left, 'fewer')
    }
    part(element, 'send-button')!.click()
    await until(async () => (await saidIn(id)).length === 1, 'message')
  })

  it('takes no more than a message carries', async () => {
    const element = await ready(await openChannel())
    await choose(element, ...[1, 2, 3, 4, 5].map((n) => note(`${n}.txt`)))
    expect(textIn(element, 'upload')).to.deep.equal(['1.txt', '2.txt', '3.txt', '4.txt'])
    expect(textOf(part(element, 'limit'))).to.equal('A message carries 4 files at most')
  })

  it('sends one again that did not get through, and keeps it at its place in the order', async () => {
    const id = await openChannel()
    const api = await freshApi()
    const element = await ready(id, { api, member: 'talker-31' })
    await api.fail('page502', '/attachments')
    await choose(element, note())
    await until(() => shows(element, 'upload-again-button'), 'way to try again')
    expect(textOf(all(element, 'upload')[0]!.querySelector('[role=alert]'))).to.equal('Could not be uploaded')
    await api.mend('/attachments')
    part(element, 'upload-again-button')!.click()
    await until(() => isThere(element), 'upload')
    part(element, 'send-button')!.click()
    field(element).value = 'After it'
    field(element).dispatchEvent(new Event('input'))
    await element.updateComplete
    part(element, 'send-button')!.click()
    await until(async () => (await saidIn(id)).length === 2, 'messages')
    const said = await saidIn(id)
    expect(said.map(({ text, attachments }) => [text, attachments.length])).to.deep.equal([
      ['', 1],
      ['After it', 0],
    ])
  })

  it('moves nothing when a picture comes', async () => {
    const id = await openChannel()
    const writer = await ready(id)
    await choose(writer, await picture('wide.png', 1200, 400))
    part(writer, 'send-button')!.click()
    await until(async () => (await saidIn(id)).length === 1, 'message')
    writer.remove()
    await say('talker-2', id, 'Below')
    const element = await channel({ member: 'talker-32', attributes: { channel: id } })
    await until(() => find(element, '.picture img'), 'picture')
    const image = find<HTMLImageElement>(element, '.picture img')!
    const [width, height] = [image.clientWidth, image.clientHeight]
    // What draws it may have come a moment after the message, which makes that higher once.
    for (let frames = 0; frames < 2; frames++) await new Promise(requestAnimationFrame)
    const shifts = await shiftsDuring(() => until(() => image.naturalWidth, 'picture'))
    expect(shifts).to.deep.equal([])
    expect([image.clientWidth, image.clientHeight]).to.deep.equal([width, height])
    expect([width, height]).to.deep.equal([320, 107])
  })

  it('has no such button where one may not', async () => {
    const id = await openChannel({ type: 'announcement' })
    const element = await channel({ member: 'talker-30', attributes: { channel: id } })
    await until(() => shows(element, 'closed'), 'words')
    expect(shows(element, 'attach-button')).to.equal(false)
  })
})
