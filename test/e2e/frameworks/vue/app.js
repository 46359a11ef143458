import { createApp, h, shallowReactive } from 'vue'
import { start } from '../start.js'
import Widget from './live-widget.vue'

start((element, hear) => {
  const props = shallowReactive({ scene: { shown: false }, hear })
  const app = createApp(() => h(Widget, props))
  app.mount(element)
  return {
    draw(scene) {
      props.scene = scene
    },
    unmount: () => app.unmount(),
  }
})
