/** How far something is: a bar that redraws itself in a terminal, a line for each tenth elsewhere. */
export interface Progress {
  show(done: number, note: string): void
  /** The last state; what follows stands on a line of its own. */
  end(done: number, note: string): void
  /** Leaves the bar as it is. */
  stop(): void
}

const barWidth = 28
const redrawMs = 80

export const whole = (n: number) => n.toLocaleString('en')

/**
 * @param total What `done` is when all is done.
 */
export function createProgress(title: string, total: number, out: NodeJS.WriteStream = process.stdout): Progress {
  const share = (done: number) => (total === 0 ? 1 : Math.min(1, done / total))
  const percent = (done: number) => `${Math.floor(share(done) * 100)} %`.padStart(5)

  if (!out.isTTY) {
    let tenth = 0
    const line = (done: number, note: string) => out.write(`${title}${percent(done)}  ${note}\n`)
    return {
      show(done, note) {
        if (share(done) === 1 || Math.floor(share(done) * 10) <= tenth) return
        tenth = Math.floor(share(done) * 10)
        line(done, note)
      },
      end: line,
      stop() {},
    }
  }

  let drawnAt = Number.NEGATIVE_INFINITY
  const draw = (done: number, note: string) => {
    const filled = Math.round(share(done) * barWidth)
    const bar = `${'█'.repeat(filled)}${'░'.repeat(barWidth - filled)}`
    const text = `${title.padEnd(8)}${bar}${percent(done)}  ${note}`
    out.write(`\r\u001b[K${text.slice(0, out.columns - 1)}`)
  }
  return {
    show(done, note) {
      if (performance.now() - drawnAt < redrawMs) return
      drawnAt = performance.now()
      draw(done, note)
    },
    end(done, note) {
      draw(done, note)
      out.write('\n')
    },
    stop: () => void out.write('\n'),
  }
}
