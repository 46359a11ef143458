import { randomBytes } from 'node:crypto'
import * as argon2 from '@node-rs/argon2'
import { passwordRules } from '@rai/contract'
import { dictionary } from '@zxcvbn-ts/language-common'
import { createLanes } from '../../db/lanes.js'
import { Failure } from '../failure.js'

export interface Passwords {
  /** What is kept of a password. */
  hash(password: string): Promise<string>
  /**
   * Whether a password is the one of a hash.
   * @param hash Undefined for nobody's: the work is done all the same, so that its time tells nothing.
   */
  verify(hash: string | undefined, password: string): Promise<boolean>
  /** A hash whose password nobody knows, for an account that waits for its first. */
  readonly nobodys: Promise<string>
}

/** OWASP's recommendation for argon2id, the library's default algorithm: 19 MiB, two passes, one lane. */
const cost = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }
/** Hashes at once. They run beside the event loop, on the process's four threads: one is left for files and names. */
const atOnce = 3
const patienceMs = 10_000

/** @param onHash Told of every hash that is computed. */
export function createPasswords(onHash: () => void = () => {}): Passwords {
  const enter = createLanes(atOnce, patienceMs)
  const nobodys = argon2.hash(randomBytes(32), cost)

  async function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const leave = await enter('passwords')
    try {
      onHash()
      return await work()
    } finally {
      leave()
    }
  }

  return {
    nobodys,
    hash: (password) => inTurn(() => argon2.hash(written(password), cost)),
    async verify(hash, password) {
      const expected = hash ?? (await nobodys)
      const isSame = await inTurn(() => argon2.verify(expected, written(password)))
      return isSame && hash !== undefined
    },
  }
}

/** One text for what looks the same: keyboards write é as one character or as two. */
const written = (password: string): string => password.normalize('NFC')

const common = new Set<string>(dictionary['passwords-common'])
/** Keys and letters in their order, on and on. */
const runs = ['abcdefghijklmnopqrstuvwxyz', '1234567890', '0123456789', 'qwertyuiopasdfghjklzxcvbnm'].flatMap((run) => [
  run.repeat(passwordRules.most / run.length + 1),
  [...run]
    .reverse()
    .join('')
    .repeat(passwordRules.most / run.length + 1),
])

/**
 * Refuses what is tried first: a common password or two of them in a row, one that repeats itself or runs along the
 * keyboard, one that is little more than what everybody knows of its owner.
 * @param about Names and the address of the person.
 * @throws Failure `invalid_request`
 */
export function refuseCommon(password: string, about: readonly string[]): void {
  const text = written(password).toLowerCase()
  const message = common.has(text) || isTwoCommon(text) ? 'is one of the most common' : whatIsWrong(text, about)
  if (message)
    throw new Failure('invalid_request', `Choose another password: this one ${message}.`, [
      { path: 'password', message },
    ])
}

const isTwoCommon = (text: string): boolean =>
  Array.from(text, (_, at) => at).some((at) => common.has(text.slice(0, at)) && common.has(text.slice(at)))

function whatIsWrong(text: string, about: readonly string[]): string | undefined {
  if (isRepetition([...text])) return 'repeats itself'
  if (runs.some((run) => run.includes(text))) return 'runs along the keyboard'
  const parts = about.flatMap((known) => [known, ...known.split(/[@\s]/)]).map((part) => part.toLowerCase())
  const known = parts.filter((part) => [...part].length >= 3).sort((a, b) => b.length - a.length)
  const rest = known.reduce((left, part) => left.replaceAll(part, ''), text)
  return [...rest].length < passwordRules.least / 2 ? 'is little more than a name or an address' : undefined
}

/** Whether it is one short text over and over: then it is only as good as that. */
function isRepetition(characters: readonly string[]): boolean {
  const longest = Math.min(passwordRules.least - 1, Math.floor(characters.length / 2))
  const lengths = Array.from({ length: longest }, (_, n) => n + 1)
  return lengths.some((length) => characters.every((one, at) => at < length || one === characters[at - length]))
}
