import type { Manifest } from '../manifest.js'

/** Features that a frame may be given. Others are not a page's in a channel. */
export const features = [
  ...['autoplay', 'camera', 'clipboard-write', 'display-capture', 'encrypted-media', 'fullscreen', 'gamepad'],
  ...['geolocation', 'microphone', 'picture-in-picture', 'screen-wake-lock', 'web-share'],
]

/** What decides over a frame's walls. */
type Asked = Partial<Pick<Manifest, 'popups' | 'downloads' | 'features'>>

/**
 * The `sandbox` of a frame. It may run scripts and send forms, and has an origin of its own unless that is one of ours,
 * where it would be us. Popups and downloads need the manifest and the operator's grant.
 * @param ours Origins that a guest must not act as.
 */
export function sandboxOf(src: string, manifest: Asked, granted: readonly string[], ours: readonly string[]): string {
  const may = (what: 'popups' | 'downloads') => manifest[what] === true && granted.includes(what)
  return [
    'allow-scripts',
    'allow-forms',
    ...(ours.includes(new URL(src).origin) ? [] : ['allow-same-origin']),
    ...(may('popups') ? ['allow-popups', 'allow-popups-to-escape-sandbox'] : []),
    ...(may('downloads') ? ['allow-downloads'] : []),
  ].join(' ')
}

/** The `allow` of a frame: features that the manifest asks for and the operator has granted, for the app's origin only. */
export const allowOf = (src: string, { features: asked = [] }: Asked, granted: readonly string[]): string =>
  asked
    .filter((feature) => features.includes(feature) && granted.includes(feature))
    .map((feature) => `${feature} ${new URL(src).origin}`)
    .join('; ')
