// Prevents design tokens that nobody sets, nobody reads or nobody knows of: a misspelt one is no error in CSS.
import { type Check, type Finding, files, lineAt, read } from './check.js'

interface Place {
  name: string
  path: string
  line: number
}

export const tokens: Check = {
  title: 'design tokens',
  async run() {
    const styles = await files(/^packages\/widgets\/src\/.*(?<!\.test)\.(css|ts)$/)
    const pages = await files(/^demo\/.*\.(css|html)$/)
    const documents = [...(await files(/^packages\/widgets\/README\.md$/)), ...styles]
    const documented = documents.flatMap((path) => find(path, /(?:@cssproperty \[|`)(--rai-[\w-]+)/g))
    const reads = styles.flatMap((path) => find(path, /var\(\s*(--[\w-]+)/g))
    const sets = styles.flatMap((path) => find(path, /(--_[\w-]+)(?=['"]?\s*[:,])/g))
    const known = (places: Place[], name: string) => places.some((place) => place.name === name)
    return [
      ...report(reads, (name) => name.startsWith('--_') && !known(sets, name), 'is read but never set'),
      ...report(sets, (name) => !known(reads, name), 'is set but never read'),
      ...report(
        reads,
        (name) => name.startsWith('--rai-') && !known(documented, name),
        'stands neither in the README of widgets nor in the class that reads it (@cssproperty)',
      ),
      ...report(
        pages.flatMap((path) => find(path, /(--rai-[\w-]+)\s*:/g)),
        (name) => !known(reads, name),
        'is set by a page, but no widget reads it',
      ),
    ]
  },
}

function find(path: string, pattern: RegExp): Place[] {
  const text = read(path)
  return [...text.matchAll(pattern)].map((match) => ({ name: match[1]!, path, line: lineAt(text, match.index) }))
}

function report(places: Place[], isWrong: (name: string) => boolean, message: string): Finding[] {
  return places
    .filter(({ name }) => isWrong(name))
    .map(({ name, ...place }) => ({ ...place, message: `${name} ${message}` }))
}
