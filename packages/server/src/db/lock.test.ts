import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { lockDirectory } from './lock.js'

describe('a data directory', () => {
  let root: string
  let dataDir: string
  let lock: string

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'rai-lock-'))
    dataDir = join(root, 'new', 'data')
    lock = join(dataDir, 'rai.lock')
  })
  afterEach(() => rmSync(root, { recursive: true }))

  it('is made when it is missing and can be taken again after it was given back', () => {
    lockDirectory(dataDir)()
    expect(existsSync(lock)).toBe(false)
    lockDirectory(dataDir)()
  })

  it.each(['under a file', 'on a disk that takes no files'])('that cannot be is refused: %s', (where) => {
    const file = join(root, 'file')
    writeFileSync(file, '')
    const directory = where === 'under a file' ? join(file, 'data') : '/proc'
    expect(() => lockDirectory(directory)).toThrow(
      new RegExp(`The data directory ${directory} cannot be (made|written): .* Set RAI_DATA`),
    )
  })

  it('is refused while another process has it, naming that process and the way out', () => {
    lockDirectory(dataDir)
    expect(() => lockDirectory(dataDir)).toThrow(
      new RegExp(`Process ${process.pid} .* ${dataDir}\\. Stop it first, .* RAI_DATA.* DATABASE_URL`),
    )
    expect(JSON.parse(readFileSync(lock, 'utf8')).pid).toBe(process.pid)
  })

  it('is taken over from a process that has died', async () => {
    const child = spawn('true')
    await new Promise((resolve) => child.once('exit', resolve))
    lockDirectory(dataDir)()
    writeFileSync(lock, JSON.stringify({ pid: child.pid, started: 'then' }))
    lockDirectory(dataDir)
    expect(JSON.parse(readFileSync(lock, 'utf8')).pid).toBe(process.pid)
  })

  it('is taken over when the process id belongs to a later process now', () => {
    lockDirectory(dataDir)
    const held = JSON.parse(readFileSync(lock, 'utf8'))
    writeFileSync(lock, JSON.stringify({ ...held, started: `${held.started}0` }))
    lockDirectory(dataDir)
    expect(JSON.parse(readFileSync(lock, 'utf8'))).toEqual(held)
  })

  it.each(['', 'not json', '{"pid":"1"}', 'null'])('is taken over from a lock that says nothing: %j', (text) => {
    lockDirectory(dataDir)()
    writeFileSync(lock, text)
    lockDirectory(dataDir)
    expect(JSON.parse(readFileSync(lock, 'utf8')).pid).toBe(process.pid)
  })

  it('keeps the lock of whoever took it over', () => {
    const release = lockDirectory(dataDir)
    writeFileSync(lock, '{"pid":1,"started":"another"}')
    release()
    expect(existsSync(lock)).toBe(true)
  })

  it('that cannot be made says which and what to set', () => {
    writeFileSync(join(root, 'new'), 'a file')
    expect(() => lockDirectory(dataDir)).toThrow(/data directory .* cannot be made: .* RAI_DATA/)
  })
})
