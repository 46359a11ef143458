import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { StartFailure } from '../config.js'

/** Which process holds a directory. The start tells it from a later process that was given the same id. */
interface Holder {
  pid: number
  started: string
}

/**
 * Takes a data directory for this process alone, making it when it is missing. To be called before anything in it is
 * opened. The lock of a process that has died, or whose id now belongs to another process, is taken over.
 * @returns Gives the directory back.
 * @throws StartFailure that names the process that has it.
 */
export function lockDirectory(dataDir: string): () => void {
  try {
    // Others may pass, for PostgreSQL may have to run as another user, but not look around.
    mkdirSync(dataDir, { recursive: true, mode: 0o711 })
  } catch (error) {
    throw new StartFailure(`The data directory ${dataDir} cannot be made: ${(error as Error).message}. Set RAI_DATA.`)
  }
  const lock = join(dataDir, 'rai.lock')
  const own = `${lock}.${process.pid}`
  const text = JSON.stringify({ pid: process.pid, started: startOf(process.pid) } satisfies Holder)
  try {
    writeFileSync(own, text)
  } catch (error) {
    throw new StartFailure(
      `The data directory ${dataDir} cannot be written: ${(error as Error).message}. Set RAI_DATA.`,
    )
  }
  try {
    // A link appears whole or not at all, so that nobody ever reads half a lock.
    while (!linked(own, lock)) removeStale(lock, dataDir)
  } finally {
    rmSync(own, { force: true })
  }
  return () => {
    if (read(lock) === text) rmSync(lock, { force: true })
  }
}

function linked(from: string, to: string): boolean {
  try {
    linkSync(from, to)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

function removeStale(lock: string, dataDir: string): void {
  const text = read(lock)
  if (text === undefined) return
  const holder = parse(text)
  if (holder && startOf(holder.pid) === holder.started) {
    throw new StartFailure(
      `Process ${holder.pid} is already working in the data directory ${dataDir}. ` +
        'Stop it first, or give this one a directory of its own with RAI_DATA. ' +
        'To run several servers on the same data, set DATABASE_URL.',
    )
  }
  // Of two processes that find the same stale lock, one moves it away; the other may catch the first one's new lock, and puts it back.
  const aside = `${lock}.stale.${process.pid}`
  try {
    renameSync(lock, aside)
  } catch {
    return
  }
  if (read(aside) !== text) linked(aside, lock)
  rmSync(aside, { force: true })
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    // ESRCH: a process ended while its file was read.
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code!)) return undefined
    throw error
  }
}

function parse(text: string): Holder | undefined {
  try {
    const { pid, started } = JSON.parse(text) as Partial<Holder>
    return Number.isInteger(pid) && typeof started === 'string' ? { pid: pid!, started } : undefined
  } catch {
    return undefined
  }
}

/**
 * When a running process started: boot id and ticks since the boot. Where there is no /proc, only whether it runs
 * can be told.
 */
function startOf(pid: number): string {
  const boot = read('/proc/sys/kernel/random/boot_id')
  if (boot === undefined) return isRunning(pid) ? 'running' : 'gone'
  // The name in parentheses may itself hold spaces and parentheses; the fields are counted after its end.
  const stat = read(`/proc/${pid}/stat`)
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')
  const [state, ticks] = [fields?.[0], fields?.[19]]
  return ticks === undefined || state === 'Z' ? 'gone' : `${boot.trim()}/${ticks}`
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
