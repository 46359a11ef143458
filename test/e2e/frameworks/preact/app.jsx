import { render } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { start } from '../start.js'

function Widget({ scene, hear }) {
  const ref = useRef(null)
  useEffect(() => {
    const element = ref.current
    element.addEventListener('rai-load', hear)
    return () => element.removeEventListener('rai-load', hear)
  }, [hear])
  const title = scene.title && <b slot="header">{scene.title}</b>
  switch (scene.tag) {
    case 'rai-leaderboard':
      return (
        <rai-leaderboard
          ref={ref}
          api-url={scene.apiUrl}
          api-key={scene.apiKey}
          board={scene.what}
          limit={scene.limit}
          withoutHeader={scene.withoutHeader}
          renderRow={scene.renderRow}
          getToken={scene.getToken}
          onrai-rank-change={hear}
        >
          {title}
        </rai-leaderboard>
      )
    case 'rai-store':
      return (
        <rai-store
          ref={ref}
          api-url={scene.apiUrl}
          api-key={scene.apiKey}
          category={scene.what}
          withoutHeader={scene.withoutHeader}
          getToken={scene.getToken}
          onrai-wish-request={hear}
        >
          {title}
        </rai-store>
      )
    case 'rai-milestone':
      return (
        <rai-milestone
          ref={ref}
          api-url={scene.apiUrl}
          api-key={scene.apiKey}
          milestone={scene.what}
          withoutHeader={scene.withoutHeader}
          getToken={scene.getToken}
          onrai-claim-request={hear}
        >
          {title}
        </rai-milestone>
      )
    case 'rai-socials':
      return (
        <rai-socials
          ref={ref}
          api-url={scene.apiUrl}
          api-key={scene.apiKey}
          network={scene.what}
          withoutHeader={scene.withoutHeader}
          getToken={scene.getToken}
          onrai-claim-request={hear}
        >
          {title}
        </rai-socials>
      )
    case 'rai-channel':
      return (
        <rai-channel
          ref={ref}
          api-url={scene.apiUrl}
          api-key={scene.apiKey}
          channel={scene.what}
          withoutHeader={scene.withoutHeader}
          getToken={scene.getToken}
          onrai-send-request={hear}
        >
          {title}
        </rai-channel>
      )
  }
}

start((element, hear) => ({
  draw: (scene) => render(scene.shown && <Widget scene={scene} hear={hear} />, element),
  unmount: () => render(null, element),
}))
