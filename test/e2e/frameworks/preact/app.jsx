import { render } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { start } from '../start.js'

function Board({ scene, hear }) {
  const ref = useRef(null)
  useEffect(() => {
    const element = ref.current
    element.addEventListener('rai-load', hear)
    return () => element.removeEventListener('rai-load', hear)
  }, [hear])
  return (
    <rai-leaderboard
      ref={ref}
      api-url={scene.apiUrl}
      api-key={scene.apiKey}
      board={scene.board}
      limit={scene.limit}
      withoutHeader={scene.withoutHeader}
      renderRow={scene.renderRow}
      getToken={scene.getToken}
      onrai-rank-change={hear}
    >
      {scene.title && <b slot="header">{scene.title}</b>}
    </rai-leaderboard>
  )
}

start((element, hear) => ({
  draw: (scene) => render(scene.shown && <Board scene={scene} hear={hear} />, element),
  unmount: () => render(null, element),
}))
