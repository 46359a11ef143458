/** One thing that was looked at. `undefined`: it could not be, and `hint` says why. */
export interface Result {
  what: string
  passed: boolean | undefined
  /** What to do about it. */
  hint?: string | undefined
}

export const result = (what: string, passed: boolean | undefined, hint?: string): Result => ({
  what,
  passed,
  hint: passed ? undefined : hint,
})
