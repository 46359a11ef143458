import { expect, test } from 'vitest'
import { allowOf, sandboxOf } from './host/walls.js'
import { type ManifestError, parseManifest } from './manifest.js'

const origin = 'https://app.example'
const least = { id: 'my-app', name: 'My app', url: `${origin}/channel` }
const problemsOf = (value: unknown) => {
  try {
    parseManifest(value, origin)
    return []
  } catch (error) {
    return (error as ManifestError).problems
  }
}

test('a manifest needs an id, a name and an address, and asks for nothing by itself', () => {
  expect(parseManifest({ ...least, later: 'unknown' }, origin)).toEqual({
    ...least,
    permissions: { required: [], optional: [] },
    features: [],
    popups: false,
    downloads: false,
  })
  const whole = {
    ...least,
    permissions: { required: ['identity.get'], optional: ['messages.send'] },
    features: ['camera'],
    popups: true,
    downloads: false,
    privacyUrl: 'https://app.example/privacy',
  }
  expect(parseManifest(whole, origin)).toEqual(whole)
  expect(parseManifest({ ...least, url: 'http://127.0.0.1:8080/' }, 'http://127.0.0.1:8080').id).toBe('my-app')
})

test('says everything that is wrong at once', () => {
  for (const nothing of [null, undefined, 1, 'text', [], {}]) expect(problemsOf(nothing)).toHaveLength(3)
  const wrong = {
    id: '../x',
    name: '',
    url: 'http://app.example/',
    permissions: { required: 'all' },
    features: ['usb'],
  }
  expect(problemsOf({ ...wrong, popups: 'yes', downloads: 1, privacyUrl: 'javascript:alert(1)' })).toEqual([
    '`id` has 3 to 100 letters, digits, dots or dashes',
    '`name` has 1 to 60 characters',
    '`url` is an https address',
    '`url` is on https://app.example, where the manifest is',
    '`permissions.required` is a list of up to 50 names',
    '`features` has "usb", which no frame is given',
    '`popups` is true or false',
    '`downloads` is true or false',
    '`privacyUrl` is an https address',
  ])
  expect(problemsOf({ ...least, url: 'https://other.example/' })).toHaveLength(1)
  for (const url of [[least.url], { toString: 1, valueOf: 1 }, 1])
    expect(problemsOf({ ...least, url, privacyUrl: url })).toHaveLength(2)
})

test('a frame gets what both the manifest and the operator want, and never an origin that is ours', () => {
  const manifest = { features: ['camera', 'microphone'], popups: true, downloads: true }
  const src = `${origin}/channel`
  expect(sandboxOf(src, {}, ['popups', 'downloads'], [])).toBe('allow-scripts allow-forms allow-same-origin')
  expect(sandboxOf(src, manifest, [], [origin])).toBe('allow-scripts allow-forms')
  expect(sandboxOf(src, manifest, ['downloads'], [origin])).toBe('allow-scripts allow-forms allow-downloads')
  expect(allowOf(src, manifest, [])).toBe('')
  expect(allowOf(src, manifest, ['microphone', 'usb', 'geolocation'])).toBe(`microphone ${origin}`)
})
