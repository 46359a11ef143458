import { execFileSync } from 'node:child_process'
import { join } from 'node:path'

/** Builds the server from the source as it is now, once for the whole run: files start it while others run beside them. */
export default function setup(): void {
  const cwd = join(import.meta.dirname, '../../packages/server')
  execFileSync('npx', ['--yes', 'pnpm@12.21.0', 'run', 'build'], { cwd, stdio: 'pipe' })
}
