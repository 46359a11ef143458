// Prevents an install that differs from the one we tested: exact versions, one Node, one package manager.
import { type Check, type Finding, files, lineAt, read } from './check.js'

const exact = /^(\d+\.\d+\.\d+(-[\w.]+)?|workspace:\*)$/

export const versions: Check = {
  title: 'exact versions',
  async run() {
    const manifests = await files(/(^|\/)package\.json$/)
    return [...manifests.flatMap(inexact), ...otherManagers(), ...otherNode()]
  },
}

function inexact(path: string): Finding[] {
  const text = read(path)
  const manifest = JSON.parse(text)
  return ['dependencies', 'devDependencies', 'optionalDependencies']
    .flatMap((kind) => Object.entries<string>(manifest[kind] ?? {}))
    .filter(([, version]) => !exact.test(version))
    .map(([name, version]) => ({
      path,
      line: lineAt(text, text.indexOf(`"${name}"`)),
      message: `${name} ${version} is not an exact version`,
    }))
}

/** The scripts that a fresh machine runs name the package manager themselves. */
function otherManagers(): Finding[] {
  const text = read('package.json')
  const { packageManager } = JSON.parse(text) as { packageManager: string }
  return [...text.matchAll(/npx --yes (pnpm@[\d.]+)/g)]
    .filter((match) => match[1] !== packageManager)
    .map((match) => ({
      path: 'package.json',
      line: lineAt(text, match.index),
      message: `${match[1]} is not ${packageManager}`,
    }))
}

function otherNode(): Finding[] {
  const { engines } = JSON.parse(read('package.json')) as { engines: { node: string } }
  const major = read('.node-version').trim().split('.')[0]
  return engines.node.startsWith(`>=${major}.`)
    ? []
    : [{ path: '.node-version', message: `${major} is not the Node of package.json (${engines.node})` }]
}
