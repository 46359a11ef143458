import { createSignal, Show } from 'solid-js'
import { render } from 'solid-js/web'
import { start } from '../start.js'

function Board(props) {
  return (
    <rai-leaderboard
      ref={(element) => element.addEventListener('rai-load', props.hear)}
      attr:api-url={props.scene.apiUrl}
      attr:api-key={props.scene.apiKey}
      attr:board={props.scene.board}
      prop:limit={props.scene.limit}
      bool:without-header={props.scene.withoutHeader}
      prop:renderRow={props.scene.renderRow}
      prop:getToken={props.scene.getToken}
      on:rai-rank-change={props.hear}
    >
      <Show when={props.scene.title}>
        <b slot="header">{props.scene.title}</b>
      </Show>
    </rai-leaderboard>
  )
}

start((element, hear) => {
  const [scene, draw] = createSignal({ shown: false })
  const unmount = render(
    () => (
      <Show when={scene().shown}>
        <Board scene={scene()} hear={hear} />
      </Show>
    ),
    element,
  )
  return { draw, unmount }
})
