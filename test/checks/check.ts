import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** One mistake, at a place that an editor can open. */
export interface Finding {
  /** From the project's root. */
  path: string
  line?: number
  message: string
}

/** A mistake that was made twice, and now is looked for at every test run. */
export interface Check {
  title: string
  run(): Finding[] | Promise<Finding[]>
}

export const root = join(import.meta.dirname, '../..')

/** The project's files, tracked or about to be, whose path matches. */
export async function files(pattern: RegExp): Promise<string[]> {
  const { output } = await command('git', ['ls-files', '--cached', '--others', '--exclude-standard'])
  return output.split('\n').filter((path) => pattern.test(path) && existsSync(join(root, path)))
}

export const read = (path: string): string => readFileSync(join(root, path), 'utf8')

/** Every line of the files that matches one of the patterns, with what to say about it. */
export function search(paths: string[], patterns: [pattern: RegExp, message: string][]): Finding[] {
  return paths.flatMap((path) =>
    read(path)
      .split('\n')
      .flatMap((text, index) =>
        patterns
          .filter(([pattern]) => pattern.test(text))
          .map(([, message]) => ({ path, line: index + 1, message: `${message}: ${text.trim().slice(0, 120)}` })),
      ),
  )
}

/** The line that an offset of a text lies in. */
export const lineAt = (text: string, offset: number): number => text.slice(0, offset).split('\n').length

/** Runs a program of the project to its end. */
export function command(name: string, args: string[], cwd = root): Promise<{ succeeded: boolean; output: string }> {
  return new Promise((resolve) => {
    execFile(name, args, { cwd, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) =>
      resolve({ succeeded: !error, output: `${stdout}${stderr}`.trim() }),
    )
  })
}

/** A program whose exit code is the finding. */
export async function tool(name: string, args: string[], folder = '.'): Promise<Finding[]> {
  const { succeeded, output } = await command(name, args, join(root, folder))
  return succeeded ? [] : [{ path: folder, message: `${name} ${args.join(' ')}\n${output}` }]
}
