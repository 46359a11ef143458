import { writeFileSync } from 'node:fs'
import type { Reporter, TestModule } from 'vitest/node'

/** Writes `{"passed": n, "failed": n}` to the file that RAI_TEST_COUNTS names, for whoever sums several runners. */
export class Counts implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const file = process.env.RAI_TEST_COUNTS
    if (!file) return
    const states = modules.flatMap((module) => [...module.children.allTests()].map((test) => test.result().state))
    const count = (state: string) => states.filter((s) => s === state).length
    // A file or a suite that fell over outside its tests has no failed test to count.
    const fellOver = modules.filter(
      (module) =>
        module.state() === 'failed' &&
        ![...module.children.allTests()].some((test) => test.result().state === 'failed'),
    )
    const counts = { passed: count('passed'), failed: count('failed') + fellOver.length + errors.length }
    writeFileSync(file, JSON.stringify(counts))
  }
}
