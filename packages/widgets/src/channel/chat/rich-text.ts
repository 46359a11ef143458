import { html, type TemplateResult } from 'lit'
import { type Block, type Inline, parse } from './markdown.js'
import type { Person } from './naming.js'

type Named = readonly Person[]

/** What was read of a message stays as long as the message: each drawing of the element draws it again. */
const read = new WeakMap<object, Block[]>()

/** Draws what a message says: nodes by templates, whatever was written. */
export function richText(of: { text: string }, named: Named, me: string | undefined): unknown[] {
  const blocks = read.get(of) ?? parse(of.text)
  read.set(of, blocks)
  return blocks.map((block) => drawBlock(block, named, me))
}

function drawBlock(block: Block, named: Named, me: string | undefined): TemplateResult {
  const draw = (pieces: Inline[]) => pieces.map((piece) => drawInline(piece, named, me))
  if (block.type === 'p') return html`<p dir="auto">${draw(block.children)}</p>`
  if (block.type === 'code') return html`<pre dir="ltr"><code>${block.text}</code></pre>`
  if (block.type === 'quote')
    return html`<blockquote>${block.blocks.map((inner) => drawBlock(inner, named, me))}</blockquote>`
  const items = block.items.map((item) => html`<li dir="auto">${draw(item)}</li>`)
  return block.start === undefined ? html`<ul>${items}</ul>` : html`<ol start=${block.start}>${items}</ol>`
}

function drawInline(piece: Inline, named: Named, me: string | undefined): unknown {
  if (typeof piece === 'string') return piece
  if (piece.type === 'code') return html`<code dir="ltr">${piece.text}</code>`
  if (piece.type === 'mention') {
    const member = named.find(({ id }) => id === piece.id)
    return member
      ? html`<bdi class=${member.id === me ? 'mention own' : 'mention'} part="mention">@${member.name}</bdi>`
      : `<@${piece.id}>`
  }
  const children = piece.children.map((inner) => drawInline(inner, named, me))
  if (piece.type === 'link')
    return html`<a href=${piece.url} target="_blank" rel="noopener noreferrer nofollow ugc" part="link">${children}</a>`
  if (piece.type === 'strong') return html`<strong>${children}</strong>`
  return piece.type === 'em' ? html`<em>${children}</em>` : html`<del>${children}</del>`
}

/** The same as plain words, for a line that has room for few, and for whoever hears it. */
export function plainText(text: string, named: Named): string {
  const words = (pieces: Inline[]): string =>
    pieces
      .map((piece) => {
        if (typeof piece === 'string') return piece
        if (piece.type === 'code') return piece.text
        if (piece.type === 'mention') return `@${named.find(({ id }) => id === piece.id)?.name ?? '…'}`
        return words(piece.children)
      })
      .join('')
  const flat = (blocks: Block[]): string =>
    blocks
      .map((block) => {
        if (block.type === 'p') return words(block.children)
        if (block.type === 'code') return block.text
        return block.type === 'quote' ? flat(block.blocks) : block.items.map(words).join(' ')
      })
      .join(' ')
  return flat(parse(text))
}
