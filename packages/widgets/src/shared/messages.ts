import type { ReactiveController, ReactiveControllerHost } from 'lit'
import { pluralOf } from './format.js'
import { patience } from './part.js'

/** A text, or its plural forms; `{name}` stands for a value. */
export type Message = string | ({ other: string } & Partial<Record<Intl.LDMLPluralRule, string>>)
export type Messages = Record<string, Message>

/** The same texts in another language. */
export type Translation<M extends Messages> = Record<keyof M, Message>

/** An element's texts: English is built in, the other languages come when somebody reads them. */
export interface Catalog<M extends Messages> {
  en: M
  languages: Record<string, () => Promise<{ default: Translation<M> }>>
}

/** Numbers and names in a text, as they shall appear. */
type Values = Record<string, string | number>

/** Turns a key into text; plural forms go by `count`. A part that comes later brings its English with it. */
export interface Text<K extends string> {
  (key: K, values?: Values, count?: number): string
  <W extends Messages>(key: keyof W & string, values: Values | undefined, count: number, english: W): string
}

/** The texts of a part of an element: the language file has them, too, and `words` is their English. */
export const textOf =
  <W extends Messages>(text: Text<never>, words: W): Text<keyof W & string> =>
  (key: string, values?: Values, count = 0) =>
    text(key, values, count, words)

/** A message in words, with its values in it. */
export function say(message: Message, locale: string, values: Values, count: number): string {
  const form = typeof message === 'string' ? message : (message[pluralOf(locale, count)] ?? message.other)
  // A name may run the other way: first strong isolate … pop directional isolate.
  return form.replace(/\{(\w+)\}/g, (_, name: string) => `\u2068${values[name]}\u2069`)
}

/** The texts of an element in its reader's language. */
export class MessagesController<M extends Messages> implements ReactiveController {
  /** The language that is asked for, as a BCP 47 tag that `Intl` accepts. */
  locale = 'en'
  #language = 'en'
  #messages: Record<string, Message>
  readonly #host: ReactiveControllerHost & { readonly wantedLocale: string }
  readonly #catalog: Catalog<M>

  constructor(host: ReactiveControllerHost & { readonly wantedLocale: string }, catalog: Catalog<M>) {
    this.#host = host
    this.#catalog = catalog
    this.#messages = catalog.en
    host.addController(this)
  }

  readonly text: Text<keyof M & string> = (
    key: string,
    values: Values = {},
    count = 0,
    english: Messages = this.#catalog.en,
  ): string => {
    return say(this.#messages[key] ?? english[key] ?? key, this.locale, values, count)
  }

  hostUpdate() {
    const locale = canonical(this.#host.wantedLocale)
    if (locale === this.locale) return
    this.locale = locale
    void this.#load(languageOf(locale))
  }

  /** True while the texts are not those of the wanted language yet. */
  get pending(): boolean {
    const wanted = languageOf(this.locale)
    return wanted !== this.#language && wanted in this.#catalog.languages
  }

  async #load(language: string) {
    const isWanted = () => language === languageOf(this.locale)
    const settle = () => {
      if (!isWanted()) return
      this.#language = language
      this.#host.requestUpdate()
    }
    const timer = setTimeout(settle, patience)
    // A language file that does not come leaves the element in English, not empty.
    const file = await this.#catalog.languages[language]?.().catch(() => undefined)
    clearTimeout(timer)
    if (isWanted()) this.#messages = file?.default ?? this.#catalog.en
    settle()
  }
}

/** The part of a tag that names the language alone. */
export const languageOf = (locale: string): string => locale.split('-')[0]!

/** The tag as `Intl` wants it; English where it is not a language tag at all. */
export function canonical(locale: string): string {
  try {
    return Intl.getCanonicalLocales(locale)[0] ?? 'en'
  } catch {
    return 'en'
  }
}
