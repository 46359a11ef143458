/** What to undo, newest first, whatever becomes of each: one that fails keeps none of the others from running. */
export interface Undo {
  add(undo: () => unknown): void
  /** @throws the first error, when all have run. */
  all(): Promise<void>
}

export function createUndo(): Undo {
  const steps: (() => unknown)[] = []
  return {
    add: (undo) => steps.push(undo),
    async all() {
      const errors: unknown[] = []
      for (let undo = steps.pop(); undo; undo = steps.pop()) {
        try {
          await undo()
        } catch (error) {
          errors.push(error)
        }
      }
      if (errors.length > 0) throw errors[0]
    },
  }
}
