// Prevents statements that a Citus cluster refuses (packages/server/README.md): it would copy rows in, past row-level security.
import { type Check, files, lineAt, read } from './check.js'

export const inserts: Check = {
  title: 'inserts of what is selected',
  async run() {
    const sources = await files(/^packages\/server\/src\/.*(?<!\.test)\.ts$/)
    return sources.flatMap((path) =>
      insertsIn(read(path)).map((line) => ({
        path,
        line,
        message: 'end an insert … select with a returning or an on conflict',
      })),
    )
  },
}

const comment = /(?<=^|\s)\/\*.*?\*\/|(?<=^|\s)\/\/[^\n]*/gs

/** The lines of a source where a statement inserts what it selects, and has neither a `returning` nor an `on conflict`. */
export function insertsIn(source: string): number[] {
  return templatesIn(source.replace(comment, (text) => text.replace(/[^\n]/g, ' '))).flatMap(({ text, at }) => {
    const index = text.search(/\binsert into\b.*\bselect\b/s)
    return index < 0 || /\breturning\b|\bon conflict\b/.test(text.slice(index)) ? [] : lineAt(source, at + index)
  })
}

/** The template strings of a source, each with blanks for what is put into it. */
function templatesIn(source: string): { text: string; at: number }[] {
  const found: { text: string; at: number }[] = []
  /** What is open: template strings from where they begin, and how deep in braces one is in between. */
  const open: ({ text: string; at: number } | { depth: number })[] = [{ depth: 0 }]
  for (let at = 0; at < source.length; at++) {
    const top = open.at(-1)!
    const sign = source[at]!
    for (const one of open) if ('text' in one && one !== top) one.text += sign === '\n' ? '\n' : ' '
    if ('depth' in top) {
      if (sign === '`') open.push({ text: '', at: at + 1 })
      if (sign === '{') top.depth++
      if (sign === '}' && top.depth-- === 0) open.pop()
    } else if (sign === '`') found.push(open.pop() as typeof top)
    else {
      top.text += sign
      if (sign === '$' && source[at + 1] === '{') {
        top.text += ' '
        at++
        open.push({ depth: 0 })
      }
    }
  }
  return found
}
