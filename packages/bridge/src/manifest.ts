import { features } from './host/walls.js'

/** What an app says of itself at `/.well-known/rai-channel.json`, on the origin of its pages. */
export interface Manifest {
  /** What tokens for the app are for (`aud`). Letters, digits, dots and dashes. */
  id: string
  name: string
  /** The page that is framed: https, or any address on this machine. */
  url: string
  /** Methods and events by name, as `granted` has them. Without the required ones the app is of no use. */
  permissions: { required: string[]; optional: string[] }
  /** What the page needs of the browser, by the names of Permissions Policy. */
  features: string[]
  /** Whether it opens windows, or hands files to the visitor. */
  popups: boolean
  downloads: boolean
  privacyUrl?: string
}

/** What is wrong with a manifest, all of it at once. */
export class ManifestError extends Error {
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(`This is no manifest: ${problems.join('; ')}.`)
    this.name = 'ManifestError'
    this.problems = problems
  }
}

/**
 * Reads a manifest. What it does not know is left out.
 * @param value What was in the JSON.
 * @param origin Where it was found: the app's page must be there too.
 * @throws ManifestError
 */
export function parseManifest(value: unknown, origin: string): Manifest {
  const problems: string[] = []
  const given = Object(value) as Record<string, unknown>
  const must = (isRight: boolean, problem: string) => void (isRight || problems.push(problem))
  const texts = (list: unknown, name: string, known?: readonly string[]): string[] => {
    const all = list ?? []
    const isRight =
      Array.isArray(all) && all.length <= 50 && all.every((one) => typeof one === 'string' && one.length <= 100)
    must(isRight, `\`${name}\` is a list of up to 50 names`)
    if (!isRight) return []
    for (const one of all) must(!known || known.includes(one), `\`${name}\` has "${one}", which no frame is given`)
    return all
  }
  const webUrl = (url: unknown) => (typeof url === 'string' && URL.canParse(url) ? new URL(url) : undefined)
  const isSafe = (url: URL | undefined) =>
    url?.protocol === 'https:' ||
    (url?.protocol === 'http:' && /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname))

  const { id, name, url, permissions, popups = false, downloads = false, privacyUrl } = given
  must(
    typeof id === 'string' && /^[a-z\d][a-z\d.-]{2,99}$/i.test(id),
    '`id` has 3 to 100 letters, digits, dots or dashes',
  )
  must(typeof name === 'string' && name.trim() !== '' && name.length <= 60, '`name` has 1 to 60 characters')
  must(isSafe(webUrl(url)), '`url` is an https address')
  must(!webUrl(url) || webUrl(url)!.origin === origin, `\`url\` is on ${origin}, where the manifest is`)
  const { required, optional } = Object(permissions) as Record<string, unknown>
  const lists = {
    required: texts(required, 'permissions.required'),
    optional: texts(optional, 'permissions.optional'),
  }
  const needed = texts(given.features, 'features', features)
  must(typeof popups === 'boolean', '`popups` is true or false')
  must(typeof downloads === 'boolean', '`downloads` is true or false')
  must(privacyUrl === undefined || isSafe(webUrl(privacyUrl)), '`privacyUrl` is an https address')

  if (problems.length > 0) throw new ManifestError(problems)
  return {
    id: id as string,
    name: name as string,
    url: url as string,
    permissions: lists,
    features: needed,
    popups: popups as boolean,
    downloads: downloads as boolean,
    ...(privacyUrl !== undefined && { privacyUrl: privacyUrl as string }),
  }
}
