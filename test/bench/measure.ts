/** One line of a table: what was measured, ours and a reference in the same run. */
export interface Row {
  what: string
  ours: number
  reference: number
  unit: string
  /** What the ratio should not be over, where somebody has said so. */
  bar?: number | undefined
}

/** A bench is a file that exports one of these by the name `bench`. */
export interface Bench {
  title: string
  /** What the reference is, in one sentence. */
  reference: string
  run(): Promise<Row[]>
}

/** The middle value. */
export const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!

/** The moment, in milliseconds, as another process of this machine has it too. */
export const sharedNow = (): number => performance.timeOrigin + performance.now()

/** How many milliseconds a piece of work takes. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await work()
  return performance.now() - start
}

/**
 * Measures two pieces of work by turns, so that what slows the machine slows both.
 * @returns The medians, after a tenth of the rounds to warm up.
 */
export async function interleaved(
  rounds: number,
  ours: (round: number) => Promise<number>,
  reference: (round: number) => Promise<number>,
): Promise<{ ours: number; reference: number }> {
  const times = { ours: [] as number[], reference: [] as number[] }
  const warmUp = Math.ceil(rounds / 10)
  for (let round = 0; round < rounds + warmUp; round++) {
    const a = await ours(round)
    const b = await reference(round)
    if (round < warmUp) continue
    times.ours.push(a)
    times.reference.push(b)
  }
  return { ours: median(times.ours), reference: median(times.reference) }
}
