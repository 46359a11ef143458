import type { Environment, GetToken } from '@rai/stores'
import { type CSSResultGroup, html, LitElement, type PropertyDeclarations, render, unsafeCSS } from 'lit'
import base from './base.styles.css?inline'
import { environmentFor } from './connection.js'
import { RaiErrorEvent } from './events.js'
import { isRightToLeft } from './format.js'
import { PageController } from './page.js'
import { patience } from './part.js'
import { pageSettings, type Theme } from './settings.js'
import tokens from './tokens.styles.css?inline'

const version = '0.1.0'

/** What a style sheet can ask of an element: `rai-leaderboard:state(error)`. */
export type StateName = 'loading' | 'empty' | 'error' | 'stale'

/** What all our elements are: their attributes, their place in the page, and that nothing they do throws into it. */
export abstract class RaiElement extends LitElement {
  static readonly version = version

  static override styles: CSSResultGroup = [unsafeCSS(tokens), unsafeCSS(base)]

  static override get properties(): PropertyDeclarations {
    return {
      apiKey: { attribute: 'api-key' },
      apiUrl: { attribute: 'api-url' },
      tokenUrl: { attribute: 'token-url' },
      theme: {},
      locale: {},
      getToken: { attribute: false },
    }
  }

  /** Registers the class, unless a copy of us has taken the tag; says so only when that copy is of another version. */
  static define(tag: string) {
    if (typeof customElements === 'undefined') return
    const taken = customElements.get(tag) as (CustomElementConstructor & { version?: string }) | undefined
    // biome-ignore lint/complexity/noThisInStatic: the subclass is meant, which is not known here
    if (!taken) customElements.define(tag, this as unknown as CustomElementConstructor)
    else if (taken.version !== version)
      console.warn(`[rai] <${tag}> stays version ${taken.version}; ${version} is not used.`)
  }

  /** The publishable key (`rai_pk_…`). Default: the loader's. */
  declare apiKey: string | undefined
  /** The API's origin. Default: the loader's. */
  declare apiUrl: string | undefined
  /** The address on your own site that answers an embed token for the signed-in member. Default: the loader's. */
  declare tokenUrl: string | undefined
  /** `light`, `dark`, or `auto`: as the page around, else as the system. */
  declare theme: Theme | undefined
  /** The language as a BCP 47 tag. Default: that of the page around, else the browser's. */
  declare locale: string | undefined
  /** Answers an embed token, or null for a guest. Wins over `tokenUrl`. */
  declare getToken: GetToken | undefined

  readonly #page = new PageController(this)
  readonly #internals = this.attachInternals()
  #waiting: ReturnType<typeof setTimeout> | undefined
  /** The page has had its time to say where the data comes from. */
  #isLate = false

  override connectedCallback() {
    super.connectedCallback()
    pageSettings().addEventListener('change', this.#onSettings)
    // A loader without a key says so itself, and first.
    this.#waiting = setTimeout(this.#onLate, patience + 1000)
  }

  override disconnectedCallback() {
    super.disconnectedCallback()
    pageSettings().removeEventListener('change', this.#onSettings)
    clearTimeout(this.#waiting)
  }

  /** The language to speak, as asked for by the attribute, the loader or the page. */
  get wantedLocale(): string {
    return this.locale || pageSettings().locale || this.#page.locale
  }

  /** Where the data comes from; undefined while the page may still say it. */
  protected get environment(): Environment | undefined {
    return environmentFor(this, this.#isLate)
  }

  /** The class of the base that says which colours it takes. */
  protected get scheme(): 'light' | 'dark' | 'auto' {
    const theme = this.theme ?? pageSettings().theme ?? 'auto'
    return theme === 'light' || theme === 'dark' ? theme : this.#page.scheme
  }

  /** The direction to write in: the element's own, else its language's, else that of the page around. */
  protected directionOf(locale: string): 'ltr' | 'rtl' {
    if (this.dir === 'rtl' || this.dir === 'ltr') return this.dir
    return isRightToLeft(locale) ? 'rtl' : this.locale ? 'ltr' : this.#page.direction
  }

  /** Whether the page wrote something into the element that is not for one of its named slots. */
  protected get hasContent(): boolean {
    return [...this.childNodes].some((node) => (node instanceof Element ? !node.slot : node.nodeValue?.trim()))
  }

  /** Shows to style sheets which of the states the element is in. */
  protected setStates(states: Record<StateName, boolean>) {
    for (const [name, on] of Object.entries(states)) {
      try {
        this.#internals.states[on ? 'add' : 'delete'](name)
      } catch {
        // Chromium before 125 takes only names with two dashes; there the states stay unseen.
      }
    }
  }

  /** Out of the page nothing is drawn, and so nothing listened to: coming back asks for an update anyway. */
  protected override shouldUpdate() {
    return this.isConnected
  }

  /** A bug of ours, or of a page's `renderRow`, stays in this element: its neighbours and the page go on. */
  protected override scheduleUpdate() {
    try {
      super.scheduleUpdate()
    } catch (error) {
      console.error(`[rai] <${this.localName}> could not draw itself.`, error)
      render(html`<slot></slot>`, this.renderRoot, this.renderOptions)
      this.dispatchEvent(new RaiErrorEvent('internal'))
    }
  }

  readonly #onSettings = () => this.requestUpdate()

  readonly #onLate = () => {
    this.#isLate = true
    this.requestUpdate()
  }
}
