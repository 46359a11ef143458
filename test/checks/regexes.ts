// Prevents a text from keeping the server busy: every pattern that it matches texts with must be safe for all of them.
import { checkSync, type Diagnostics } from 'recheck'
import { parseSync, Visitor } from 'vite'
import { z } from 'zod'
import { openapi } from '../../packages/server/src/pages/openapi.js'
import { type Check, type Finding, files, lineAt, read } from './check.js'

/** That of a time is zod's, of fixed digits but for one row of them: recheck does not come to an end with it. */
const judged = z.toJSONSchema(z.iso.datetime()).pattern!

/** A pattern in a source; without a source where it is made as the server runs. */
interface Pattern {
  line: number
  source?: string
  flags: string
}

export const regexes: Check = {
  title: 'safe regular expressions',
  async run() {
    const sources = await files(/^packages\/(contract|server)\/src\/.*(?<!\.test)\.ts$/)
    const written = sources.flatMap((path) =>
      patternsIn(path, read(path)).flatMap(({ line, source, flags }): Finding[] => {
        const message = source === undefined ? 'write it as a literal, so that it can be checked' : fault(source, flags)
        return message === undefined ? [] : [{ path, line, message }]
      }),
    )
    // Those of zod too, which stand in no source of ours.
    const published = [...JSON.stringify(openapi('https://rai.example')).matchAll(/"pattern":("(?:[^"\\]|\\.)*")/g)]
    const ofSchemas = [...new Set(published.map(([, text]) => JSON.parse(text!) as string))]
      .filter((source) => source !== judged)
      .flatMap((source): Finding[] => {
        const message = fault(source, 'u')
        return message === undefined ? [] : [{ path: '/openapi.json', message }]
      })
    return [...written, ...ofSchemas]
  },
}

/** Every regular expression of a source. */
export function patternsIn(path: string, text: string): Pattern[] {
  const found: Pattern[] = []
  new Visitor({
    Literal(node) {
      if ('regex' in node)
        found.push({ line: lineAt(text, node.start), source: node.regex.pattern, flags: node.regex.flags })
    },
    NewExpression({ callee, start }) {
      if (callee.type === 'Identifier' && callee.name === 'RegExp') found.push({ line: lineAt(text, start), flags: '' })
    },
  }).visit(parseSync(path, text).program)
  return found
}

/** What text a pattern takes more than linear time for, if there is one. */
export function fault(source: string, flags: string): string | undefined {
  const result: Diagnostics = checkSync(source, flags)
  if (result.status === 'safe') return undefined
  const why =
    result.status === 'vulnerable'
      ? `takes long for ${result.attack.pattern}`
      : `cannot be judged: ${result.error.kind}`
  return `/${source}/${flags} ${why}`
}
