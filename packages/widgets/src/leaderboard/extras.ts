import { html, nothing, type TemplateResult, unsafeCSS } from 'lit'
import type { Text } from '../shared/messages.js'
import { iconStyles } from '../shared/on-demand/icons.js'
import css from './extras.styles.css?inline'
import type { Model } from './model.js'
import { prizes } from './prizes.js'
import { segments } from './segments.js'

export const styles = [iconStyles, unsafeCSS(css)]

/** What only some boards have over their rows: groups of members to choose from, and prizes. */
export default function extras(
  { board, hasSegments }: Model,
  segment: string | undefined,
  text: Text<never>,
  number: (value: number) => string,
  choose: (segment: string | undefined) => void,
): TemplateResult {
  return html`${hasSegments ? segments(board!, segment, text, choose) : nothing}${
    board?.prizes.length ? prizes(board, text, number) : nothing
  }`
}
