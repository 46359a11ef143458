import { expect } from '@open-wc/testing'
import { emulateMedia, setViewport } from '@web/test-runner-commands'
import { find, freshApi, leaderboard, loaded, part, rowsOf, textOf, until } from '../../../../test/helpers/browser.js'
import { pageSettings } from '../index.js'

const page = document.documentElement
const backgroundOf = (element: Element) => {
  const canvas = new OffscreenCanvas(1, 1).getContext('2d')!
  canvas.fillStyle = getComputedStyle(find(element, '.base')!).backgroundColor
  canvas.fillRect(0, 0, 1, 1)
  return canvas.getImageData(0, 0, 1, 1).data[0]! > 128 ? 'light' : 'dark'
}

/** Elements that stick out of the widget, or hide text that nobody can reach. */
const overflowing = (element: Element) => {
  const { left, right } = element.getBoundingClientRect()
  const sticksOut = (inner: Element) => {
    const box = inner.getBoundingClientRect()
    const hidden = inner.closest('.visually-hidden, .tabs, svg, .search')
    return !hidden && box.width > 0 && (box.left < left - 1 || box.right > right + 1)
  }
  return [...element.shadowRoot!.querySelectorAll('.base *')].filter(sticksOut).map((inner) => inner.className)
}

describe('<rai-leaderboard> in a page', () => {
  afterEach(async () => {
    for (const name of ['lang', 'dir', 'class', 'style', 'data-theme']) page.removeAttribute(name)
    page.lang = 'en'
    await emulateMedia({ colorScheme: 'light', reducedMotion: 'no-preference' })
  })

  it('takes its theme from its attribute, else from the page, else from the system, at once', async () => {
    // Colours change at once, so that no audit meets one on its way.
    await emulateMedia({ reducedMotion: 'reduce' })
    const element = await loaded()
    const shows = (scheme: string) => until(() => backgroundOf(element) === scheme, scheme)
    await shows('light')
    await emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' })
    await shows('dark')
    page.dataset.theme = 'light'
    await shows('light')
    page.style.colorScheme = 'dark'
    await shows('dark')
    page.removeAttribute('style')
    page.removeAttribute('data-theme')
    page.className = 'light'
    await shows('light')
    element.theme = 'dark'
    await shows('dark')
    await expect(element).to.be.accessible()
  })

  it('speaks the language of its attribute, else the loader’s, else the page’s, at once', async () => {
    const element = await loaded()
    const says = (text: string) => until(() => textOf(find(element, '#tab-all')) === text, text)
    await says('All time')
    page.lang = 'de'
    await says('Gesamt')
    expect(textOf(rowsOf(element)[0]!.querySelector('.score'))).to.equal('51.900')
    pageSettings().locale = 'ja'
    pageSettings().dispatchEvent(new Event('change'))
    await says('全期間')
    element.locale = 'hi'
    await says('अब तक')
    element.locale = 'no such language'
    await says('All time')
    pageSettings().locale = undefined
    pageSettings().dispatchEvent(new Event('change'))
  })

  for (const locale of ['ar', 'he']) {
    it(`is written from right to left in ${locale}`, async () => {
      const element = await loaded({ attributes: { locale }, member: 'member-300', width: 340 })
      await until(() => part(element, 'me-row'), 'own place')
      expect(find(element, '.base')!.dir).to.equal('rtl')
      const [rank, name, score] = [...rowsOf(element)[0]!.children].map((cell) => cell.getBoundingClientRect().left)
      expect(rank).to.be.above(name!)
      expect(name).to.be.above(score!)
      expect(overflowing(element)).to.deep.equal([])
      await expect(element).to.be.accessible()
    })
  }

  it('follows a page that is written from right to left', async () => {
    page.dir = 'rtl'
    const element = await loaded()
    expect(find(element, '.base')!.dir).to.equal('rtl')
  })

  for (const width of [240, 320, 900, 1600]) {
    it(`lets nothing stick out at ${width} pixels, whatever it shows`, async () => {
      await setViewport({ width: Math.max(width + 40, 400), height: 800 })
      const api = await freshApi()
      const full = await loaded({ api, width, member: 'member-300' })
      await until(() => part(full, 'me-row'), 'own place')
      expect(overflowing(full)).to.deep.equal([])
      full.remove()
      for (const board of ['soon', 'over', 'nowhere']) {
        const element = await leaderboard({ api, width, attributes: { board } })
        await until(() => part(element, 'empty') ?? part(element, 'error'), board)
        expect(overflowing(element)).to.deep.equal([])
      }
    })
  }

  it('stays under what the page lays over it', async () => {
    const element = await loaded()
    const cover = document.createElement('div')
    cover.style.cssText = 'position: relative; z-index: 0; block-size: 480px; margin-block-start: -480px'
    element.after(cover)
    const { left, top } = find(element, 'thead')!.getBoundingClientRect()
    expect(document.elementFromPoint(left + 20, top + 10) === cover).to.equal(true)
  })

  for (const dir of ['ltr', 'rtl']) {
    it(`keeps the chosen period in view, ${dir}`, async () => {
      page.dir = dir
      const element = await loaded({ attributes: { board: 'calendar', period: 'year' }, width: 240 })
      const list = part(element, 'tabs')!
      const isSeen = (name: string) => {
        const { left, right } = part(element, 'tab-selected')!.getBoundingClientRect()
        const line = list.getBoundingClientRect()
        return textOf(part(element, 'tab-selected')) === name && left >= line.left && right <= line.right
      }
      expect(list.scrollWidth).to.be.above(list.clientWidth)
      await until(() => isSeen('Year'), 'year')
      const tab = (name: string) => [...list.querySelectorAll('button')].find((each) => textOf(each) === name)!
      for (const name of ['Day', 'All time']) {
        tab(name).click()
        await until(() => isSeen(name), name)
      }
    })
  }

  it('gives names and long numbers their room at 240 pixels', async () => {
    const attributes = { board: 'steps' }
    const element = await loaded({ attributes, member: 'member-12', width: 240 })
    await until(() => part(element, 'me-row'), 'own place')
    const names = [rowsOf(element)[3]!, part(element, 'me-row')!].map((row) => row.querySelector('.name')!.clientWidth)
    expect(Math.min(...names)).to.be.above(40)
    const podium = await loaded({ attributes: { ...attributes, layout: 'podium' }, width: 240 })
    await until(() => part(podium, 'podium'), 'podium')
    const cut = [...podium.shadowRoot!.querySelectorAll('.step .score')].filter(
      (score) => score.scrollWidth > score.clientWidth,
    )
    expect(cut.length).to.equal(0)
  })

  it('63 bears wider text spacing (WCAG 1.4.12)', async () => {
    const element = await loaded({ width: 320 })
    const spacing = new CSSStyleSheet()
    spacing.replaceSync(
      '* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important }',
    )
    element.shadowRoot!.adoptedStyleSheets.push(spacing)
    const row = rowsOf(element)[1]!
    const name = row.querySelector('.name')!.getBoundingClientRect()
    const { top, bottom } = row.getBoundingClientRect()
    expect(name.top >= top && name.bottom <= bottom).to.equal(true)
    expect(overflowing(element)).to.deep.equal([])
  })

  it('does not change under a hostile style sheet', async () => {
    const sheet = new CSSStyleSheet()
    const calm = await loaded()
    const look = (element: Element) => {
      const row = rowsOf(element)[0]!
      const { color, letterSpacing, textTransform, textAlign, wordSpacing, fontStyle, textShadow, cursor, visibility } =
        getComputedStyle(row.querySelector('.name')!)
      const { width, height } = row.getBoundingClientRect()
      return {
        color,
        letterSpacing,
        textTransform,
        textAlign,
        wordSpacing,
        fontStyle,
        textShadow,
        cursor,
        visibility,
        width,
        height,
      }
    }
    const before = look(calm)
    sheet.replaceSync(`
      * { letter-spacing: 4px !important; word-spacing: 9px !important; text-transform: uppercase !important; text-shadow: 1px 1px red !important }
      rai-leaderboard { color: red !important; text-align: right !important; font-style: italic !important; cursor: wait !important }
      html { text-indent: 30px; white-space: pre }
      table, tr, td, th, button, svg, slot { all: unset !important; border: 9px solid red !important }
    `)
    document.adoptedStyleSheets = [sheet]
    try {
      expect(look(calm)).to.deep.equal(before)
    } finally {
      document.adoptedStyleSheets = []
    }
  })

  it('stays readable on a page whose root font is tiny', async () => {
    page.style.fontSize = '62.5%'
    const element = await loaded()
    expect(Number.parseFloat(getComputedStyle(rowsOf(element)[0]!.querySelector('.name')!).fontSize)).to.be.above(13.9)
  })

  it('keeps its data on paper', async () => {
    const element = await loaded({ member: 'member-2' })
    await until(() => find(element, '.me'), 'own row')
    await emulateMedia({ media: 'print' })
    expect(getComputedStyle(find(element, '.scroller')!).overflowY).to.equal('visible')
    expect(getComputedStyle(part(element, 'menu-button')!).display).to.equal('none')
    await emulateMedia({ media: 'screen' })
  })
})
