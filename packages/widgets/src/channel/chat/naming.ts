import type { Message } from '@rai/stores'

/** A member whom a message may name. */
export type Person = Message['mentions'][number]

/** Whom `@` and a name stand for in a text that is being written, by that name. */
export type Named = ReadonlyMap<string, string>

const goesOn = /^[\p{L}\p{N}]/u

/** A text as it is sent: with ids for the names that were chosen, so that it goes on meaning who was meant. */
export function encode(text: string, named: Named): string {
  const longestFirst = [...named].sort(([a], [b]) => b.length - a.length)
  return longestFirst.reduce(
    (written, [name, id]) =>
      // What goes on as a word is another name.
      written.split(`@${name}`).reduce((done, rest) => `${done}${goesOn.test(rest) ? `@${name}` : `<@${id}>`}${rest}`),
    text,
  )
}

/** The same text as one writes it, and whom it names. Who is not among the people stays an id. */
export function decode(text: string, people: readonly Person[]): { text: string; named: Map<string, string> } {
  const named = new Map<string, string>()
  const written = text.replace(/<@([\da-f-]{36})>/gi, (whole, id: string) => {
    const name = people.find((one) => one.id === id.toLowerCase())?.name
    if (!name) return whole
    named.set(name, id)
    return `@${name}`
  })
  return { text: written, named }
}
