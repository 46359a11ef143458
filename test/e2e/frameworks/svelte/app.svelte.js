import { mount, unmount } from 'svelte'
import { start } from '../start.js'
import Widget from './live-widget.svelte'

start((target, hear) => {
  const props = $state({ scene: { shown: false }, hear })
  const app = mount(Widget, { target, props })
  return {
    draw(scene) {
      props.scene = scene
    },
    unmount: () => unmount(app),
  }
})
