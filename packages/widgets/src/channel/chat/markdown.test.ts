import { describe, expect, it } from 'vitest'
import { parse, safeUrl } from './markdown.js'

const p = (...children: unknown[]) => [{ type: 'p', children }]
const link = (url: string, ...children: unknown[]) => ({ type: 'link', url, children })
const id = '01a21f5f-964e-7630-8262-6a4dde5d7fd5'

describe('what a message says', () => {
  it.each<[string, unknown[]]>([
    ['Hello', p('Hello')],
    [
      '**a** *b* _c_ ~~d~~ `e*f*`',
      p(
        { type: 'strong', children: ['a'] },
        ' ',
        { type: 'em', children: ['b'] },
        ' ',
        { type: 'em', children: ['c'] },
        ' ',
        { type: 'del', children: ['d'] },
        ' ',
        { type: 'code', text: 'e*f*' },
      ),
    ],
    ['**a *b* c**', p({ type: 'strong', children: ['a ', { type: 'em', children: ['b'] }, ' c'] })],
    ['2 * 3 * 4, snake_case_name, a * b', p('2 * 3 * 4, snake_case_name, a * b')],
    ['\\*not\\* <b>bold</b>', p('*not* <b>bold</b>')],
    [`Ask <@${id}>!`, p('Ask ', { type: 'mention', id }, '!')],
    [
      'See https://a.example/b_c_d?e=(f).',
      p('See ', link('https://a.example/b_c_d?e=(f)', 'https://a.example/b_c_d?e=(f)'), '.'),
    ],
    [
      'https://a.example/((b)).) https://a.example/)),',
      p(
        link('https://a.example/((b))', 'https://a.example/((b))'),
        '.) ',
        link('https://a.example/', 'https://a.example/'),
        ')),',
      ),
    ],
    ['[[the](https://a.example) map]', p('[', link('https://a.example/', 'the'), ' map]')],
    ['[the *map*](https://a.example)', p(link('https://a.example/', 'the ', { type: 'em', children: ['map'] }))],
    ['[x](javascript:alert(1))', p('[x](javascript:alert(1))')],
    ['```\n**a**\n```', [{ type: 'code', text: '**a**' }]],
    ['```\nnever ends', p('```\nnever ends')],
    ['> a\n> b', [{ type: 'quote', blocks: p('a\nb') }]],
    ['- a\n- b', [{ type: 'list', start: undefined, items: [['a'], ['b']] }]],
    ['3. a\n4. b', [{ type: 'list', start: 3, items: [['a'], ['b']] }]],
  ])('%j', (text, blocks) => {
    expect(parse(text)).toEqual(blocks)
  })

  it.each(['*', '**', '_a ', '[', '[a](', '`', '> ', '~~a', '<@', '*a _b ', '**a*'])(
    'is read in time, however often it holds %j',
    (part) => {
      const text = part.repeat(Math.floor(4000 / part.length))
      const start = performance.now()
      parse(text)
      expect(performance.now() - start).toBeLessThan(1000)
    },
  )

  it('is read in time, also where many addresses end in brackets that were never opened', () => {
    const text = `${'http://"'.repeat(190)}${'('.repeat(800)}${')'.repeat(1680)}`
    const start = performance.now()
    parse(text)
    expect(performance.now() - start).toBeLessThan(1000)
  })
})

describe('46 a link', () => {
  it.each([
    'javascript:alert(1)',
    'JaVaScRiPt:alert(1)',
    'java\tscript:alert(1)',
    ' https://a.example',
    'data:text/html,x',
    'blob:https://a.example/b',
    'vbscript:x',
    '//a.example',
    'https:',
    'https://a b',
    'mailto:',
  ])('leads nowhere by %j', (address) => {
    expect(safeUrl(address)).toBeUndefined()
  })

  it.each(['https://a.example/', 'http://a.example/b?c#d', 'mailto:a@b.example'])('leads to %s', (address) => {
    expect(safeUrl(address)).toBe(address)
  })
})
