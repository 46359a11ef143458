import { StrictMode, useEffect, useRef } from 'react'
import { createRoot } from 'react-dom/client'
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
          without-header={scene.withoutHeader}
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
          without-header={scene.withoutHeader}
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
          without-header={scene.withoutHeader}
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
          without-header={scene.withoutHeader}
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
          without-header={scene.withoutHeader}
          getToken={scene.getToken}
          onrai-send-request={hear}
        >
          {title}
        </rai-channel>
      )
  }
}

start((element, hear) => {
  const root = createRoot(element)
  return {
    draw: (scene) => root.render(<StrictMode>{scene.shown && <Widget scene={scene} hear={hear} />}</StrictMode>),
    unmount: () => root.unmount(),
  }
})
