import { BridgeError, createHost, type Host, type HostState, type IdentityRequest, type Reason } from '@rai/bridge/host'
import { type ApiError, channelToken, listenLive, viewer } from '@rai/stores'
import { html, type LitElement, nothing, type ReactiveController, type TemplateResult, unsafeCSS } from 'lit'
import { RaiErrorEvent } from '../../shared/events.js'
import { type Text, textOf } from '../../shared/messages.js'
import { Announcer } from '../../shared/on-demand/announcer.js'
import { icon, iconStyles, lockIcon, openIcon, outIcon, retryIcon } from '../../shared/on-demand/icons.js'
import { Part } from '../../shared/part.js'
import { StoreController } from '../../shared/store-controller.js'
import { RaiDraftEvent, RaiNavigateEvent } from '../own-events.js'
import type { Mode, Scene } from '../scene.js'
import css from './frame.styles.css?inline'
import { grantsOf, heardOf, type Manifest, toldOf } from './grants.js'
import type LeavingController from './leaving.js'
import { words } from './words.js'

export const styles = [iconStyles, unsafeCSS(css)]

/** A page is as high as it likes up to this, in CSS pixels, where the operator says nothing. */
const highest = 4000
/** So long a page's own word is seen, in milliseconds. */
const toastFor = 5000

/** What of the element's look a page is given, by the names that pages set it by. */
const colours = [
  ...['--_accent', '--_accent-text', '--_surface', '--_surface-raised', '--_surface-sunken'],
  ...['--_text', '--_text-muted', '--_border'],
]

interface Toast {
  text: string
  kind: 'info' | 'success' | 'error'
}

/**
 * A page of somebody else. Its frame is made once, and never again while the operator says the same of it: not by an update of
 * the element, not because it was hidden for a while.
 */
export default class FrameController implements Mode, ReactiveController {
  readonly state = { state: 'ready', value: null, at: 0 } as const
  readonly isEmpty = false
  #frame: HTMLIFrameElement | undefined
  #app: Host | undefined
  /** The channel and what its operator says: a frame is about one of them. */
  #subject = ''
  #isWaiting = false
  /** Whether the page may ask to lead its visitor elsewhere. */
  #isLeading = false
  #broken: 'silent' | 'flood' | undefined
  #isShownAnyway = false
  #toast: Toast | undefined
  #toastEnds: ReturnType<typeof setTimeout> | undefined
  #hearing: (() => void) | undefined
  readonly #host: LitElement
  readonly #scene: Scene
  readonly #text: Text<'retry'>
  readonly #say: Text<keyof typeof words>
  readonly #announcer: Announcer
  readonly #cards: Part<typeof import('./cards.js').default>
  readonly #leaving: Part<LeavingController>
  readonly #viewer: StoreController<ReturnType<ReturnType<typeof viewer>['$viewer']['get']>>

  constructor(host: LitElement, text: Text<never>, scene: Scene) {
    this.#host = host
    this.#scene = scene
    this.#text = scene.text
    this.#say = textOf(text, words)
    this.#announcer = new Announcer(host)
    this.#cards = new Part(host, () => import('./cards.js'))
    this.#leaving = new Part(host, async () => {
      const { default: Leaving, styles } = await import('./leaving.js')
      return { default: new Leaving(host, text), styles }
    })
    this.#viewer = new StoreController(host, () => {
      const environment = scene.environment()
      return environment && this.#manifest?.granted.includes('identity') ? viewer(environment).$viewer : undefined
    })
    host.addController(this)
  }

  get #manifest(): Manifest | undefined {
    return this.#scene.channel()?.iframe ?? undefined
  }

  get #mayLead(): boolean {
    return this.#manifest?.granted.includes('links.open') ?? false
  }

  /** Before the element is drawn: whether it still is the same page, and may still be shown. */
  hostUpdate() {
    const channel = this.#scene.channel()
    const subject = channel?.iframe?.isEnabled ? JSON.stringify([channel.id, channel.iframe]) : ''
    if (subject === this.#subject) return
    this.#end()
    this.#subject = subject
    if (!subject) return
    this.#frame = document.createElement('iframe')
    this.#isWaiting = true
  }

  hostUpdated() {
    if (!this.#frame) return
    // Where something else was drawn instead, its page is gone: it would be loaded anew anyway.
    if (!this.#frame.isConnected) return this.#end()
    this.#frame.title = this.#scene.channel()!.topic
    if (this.#app) this.#app.update(this.#context())
    else this.#begin(this.#frame)
    // What is to be said when the page does not come is fetched while there is a network, and so is what a click opens.
    void this.#cards.value
    if (this.#mayLead) void this.#leaving.value
  }

  hostDisconnected() {
    this.#end()
  }

  readonly refresh = () => this.#reload()

  #begin(frame: HTMLIFrameElement) {
    const manifest = this.#manifest!
    const environment = this.#scene.environment()!
    const { mode, pixels = highest } = manifest.height
    this.#isLeading = this.#mayLead
    frame.className = 'frame'
    frame.part.add('frame')
    frame.loading = 'lazy'
    frame.addEventListener('load', () => {
      this.#isWaiting = false
      this.#host.requestUpdate()
    })
    this.#app = createHost({
      frame,
      src: manifest.url,
      manifest: {
        features: manifest.allow,
        popups: manifest.allowPopups,
        downloads: manifest.granted.includes('download'),
      },
      granted: grantsOf(manifest),
      ours: [new URL(environment.apiUrl).origin],
      context: this.#context(),
      height: { mode, max: pixels },
      getToken: (request) => this.#token(request),
      confirmLink: (url) => this.#leaving.value?.ask(new URL(url)) ?? false,
      methods: {
        'route.set': ({ path, title, replace }) => {
          this.#host.dispatchEvent(new RaiNavigateEvent(path, title, !!replace))
          return undefined
        },
        'draft.set': ({ text }) => {
          if (this.#host.dispatchEvent(new RaiDraftEvent(text)))
            throw new BridgeError('E_UNSUPPORTED', 'There is nothing here to write into.')
          return undefined
        },
        'toast.show': ({ text, kind = 'info' }) => {
          this.#show({ text, kind })
          return undefined
        },
      },
      onState: (state, reason) => this.#hear(state, reason),
      onError: () => void this.#host.dispatchEvent(new RaiErrorEvent('internal')),
    })
    if (manifest.granted.includes('events'))
      this.#hearing = listenLive(environment, (type, ...about) => this.#app?.emit(type, heardOf(type, ...about)))
  }

  /** Forgets the page and its frame. */
  #end() {
    clearTimeout(this.#toastEnds)
    this.#hearing?.()
    if (this.#isLeading) this.#leaving.value?.close()
    this.#app?.destroy()
    this.#app = this.#frame = this.#toast = this.#broken = this.#hearing = undefined
    this.#isWaiting = this.#isShownAnyway = this.#isLeading = false
    this.#subject = ''
  }

  #hear(state: HostState, reason?: Reason) {
    if (state === 'connecting') return
    if (state === 'connected') {
      this.#isWaiting = false
      this.#broken = undefined
    } else if (state === 'silent') this.#fail('silent')
    else if (reason === 'flood') this.#fail('flood')
    this.#host.requestUpdate()
  }

  #fail(broken: 'silent' | 'flood') {
    this.#isWaiting = false
    this.#broken = broken
    this.#host.dispatchEvent(new RaiErrorEvent(`page_${broken}`))
    this.#announcer.say(this.#say('gone', { name: this.#scene.channel()?.topic ?? '' }))
  }

  readonly #reload = () => {
    this.#broken = undefined
    this.#isShownAnyway = false
    this.#isWaiting = true
    this.#app?.reload()
    this.#host.requestUpdate()
  }

  /** What the page is told of where it stands. Colours are told as they come out: what they come from is ours. */
  #context() {
    const root = this.#host.renderRoot as ShadowRoot
    const base = root.querySelector<HTMLElement>('.base')!
    const probe = root.querySelector<HTMLElement>('.probe')!
    const style = getComputedStyle(probe)
    const tokens: Record<string, string> = {}
    for (const name of colours) {
      probe.style.color = `var(${name})`
      tokens[name.replace('--_', '--rai-')] = style.color
    }
    probe.style.borderRadius = 'var(--_radius)'
    tokens['--rai-radius'] = style.borderRadius
    tokens['--rai-font'] = getComputedStyle(base).fontFamily
    const state = this.#viewer.value
    const member = (state?.state === 'ready' && state.value?.member) || null
    return {
      tokens,
      locale: this.#scene.locale(),
      route: this.#scene.route(),
      member: member && { name: member.name, ...(member.avatarUrl && { avatarUrl: member.avatarUrl }) },
    }
  }

  /** Proof of who looks, for the page's own back-end. */
  async #token({ audience, nonce, origin, signal }: IdentityRequest & { origin: string; signal: AbortSignal }) {
    const { id } = this.#scene.channel()!
    try {
      return await channelToken(this.#scene.environment()!, id, { audience, nonce, origin }, signal)
    } catch (error) {
      const { code, refused } = error as ApiError
      if (code === 'unauthorized' || code === 'no_token') return null
      throw new BridgeError(refused ? 'E_DENIED' : 'E_TIMEOUT', 'The community gave no token.')
    }
  }

  #show(toast: Toast) {
    clearTimeout(this.#toastEnds)
    this.#toast = toast
    this.#toastEnds = setTimeout(() => {
      this.#toast = undefined
      this.#host.requestUpdate()
    }, toastFor)
    this.#announcer.say(toast.text)
    this.#host.requestUpdate()
  }

  readonly #skip = () => (this.#host.renderRoot as ShadowRoot).querySelector<HTMLElement>('.end')?.focus()

  readonly #showAnyway = () => {
    this.#isShownAnyway = true
    this.#host.requestUpdate()
  }

  renderActions() {
    if (!this.#subject) return nothing
    const [again, tab] = [this.#say('loadAgain'), this.#say('openInTab')]
    return html`<button class="icon-button" part="reload-button" aria-label=${again} title=${again} @click=${this.#reload}>
        ${icon(retryIcon)}
      </button>
      <a
        class="icon-button"
        part="tab-link"
        href=${this.#manifest!.url}
        target="_blank"
        rel="noopener noreferrer"
        aria-label=${tab}
        title=${tab}
        >${icon(outIcon, true)}</a
      >`
  }

  render(): TemplateResult {
    const manifest = this.#manifest!
    const isBroken = this.#broken === 'flood' || (!!this.#broken && !this.#isShownAnyway)
    const name = this.#scene.channel()!.topic
    return html`<i class="probe" hidden></i>
      ${manifest.isEnabled ? this.#renderApp(manifest) : nothing}
      <div class="stage ${isBroken ? 'is-broken' : ''}" part="stage">
        ${this.#frame ? html`<button class="skip" @click=${this.#skip}>${this.#say('skip', { name })}</button>` : nothing}
        ${this.#frame}
        ${this.#frame && this.#isWaiting ? this.#renderWaiting() : nothing}
        ${isBroken ? this.#renderBroken() : nothing}
        ${manifest.isEnabled ? nothing : html`<div class="over state" part="off">${this.#cards.value?.off(this.#text)}</div>`}
        ${this.#toast ? this.#renderToast(this.#toast) : nothing}
      </div>
      <span class="end visually-hidden" tabindex="-1"></span>
      ${this.#mayLead ? this.#leaving.value?.render(name) : nothing}${this.#announcer.render()}`
  }

  /** Whose page it is, and what it may. */
  #renderApp(manifest: Manifest) {
    const may = toldOf(manifest)
    const origin = html`${icon(lockIcon)}<span class="cut">${new URL(manifest.url).host}</span>`
    if (may.length === 0) return html`<div class="app origin" part="app">${origin}</div>`
    const count = may.length
    return html`<details class="app" part="app">
      <summary class="origin" part="origin">
        ${origin}<span>${this.#say('permissions', { count: this.#scene.number(count) }, count)}</span>${icon(openIcon)}
      </summary>
      <ul class="chips" role="list" tabindex="0">
        ${may.map((word) => html`<li class="chip" part="permission">${this.#say(word)}</li>`)}
      </ul>
    </details>`
  }

  #renderWaiting() {
    return html`<div class="over waiting skeleton" aria-hidden="true">
      <span class="bone"></span><span class="bone"></span><span class="bone"></span>
    </div>`
  }

  /** Why nothing is seen, and ways on; the way on alone, where the words could not be had. */
  #renderBroken() {
    const ways = { again: this.#reload, anyway: this.#showAnyway }
    return html`<div class="over state" part="broken">
      ${
        this.#cards.value?.broken(this.#broken!, this.#text, ways) ??
        html`<button class="text-button" part="retry-button" @click=${this.#reload}>${this.#text('retry')}</button>`
      }
    </div>`
  }

  #renderToast({ text, kind }: Toast) {
    return html`<p class="toast ${kind}" part="toast"><bdi>${text}</bdi></p>`
  }
}
