import { describe, expect, it } from 'vitest'
import { initials } from './avatar.js'
import { formatCountdown } from './format.js'
import { webUrl } from './web-url.js'

const day = 86_400_000

describe('what elements write', () => {
  it.each([
    ['Amara Okafor', 'AO'],
    ['Noah Nair', 'NN'],
    ['amara', 'A'],
    ['@babel/plugin-transform', 'BT'],
    ['سارة المنصوري', 'سا'],
    ['日本', '日'],
    ['👩‍👩‍👧‍👦', '👩‍👩‍👧‍👦'],
    ['', ''],
  ])('shortens %s to %s', (name, short) => {
    expect(initials(name)).toBe(short)
  })

  it.each([
    ['en', 3 * day + 5, '3 days'],
    ['de', day, '1 Tag'],
    ['en', day - 1000, '23:59:59'],
    ['en', 61_000, '00:01:01'],
    ['en', -5, '00:00:00'],
  ])('counts down in %s', (locale, left, text) => {
    expect(formatCountdown(locale, left)).toBe(text)
  })
})

describe('46 addresses', () => {
  it.each([
    'javascript:alert(1)',
    ' JaVaScRiPt:alert(1)',
    'java\tscript:alert(1)',
    'data:text/html,x',
    'blob:https://a/b',
    'vbscript:x',
    'mailto:a@b',
    '/relative',
    '',
    null,
  ])('refuses %j', (address) => {
    expect(webUrl(address)).toBeUndefined()
  })

  it('takes what leads to the web', () => {
    expect(webUrl('https://example.com/a')).toBe('https://example.com/a')
  })
})
