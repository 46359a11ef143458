import { connect, type Environment, identify, logout } from '@rai/stores'
import { pageSettings, type Settings } from './settings.js'

/**
 * Who the viewer is, as an element last said, or as the page last said to an environment. It is said to the stores once
 * and not at every look: two elements that name two people would take turns for ever.
 */
const said = new WeakMap<object, Settings & { environment: Environment }>()

/** What was at work when the page paused. */
const paused = new WeakSet<Environment>()

/**
 * Connects with an element's own settings, or the page's where it has none. Elements with the same settings get the same
 * environment, and so share every request. Undefined while the page is paused, and while the key or the API's address is
 * not known; where it `isLate` for these, it is one that is refused everything. Whoever was signed in before a pause is signed out at its end, before anything is asked: as it begins, stores
 * are still listened to and would ask for what a guest may see.
 */
export function environmentFor(own: Settings, isLate: boolean): Environment | undefined {
  const page = pageSettings()
  const apiUrl = own.apiUrl ?? page.apiUrl
  const key = own.apiKey ?? page.apiKey
  if (!apiUrl || !key) return isLate && !page.paused ? connect({ apiUrl: '', key: '' }) : undefined
  const isOwn = own.tokenUrl || own.getToken
  const { tokenUrl, getToken } = isOwn ? own : page
  const environment = connect({ apiUrl, key })
  const speaker = isOwn ? own : environment
  if (page.paused) {
    paused.add(environment)
    said.delete(speaker)
    return undefined
  }
  if (paused.delete(environment)) logout(environment)
  const before = said.get(speaker)
  said.set(speaker, { environment, tokenUrl, getToken })
  if (before?.environment === environment && before.tokenUrl === tokenUrl && before.getToken === getToken)
    return environment
  // An element's new function is the same person's; a page's is another's.
  if (isOwn || !before) connect({ apiUrl, key, tokenUrl, getToken })
  else if (tokenUrl || getToken) identify(environment, { tokenUrl, getToken })
  else logout(environment)
  return environment
}
