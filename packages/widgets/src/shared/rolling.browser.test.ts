import { expect } from '@open-wc/testing'
import { html, render } from 'lit'
import { Rolling } from './rolling.js'

const item = (position: number) => html`<li>${position}</li>`

function list() {
  const box = document.createElement('ul')
  const rolling = new Rolling()
  const draw = (content: unknown) => {
    render(html`${content}`, box)
    return [...box.children]
  }
  return { draw, roll: (first: number, last: number) => draw(rolling.render(first, last, item)), rolling, box }
}

const read = (nodes: Element[]) => nodes.map((node) => Number(node.textContent))

describe('a rolling list', () => {
  it('shows its window in order, wherever that goes and however many rows it has', () => {
    const { roll } = list()
    for (const [first, last] of [
      [1, 4],
      [3, 6],
      [2, 7],
      [90, 93],
      [89, 90],
      [1, 0],
      [5, 6],
    ] as const) {
      const wanted = Array.from({ length: last - first + 1 }, (_, i) => first + i)
      expect(read(roll(first, last))).to.deep.equal(wanted)
    }
  })

  it('keeps the nodes that stay, and brings those that leave in at the other end', () => {
    const { roll } = list()
    const [one, two, three] = roll(1, 3)
    const down = roll(2, 4)
    expect([down[0] === two, down[1] === three, down[2] === one]).to.deep.equal([true, true, true])
    const up = roll(1, 3)
    expect([up[0] === one, up[1] === two, up[2] === three]).to.deep.equal([true, true, true])
  })

  it('goes on between two drawings: draws what comes in and what is old, and nothing else', () => {
    const { draw, rolling } = list()
    const drawn: number[] = []
    const write = (position: number) => {
      drawn.push(position)
      return item(position)
    }
    const shown = () => read(draw(rolling.render(1, 3, write)))
    shown()
    drawn.length = 0
    rolling.to(2, 5, [3])
    expect(drawn).to.deep.equal([3, 4, 5])
    rolling.to(90, 91, [])
    expect(drawn).to.deep.equal([3, 4, 5, 90, 91])
    expect(shown()).to.deep.equal([1, 2, 3])
  })

  it('takes over from a plain array without making a node', () => {
    const { draw, roll } = list()
    const before = draw([4, 5, 6].map(item))
    const after = roll(4, 6)
    expect(after.every((node, i) => node === before[i])).to.equal(true)
    expect(read(roll(5, 7))).to.deep.equal([5, 6, 7])
  })
})
