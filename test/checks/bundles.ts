// Prevents code in a browser bundle that dies or bloats there: Node's globals, a schema library, anything that a strict
// Content-Security-Policy forbids.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { type Check, type Finding, read, root } from './check.js'

const folders = ['packages/loader/dist', 'packages/stores/dist', 'packages/widgets/dist', 'packages/bridge/dist']
const forbidden: [RegExp, string][] = [
  [/\bprocess\.env\b/, 'reads process.env, which browsers do not have'],
  [/\b_zod\b|\bZodError\b|from ['"]zod['"]|from ['"]@rai\/contract['"]/, 'carries the schema library'],
  [/\beval\(|\bnew Function\(|\bdocument\.write\(/, 'uses what a strict Content-Security-Policy forbids'],
  [/createPolicy\(["'`]lit-html["'`]/, "takes Lit's own policy name, which throws on a page that has Lit itself"],
]

export const bundles: Check = {
  title: 'browser bundles',
  run: () => folders.flatMap((folder) => check(folder)),
}

function check(folder: string): Finding[] {
  const scripts = list(folder).filter((path) => path.endsWith('.js'))
  if (scripts.length === 0) return [{ path: folder, message: 'is not built: npm run build' }]
  return scripts.flatMap((path) => {
    const code = read(path)
    return forbidden.filter(([pattern]) => pattern.test(code)).map(([, message]) => ({ path, message }))
  })
}

function list(folder: string): string[] {
  try {
    return readdirSync(join(root, folder), { recursive: true }).map((name) => join(folder, String(name)))
  } catch {
    return []
  }
}
