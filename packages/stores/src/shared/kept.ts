import { clientOf } from './client.js'
import { type Environment, perEnvironment } from './environment.js'
import { identityOf } from './identity.js'

const meRoute = 'GET /widget/v1/{publishableKey}/me'
const meSample = { member: { id: '' } }

/** The member who looks at the page, by id. Rejects with an ApiError where that cannot be known. */
export const memberIdOf = /* @__PURE__ */ perEnvironment((environment) => {
  let id: Promise<string> | undefined
  function forget() {
    id = undefined
  }
  identityOf(environment).$source.listen(forget)
  async function load(): Promise<string> {
    const { member } = await clientOf(environment).get(meRoute, meSample, { viewer: true, forced: true, fresh: true })
    return member.id
  }
  return () => {
    if (!id) {
      id = load()
      id.catch(forget)
    }
    return id
  }
})

type Place = 'localStorage' | 'sessionStorage'

/** Where a page may keep nothing, it lives as long as the page. */
const storageOf = ({ storage }: Environment, place: Place): Environment['storage'] => storage ?? globalThis[place]

export function readText(environment: Environment, place: Place, name: string): string | undefined {
  try {
    return storageOf(environment, place)?.getItem(`${name} ${environment.key}`) ?? undefined
  } catch {
    return undefined
  }
}

/** Remembers a text, or with none forgets it. */
export function writeText(environment: Environment, place: Place, name: string, text: string | undefined): void {
  try {
    const storage = storageOf(environment, place)
    if (text === undefined) storage?.removeItem(`${name} ${environment.key}`)
    else storage?.setItem(`${name} ${environment.key}`, text)
  } catch {
    // The storage is full, or forbidden.
  }
}

export function readList<T>(environment: Environment, place: Place, name: string): T[] {
  try {
    return JSON.parse(readText(environment, place, name) ?? '[]')
  } catch {
    return []
  }
}

export const writeList = (environment: Environment, place: Place, name: string, list: readonly unknown[]): void =>
  writeText(environment, place, name, list.length ? JSON.stringify(list) : undefined)
