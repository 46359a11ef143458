// Prevents tests that pass because they do not run, run twice, or wait long enough on this machine.
import { type Check, files, search } from './check.js'

export const tests: Check = {
  title: 'honest tests',
  run: async () =>
    search(await files(/\.test\.ts$|^test\/(helpers|e2e|server|stores)\/.*\.ts$/), [
      [/\b(describe|it|test|suite)\.(only|skip|todo|skipIf|runIf|fixme)\b|\bthis\.skip\(/, 'every test runs'],
      [/[{,] *retr(y|ies):|\bthis\.retries\(/, 'a test that needs another try is broken'],
      [/\bsleep\(|\bwaitForTimeout\(|\baTimeout\(|setTimeout\((r|res|resolve|done)\b/, 'wait for what should happen'],
      [/\bvi\.(mock|spyOn|fn)\(|\bsinon\b/, 'use the real thing'],
    ]),
}
