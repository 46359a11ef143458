import { emojiToName, nameToEmoji } from 'gemoji'
import { Failure } from '../failure.js'

/** A person or a hand, and a tone of skin behind it, which the list does not tell apart. */
const toned = /(\p{Emoji_Modifier_Base})\p{Emoji_Modifier}/gu

/**
 * The emoji that somebody means, by itself or by its name, so that both are one reaction: `💖`, `:sparkling_heart:`.
 * @throws Failure `invalid_request`
 */
export function emojiOf(text: string): string {
  const [, name] = /^:([\w+-]+):$/.exec(text) ?? []
  const emoji = name === undefined ? text : Object.hasOwn(nameToEmoji, name) ? nameToEmoji[name]! : ''
  const plain = emoji.replace(toned, '$1')
  // Some are letters as well, unless this stands behind them.
  const found = [plain, `${plain}\u{FE0F}`].find((one) => Object.hasOwn(emojiToName, one))
  if (found) return plain === emoji ? found : emoji
  throw new Failure('invalid_request', 'Send one emoji, or its name.', [
    { path: 'emoji', message: 'must be an emoji or its name, such as :tada:' },
  ])
}
