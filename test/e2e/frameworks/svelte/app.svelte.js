import { mount, unmount } from 'svelte'
import { start } from '../start.js'
import Board from './board.svelte'

start((target, hear) => {
  const props = $state({ scene: { shown: false }, hear })
  const app = mount(Board, { target, props })
  return {
    draw(scene) {
      props.scene = scene
    },
    unmount: () => unmount(app),
  }
})
