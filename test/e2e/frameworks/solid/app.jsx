import { createSignal, Match, Show, Switch } from 'solid-js'
import { render } from 'solid-js/web'
import { start } from '../start.js'

function Title(props) {
  return (
    <Show when={props.text}>
      <b slot="header">{props.text}</b>
    </Show>
  )
}

function Widget(props) {
  const listen = (element) => element.addEventListener('rai-load', props.hear)
  return (
    <Switch>
      <Match when={props.scene.tag === 'rai-leaderboard'}>
        <rai-leaderboard
          ref={listen}
          attr:api-url={props.scene.apiUrl}
          attr:api-key={props.scene.apiKey}
          attr:board={props.scene.what}
          prop:limit={props.scene.limit}
          bool:without-header={props.scene.withoutHeader}
          prop:renderRow={props.scene.renderRow}
          prop:getToken={props.scene.getToken}
          on:rai-rank-change={props.hear}
        >
          <Title text={props.scene.title} />
        </rai-leaderboard>
      </Match>
      <Match when={props.scene.tag === 'rai-store'}>
        <rai-store
          ref={listen}
          attr:api-url={props.scene.apiUrl}
          attr:api-key={props.scene.apiKey}
          attr:category={props.scene.what}
          bool:without-header={props.scene.withoutHeader}
          prop:getToken={props.scene.getToken}
          on:rai-wish-request={props.hear}
        >
          <Title text={props.scene.title} />
        </rai-store>
      </Match>
      <Match when={props.scene.tag === 'rai-milestone'}>
        <rai-milestone
          ref={listen}
          attr:api-url={props.scene.apiUrl}
          attr:api-key={props.scene.apiKey}
          attr:milestone={props.scene.what}
          bool:without-header={props.scene.withoutHeader}
          prop:getToken={props.scene.getToken}
          on:rai-claim-request={props.hear}
        >
          <Title text={props.scene.title} />
        </rai-milestone>
      </Match>
      <Match when={props.scene.tag === 'rai-socials'}>
        <rai-socials
          ref={listen}
          attr:api-url={props.scene.apiUrl}
          attr:api-key={props.scene.apiKey}
          attr:network={props.scene.what}
          bool:without-header={props.scene.withoutHeader}
          prop:getToken={props.scene.getToken}
          on:rai-claim-request={props.hear}
        >
          <Title text={props.scene.title} />
        </rai-socials>
      </Match>
      <Match when={props.scene.tag === 'rai-channel'}>
        <rai-channel
          ref={listen}
          attr:api-url={props.scene.apiUrl}
          attr:api-key={props.scene.apiKey}
          attr:channel={props.scene.what}
          bool:without-header={props.scene.withoutHeader}
          prop:getToken={props.scene.getToken}
          on:rai-send-request={props.hear}
        >
          <Title text={props.scene.title} />
        </rai-channel>
      </Match>
    </Switch>
  )
}

start((element, hear) => {
  const [scene, draw] = createSignal({ shown: false })
  const unmount = render(
    () => (
      <Show when={scene().shown}>
        <Widget scene={scene()} hear={hear} />
      </Show>
    ),
    element,
  )
  return { draw, unmount }
})
