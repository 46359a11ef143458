import { connect, type Environment, identify, logout } from '@rai/stores'
import { pageSettings, type Settings } from './settings.js'

type Person = Pick<Settings, 'tokenUrl' | 'getToken'>

/** Who the page said its visitor is, by environment: several elements hear the same news, one tells the stores. */
const people = new WeakMap<Environment, Person>()

/**
 * Connects with an element's own settings, or the page's where it has none. Elements with the same settings get the same
 * environment, and so share every request. Undefined while the key or the API's address is not known.
 */
export function environmentFor(own: Settings): Environment | undefined {
  const page = pageSettings()
  const apiUrl = own.apiUrl ?? page.apiUrl
  const key = own.apiKey ?? page.apiKey
  if (!apiUrl || !key) return undefined
  const ownPerson = own.tokenUrl || own.getToken
  const { tokenUrl, getToken } = ownPerson ? own : page
  const environment = connect({ apiUrl, key, tokenUrl, getToken })
  if (!ownPerson) tell(environment, { tokenUrl, getToken })
  return environment
}

/** Signs another person in, or out, when the page has named another. */
function tell(environment: Environment, person: Person) {
  const before = people.get(environment)
  people.set(environment, person)
  if (!before || (before.tokenUrl === person.tokenUrl && before.getToken === person.getToken)) return
  const { tokenUrl, getToken } = person
  if (getToken) identify(environment, { getToken })
  else if (tokenUrl) identify(environment, { tokenUrl })
  else logout(environment)
}
