import { nameToEmoji } from 'gemoji'
import { Failure } from '../failure.js'

/** As Unicode recommends them. The compiler knows no such flag of patterns yet. */
const pattern = '^\\p{RGI_Emoji}$'
const isEmoji = new RegExp(pattern, 'v')

/**
 * The emoji that somebody means, by itself or by its name, so that both are one reaction: `💖`, `:sparkling_heart:`.
 * @throws Failure `invalid_request`
 */
export function emojiOf(text: string): string {
  const [, name] = /^:([\w+-]+):$/.exec(text) ?? []
  const emoji = name === undefined ? text : nameToEmoji[name]
  // Some are letters as well, unless this stands behind them.
  const found = emoji === undefined ? undefined : [emoji, `${emoji}\u{FE0F}`].find((one) => isEmoji.test(one))
  if (found) return found
  throw new Failure('invalid_request', 'Send one emoji, or its name.', [
    { path: 'emoji', message: 'must be an emoji or its name, such as :tada:' },
  ])
}
