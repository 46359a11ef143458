import { type BoardRow, type BoardRun, runAt, serverNow } from '@rai/stores'
import { type LitElement, unsafeCSS } from 'lit'
import { ClockController } from '../shared/clock-controller.js'
import type { Text } from '../shared/messages.js'
import { iconStyles } from '../shared/on-demand/icons.js'
import { TabsController, tabStyles } from '../shared/on-demand/tabs.js'
import { rankChanges } from './changes.js'
import changesCss from './changes.styles.css?inline'
import { RaiRowActivateEvent } from './events.js'
import css from './interaction.styles.css?inline'
import { RowsController } from './rows-controller.js'
import { runSteps } from './runs.js'
import type { Scene } from './scene.js'

export const styles = [iconStyles, tabStyles, unsafeCSS(changesCss), unsafeCSS(css)]

/** What one can do with a board once it is seen: scroll it, move through it, go to other runs, watch the clock run. */
export default class Interaction {
  readonly rows: RowsController
  readonly runSteps = runSteps
  readonly change: (row: BoardRow) => unknown
  readonly #host: LitElement
  readonly #scene: Scene

  constructor(host: LitElement, text: Text<never>, scene: Scene) {
    this.#host = host
    this.#scene = scene
    this.rows = new RowsController(host, scene)
    this.change = rankChanges(scene, text)
    new ClockController(host, scene.timeLeft)
    new TabsController(host)
  }

  /** The run as the clock has it: its turn is seen at once, and its rows a little later. */
  get run(): BoardRun | undefined {
    const { view } = this.#scene.model()
    const environment = this.#scene.environment()
    return view && environment && runAt(view.run, serverNow(environment))
  }

  readonly onKeydown = (event: KeyboardEvent) => {
    this.rows.onKeydown(event)
    if (event.key === 'Enter') this.onClick(event)
  }

  /** Tells the page which row was chosen. */
  readonly onClick = ({ target }: Event) => {
    const chosen = target as HTMLElement
    const row = this.#scene.at(Number(chosen.closest<HTMLElement>('[data-position]')?.dataset.position))
    if (row && !chosen.closest('button, a')) this.#host.dispatchEvent(new RaiRowActivateEvent(row))
  }
}
