import { largestUpload, mostUploads, type Upload } from '@rai/stores'
import { html, type LitElement, nothing, type ReactiveController, unsafeCSS } from 'lit'
import { type Text, textOf } from '../../shared/messages.js'
import { closeIcon, icon, retryIcon } from '../../shared/on-demand/icons.js'
import type { Scene } from '../scene.js'
import css from './attaching.styles.css?inline'
import { styles as attachmentStyles, fileIcon, fitted, kindText, sizeText } from './attachments.js'

export const styles = [...attachmentStyles, unsafeCSS(css)]

export const words = {
  filesHere: 'Files of this message',
  takeOff: 'Take off {name}',
  uploadAgain: 'Upload {name} again',
  uploading: 'Uploading {name}',
  tooHeavy: 'Larger than {size}',
  notTaken: 'Files of this kind are not taken',
  enoughToday: 'Enough for a day. Try again later.',
  notUploaded: 'Could not be uploaded',
}

/** Pixels of a preview's longer side, for dense screens. */
const previewSide = 640

/** Pictures as their files are read, which takes no address that a page's policy could forbid. Undefined for what is none. */
const bitmaps = new WeakMap<File, ImageBitmap | null>()
const canvases = new WeakMap<LitElement, WeakMap<File, HTMLCanvasElement>>()

interface Around {
  /** What is not sent yet. */
  uploads(): readonly Upload[]
  /** Takes one off. */
  drop(upload: Upload): void
}

/** What a member is about to send, beside where they write, and in the log while it is on its way. */
export default class Attaching implements ReactiveController {
  readonly #host: LitElement
  readonly #scene: Scene
  readonly #say: Text<keyof typeof words>
  readonly #around: Around
  /** How to stop listening to each that is shown. */
  readonly #heard = new Map<Upload, () => void>()

  constructor(host: LitElement, text: Text<never>, scene: Scene, around: Around) {
    this.#host = host
    this.#scene = scene
    this.#say = textOf(text, words)
    this.#around = around
    host.addController(this)
  }

  hostUpdate() {
    const uploads = this.#around.uploads()
    for (const one of uploads)
      if (!this.#heard.has(one))
        this.#heard.set(
          one,
          one.$state.listen(() => this.#host.requestUpdate()),
        )
    for (const one of this.#heard.keys()) if (!uploads.includes(one)) this.#leave(one)
  }

  hostConnected() {
    this.#host.requestUpdate()
  }

  hostDisconnected() {
    for (const one of this.#heard.keys()) this.#leave(one)
  }

  #leave(upload: Upload) {
    this.#heard.get(upload)?.()
    this.#heard.delete(upload)
  }

  /** Beside what one writes. */
  render() {
    const uploads = this.#around.uploads()
    if (!uploads.length) return nothing
    return html`<ul class="uploads" part="uploads" aria-label=${this.#say('filesHere')}>
      ${uploads.map((one) => this.#renderUpload(one))}
    </ul>`
  }

  /** In the log. */
  carried(uploads: readonly Upload[]) {
    const locale = this.#scene.locale()
    return html`<div class="files" part="attachments">
      ${uploads.map(({ file }) => {
        const bitmap = this.#bitmapOf(file)
        return bitmap
          ? html`<span class="picture" part="picture" role="img" aria-label=${file.name}>${this.#canvasOf(file, bitmap, uploads.length)}</span>`
          : html`<span class="file" part="file"
              >${icon(fileIcon)}<span class="what"
                ><bdi class="cut">${file.name}</bdi
                ><span class="muted"><bdi>${kindText(file.name)}</bdi> · <bdi>${sizeText(locale, file.size)}</bdi></span></span
              ></span
            >`
      })}
    </div>`
  }

  #renderUpload(upload: Upload) {
    const say = this.#say
    const { file } = upload
    const { name } = file
    const { state, progress } = upload.$state.get()
    const bitmap = this.#bitmapOf(file)
    const isUnderWay = state === 'waiting' || state === 'sending'
    return html`<li class="upload ${state}" part="upload">
      <span class="thumb" aria-hidden="true">${bitmap ? this.#canvasOf(file, bitmap, mostUploads) : icon(fileIcon)}</span>
      <span class="what"
        ><bdi class="cut">${name}</bdi>
        ${
          isUnderWay
            ? html`<progress part="progress" max="1" value=${progress} aria-label=${say('uploading', { name })}></progress>`
            : state === 'failed'
              ? html`<span class="bad" role="alert">${this.#fateOf(upload)}</span>`
              : html`<span class="muted">${sizeText(this.#scene.locale(), file.size)}</span>`
        }</span
      >
      ${
        state === 'failed' && mayHelp(upload)
          ? html`<button
              type="button"
              class="icon-button"
              part="upload-again-button"
              aria-label=${say('uploadAgain', { name })}
              title=${say('uploadAgain', { name })}
              @click=${() => upload.sent().catch(() => {})}
            >
              ${icon(retryIcon)}
            </button>`
          : nothing
      }
      <button
        type="button"
        class="icon-button"
        part="take-off-button"
        aria-label=${say('takeOff', { name })}
        title=${say('takeOff', { name })}
        @click=${() => this.#around.drop(upload)}
      >
        ${icon(closeIcon)}
      </button>
    </li>`
  }

  #fateOf(upload: Upload): string {
    const { code } = upload.$state.get()
    if (code === 'too_large') return this.#say('tooHeavy', { size: sizeText(this.#scene.locale(), largestUpload) })
    if (code === 'invalid_file') return this.#say('notTaken')
    return this.#say(code === 'limit_reached' ? 'enoughToday' : 'notUploaded')
  }

  /** Undefined until it is known. */
  #bitmapOf(file: File): ImageBitmap | null | undefined {
    if (!bitmaps.has(file)) {
      bitmaps.set(file, null)
      if (file.type.startsWith('image/')) void this.#read(file)
    }
    return bitmaps.get(file)
  }

  async #read(file: File) {
    try {
      const whole = await createImageBitmap(file)
      const scale = Math.min(1, previewSide / Math.max(whole.width, whole.height))
      const size = { resizeWidth: Math.ceil(whole.width * scale), resizeHeight: Math.ceil(whole.height * scale) }
      bitmaps.set(file, scale < 1 ? await createImageBitmap(whole, { ...size, resizeQuality: 'high' }) : whole)
      if (scale < 1) whole.close()
    } catch {
      // The browser cannot read it; the server may.
    }
    this.#host.requestUpdate()
  }

  #canvasOf(file: File, bitmap: ImageBitmap, count: number): HTMLCanvasElement {
    const own = canvases.get(this.#host) ?? new WeakMap<File, HTMLCanvasElement>()
    canvases.set(this.#host, own)
    let canvas = own.get(file)
    if (!canvas) {
      canvas = document.createElement('canvas')
      canvas.width = bitmap.width
      canvas.height = bitmap.height
      canvas.getContext('2d')?.drawImage(bitmap, 0, 0)
      own.set(file, canvas)
    }
    const [width] = fitted(bitmap, count)
    canvas.style.inlineSize = `${width}px`
    return canvas
  }
}

/** Whether it is worth another try. */
const mayHelp = ({ $state }: Upload): boolean =>
  !['too_large', 'invalid_file', 'forbidden'].includes($state.get().code ?? '')
