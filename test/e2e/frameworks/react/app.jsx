import { StrictMode, useEffect, useRef } from 'react'
import { createRoot } from 'react-dom/client'
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
      without-header={scene.withoutHeader}
      renderRow={scene.renderRow}
      getToken={scene.getToken}
      onrai-rank-change={hear}
    >
      {scene.title && <b slot="header">{scene.title}</b>}
    </rai-leaderboard>
  )
}

start((element, hear) => {
  const root = createRoot(element)
  return {
    draw: (scene) => root.render(<StrictMode>{scene.shown && <Board scene={scene} hear={hear} />}</StrictMode>),
    unmount: () => root.unmount(),
  }
})
