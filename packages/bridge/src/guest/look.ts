import type { Context } from '../protocol.js'

/**
 * Gives the page the host's tokens as CSS custom properties of its root, and its colour scheme if the page says in CSS
 * that it can have both (`color-scheme: light dark`).
 * @returns The scheme that the page now has, as CSS writes it. A frame whose own differs is not transparent.
 */
export function createLook(): (context: Context) => string {
  const root = document.documentElement
  const declared = getComputedStyle(root).colorScheme
  const isBoth = declared.includes('light') && declared.includes('dark')

  return ({ tokens, scheme }) => {
    for (const [name, value] of Object.entries(tokens)) if (name.startsWith('--')) root.style.setProperty(name, value)
    if (isBoth) root.style.colorScheme = scheme
    return getComputedStyle(root).colorScheme
  }
}
