import { Failure } from './failure.js'

/**
 * Holds how many there would be to how many there may be.
 * @param whose As a sentence begins: `A community`.
 * @throws Failure `conflict`
 */
export function atMost(most: number, count: number, whose: string, what: string): void {
  if (count > most)
    throw new Failure('conflict', `${whose} has at most ${most.toLocaleString('en')} ${what}. Delete some first.`)
}
