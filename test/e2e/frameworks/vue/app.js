import { createApp, h, shallowReactive } from 'vue'
import { start } from '../start.js'
import Board from './live-board.vue'

start((element, hear) => {
  const props = shallowReactive({ scene: { shown: false }, hear })
  const app = createApp(() => h(Board, props))
  app.mount(element)
  return {
    draw(scene) {
      props.scene = scene
    },
    unmount: () => app.unmount(),
  }
})
