import { render } from '@lit-labs/ssr'
import { FallbackRenderer } from '@lit-labs/ssr/lib/element-renderer.js'
import { collectResult } from '@lit-labs/ssr/lib/render-result.js'
import { type FirstPage, firstPage } from '@rai/widgets/first-page'

/** What Lit would take a drawn page up again by: our element draws its own. Text has no `<` that is not escaped. */
const marks = /<!--[\s\S]*?(?:-->|$)|<\?>/g

/** A first page as a declarative shadow root, for the inside of the element's tag. */
export async function firstPageHtml(page: FirstPage): Promise<string> {
  // Slots stand in a custom element only.
  const customElementHostStack = [new FallbackRenderer('rai-leaderboard')]
  const known = { ...page, locale: knownLocale(page.locale) }
  const html = await collectResult(render(await firstPage(known), { customElementHostStack }))
  return `<template shadowrootmode="open">${html.replace(marks, '')}</template>`
}

/**
 * The nearest locale that `Intl` has data for: some hundreds. The widgets keep a formatter for every locale that they were
 * asked for, and here strangers ask.
 */
function knownLocale(tag: string): string {
  try {
    const [locale = 'en'] = Intl.NumberFormat.supportedLocalesOf(new Intl.Locale(tag).baseName)
    return new Intl.NumberFormat(locale).resolvedOptions().locale
  } catch {
    return 'en'
  }
}
