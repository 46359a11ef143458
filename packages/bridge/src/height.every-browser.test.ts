import { expect } from '@open-wc/testing'
import { clear, connect, hosted, run, until } from '../../../test/helpers/frames.js'
import type { HeightOptions } from './host/height.js'

afterEach(clear)

/** The content of a page, whose height the tests change, and what is as high as the frame around it. */
const block = '<div id="content" style="block-size: 300px"></div>'
const margins = 'style="margin-block: 40px"'

/** Shapes of pages: the markup, the page's CSS, and how high it is beside its content. */
const shapes: Record<string, { body: string; css?: string; beside: number }> = {
  'a plain block': { body: block, beside: 0 },
  'collapsing margins': { body: `<div ${margins}><div ${margins}>${block}</div></div>`, beside: 80 },
  'min-height: 100vh': { body: `<main>${block}</main>`, css: 'main { min-height: 100vh }', beside: 0 },
  '100vh and a footer': {
    body: `<main>${block}</main><footer></footer>`,
    css: 'main { min-height: 100vh } footer { block-size: 80px }',
    beside: 80,
  },
  'html and body of 100 %': { body: block, css: 'html, body { block-size: 100% }', beside: 0 },
  'a body of 100vh and padding': { body: block, css: 'body { min-height: 100vh; padding: 20px }', beside: 40 },
  'a menu out of the flow': {
    body: `<div style="position: relative; block-size: 100px"><div style="position: absolute; inset-block-start: 50px; inline-size: 200px">${block}</div></div>`,
    beside: 50,
  },
  'a column as high as the page': {
    body: `<main>${block}</main>`,
    css: 'html, body { block-size: 100% } main { display: flex; flex-direction: column; min-block-size: 100% } #content { flex: none }',
    beside: 0,
  },
}

/** A connected guest of a shape, and the changes of its frame's height. */
async function shaped(shape: keyof typeof shapes, height: HeightOptions = {}) {
  const one = await hosted({ height })
  const { element } = one
  const { body, css = '' } = shapes[shape]!
  await run(
    element,
    (_, { body, css }) => {
      document.body.innerHTML = body
      const sheet = new CSSStyleSheet()
      sheet.replaceSync(`body { margin: 0 } ${css}`)
      document.adoptedStyleSheets = [sheet]
    },
    { body, css },
  )
  let writes = 0
  const observer = new MutationObserver((records) => {
    writes += records.length
  })
  observer.observe(element, { attributeFilter: ['style'] })
  await connect(element)
  return { ...one, writes: () => writes }
}

const resize = (element: HTMLIFrameElement, px: number) =>
  run(
    element,
    (_, px) => {
      document.getElementById('content')!.style.blockSize = `${px}px`
    },
    px,
  )

/** Two frames of the page, and all that it has told until then. */
const settled = (element: HTMLIFrameElement) =>
  run(element, () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))))

describe('the height of a frame', () => {
  for (const [shape, { beside }] of Object.entries(shapes))
    it(`follows ${shape}, as it starts, grows and shrinks`, async () => {
      const { element, writes } = await shaped(shape)
      const is = async (height: number) => {
        const there = () => element.offsetHeight === height && element.style.paddingBlockEnd === ''
        await until(there, `${height} px`).catch((error) => {
          throw new Error(`${error.message}, but ${element.offsetHeight}`)
        })
        // A page that runs away does not stay.
        await settled(element)
        await until(there, `${height} px that stay`)
      }
      await is(300 + beside)
      await resize(element, 500)
      await is(500 + beside)
      await resize(element, 300)
      await is(300 + beside)
      expect(writes()).to.be.at.most(9)
    })

  it('only grows where the host says so, also on a page that would for ever', async () => {
    const { element } = await shaped('100vh and a footer', { mode: 'grow' })
    await until(() => element.offsetHeight === 380, '380 px')
    await resize(element, 500)
    await until(() => element.offsetHeight === 580, '580 px')
    await resize(element, 100)
    await settled(element)
    expect(element.offsetHeight).to.equal(580)
  })

  it('stays within what the host allows', async () => {
    const { element } = await shaped('a plain block', { min: 200, max: 400 })
    await until(() => element.offsetHeight === 300, '300 px')
    await resize(element, 5000)
    await until(() => element.offsetHeight === 400, '400 px')
    await resize(element, 10)
    await until(() => element.offsetHeight === 200, '200 px')
  })

  it('is the host’s own where it is fixed or fills', async () => {
    for (const [height, wanted] of [
      [{ mode: 'fixed', max: 420 }, '420px'],
      [{ mode: 'fill' }, '100%'],
    ] as [HeightOptions, string][]) {
      const { element } = await shaped('a plain block', height)
      await resize(element, 900)
      await settled(element)
      expect(element.style.blockSize).to.equal(wanted)
    }
  })

  it('is not asked for again and again by a clock', async () => {
    const { element, writes } = await shaped('min-height: 100vh')
    await until(() => element.offsetHeight === 300, '300 px')
    const tick = async (n: number) => {
      await run(
        element,
        (_, n) => {
          document.getElementById('content')!.textContent = `12:00:0${n}`
        },
        n,
      )
      for (let frames = 0; frames < 4; frames++) await settled(element)
    }
    const first = writes()
    await tick(1)
    await until(() => writes() > first && element.style.paddingBlockEnd === '', 'first look')
    const before = writes()
    for (let n = 2; n < 8; n++) await tick(n)
    // Had the ticks cost anything, this would not be all.
    await resize(element, 500)
    await until(() => element.offsetHeight === 500, '500 px')
    expect(writes()).to.equal(before + 1)
  })
})
