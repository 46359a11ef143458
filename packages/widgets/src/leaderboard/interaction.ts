import { type LitElement, unsafeCSS } from 'lit'
import { ClockController } from '../shared/clock-controller.js'
import { iconStyles } from '../shared/on-demand/icons.js'
import { rolling } from '../shared/rolling.js'
import css from './interaction.styles.css?inline'
import { RowsController, type Source } from './rows-controller.js'
import { runSteps } from './runs.js'

export const styles = [iconStyles, unsafeCSS(css)]

/** What it needs from its element. */
interface View {
  source: () => Source | undefined
  number: (value: number) => string
  timeLeft: () => number | undefined
}

/** What one can do with a board once it is seen: scroll it, move through it, go to other runs, watch the clock run. */
export default class Interaction {
  readonly rows: RowsController
  readonly rolling = rolling
  readonly runSteps = runSteps

  constructor(host: LitElement, { source, number, timeLeft }: View) {
    this.rows = new RowsController(host, source, number)
    new ClockController(host, timeLeft)
  }
}
