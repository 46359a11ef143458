import type { BoardRow } from '@rai/stores'
import '@rai/widgets/define'

/** What a test asks an app to show. */
export interface Wanted {
  /** Whether the widget is there at all. */
  shown: boolean
  tag: string
  apiUrl: string
  apiKey: string
  /** What the widget shows, by the attribute that names it: a board, a category, a milestone, a network, a channel. */
  what?: string | undefined
  /** Of a board. */
  limit?: number
  withoutHeader: boolean
  /** What stands in the `header` slot. Without one the tag has no children. */
  title?: string
  /** Rows of a board are drawn as this word and the name. */
  greeting?: string
  /** The embed token of who looks. */
  token?: string
}

/** The same as an app is given it. The functions are new at every draw, as they are where people write them in a template. */
export interface Scene extends Wanted {
  renderRow?: (row: BoardRow) => string
  getToken?: () => Promise<string>
}

export interface App {
  draw(scene: Scene): void
  unmount(): void
}

/** An app under test: it writes each tag once, as one who works with its framework does. */
export type Mount = (root: Element, hear: (event: Event) => unknown) => App | Promise<App>

/** What a test finds on the window. */
export interface Stage {
  draw(wanted: Wanted): void
  unmount(): void
  /** The events that the app was told of, in their order. */
  heard: { type: string; rank?: number | undefined }[]
}

export async function start(mount: Mount): Promise<void> {
  const heard: Stage['heard'] = []
  const hear = (event: Event & { rank?: number }) => {
    // What members ask for is not done: the next test finds things as they were.
    event.preventDefault()
    heard.push({ type: event.type, rank: event.rank })
  }
  const app = await mount(document.querySelector('#app')!, hear)
  const draw = ({ ...scene }: Scene) => {
    const { greeting, token } = scene
    if (greeting) scene.renderRow = ({ member }) => `${greeting}, ${member.name}`
    if (token) scene.getToken = async () => token
    app.draw(scene)
  }
  const stage: Stage = { draw, unmount: () => app.unmount(), heard }
  Object.assign(globalThis, { stage })
}
