// Prevents an API document that tools stumble over, or that leaves a request without limits. What each rule means stands
// with the linters: Redocly, and Spectral with the OWASP API Security Top 10.
import { createConfig, lintFromString } from '@redocly/openapi-core'
import spectralCore from '@stoplight/spectral-core'
import owasp from '@stoplight/spectral-owasp-ruleset'
import spectralRulesets from '@stoplight/spectral-rulesets'
import { openapi } from '../../packages/server/src/pages/openapi.js'
import type { Check, Finding } from './check.js'

/** What bounds the parts of a message. Of answers they are bounded by what is stored: requests are held to it. */
const limits = ['owasp:api4:2023-array-limit', 'owasp:api4:2023-string-limit']

/** Rules that are not for us, each with why. */
const notForRedocly: Record<string, string> = {
  'no-ambiguous-paths': 'paths are as documented, and no id of ours is the word that stands in its place elsewhere',
}
const notForSpectral: Record<string, string> = {
  'owasp:api4:2023-integer-format': 'our integers have bounds, mostly 2^53 - 1, which neither int32 nor int64 says',
  'owasp:api8:2023-define-cors-origin':
    'pages read the widget API alone, and which of them its key says as it is asked',
  'oas3-valid-media-example': 'reads patterns without the flag u that JSON Schema means; Redocly holds examples too',
}

export const document: Check = {
  title: 'API document (43)',
  async run() {
    const whole = openapi('https://rai.example.org') as Document
    return [
      ...(await redocly(whole)),
      ...(await spectral(whole, [...Object.keys(notForSpectral), ...limits])),
      ...(await spectral(requestsOf(whole), Object.keys(notForSpectral))).filter(({ message }) =>
        limits.some((rule) => message.startsWith(rule)),
      ),
    ]
  },
}

interface Document {
  paths: Record<string, Record<string, { responses: object }>>
  components: { schemas: Record<string, object> }
}

async function redocly(whole: Document): Promise<Finding[]> {
  const config = await createConfig({ extends: ['recommended'] })
  const problems = await lintFromString({ source: JSON.stringify(whole), config })
  return problems
    .filter(({ ruleId }) => !(ruleId in notForRedocly))
    .map(({ ruleId, message, location }) => ({
      path: '/openapi.json',
      message: `${ruleId}: ${message} (${location[0]?.pointer})`,
    }))
}

async function spectral(whole: Document, off: string[]): Promise<Finding[]> {
  const linter = new spectralCore.Spectral()
  const rules = Object.fromEntries(off.map((rule) => [rule, 'off']))
  linter.setRuleset({ extends: [spectralRulesets.oas, owasp], rules } as spectralCore.RulesetDefinition)
  const results = await linter.run(whole as unknown as Record<string, unknown>)
  return results
    .filter(({ severity }) => severity === 0)
    .map(({ code, message, path }) => ({ path: '/openapi.json', message: `${code}: ${message} (${path.join('.')})` }))
}

/** The document without its answers, and without the schemas that only those refer to. */
function requestsOf({ paths, components, ...rest }: Document): Document {
  const asked = structuredClone(paths)
  for (const operation of Object.values(asked).flatMap((path) => Object.values(path)))
    operation.responses = { 200: { description: 'Success' } }
  const schemas: Record<string, object> = {}
  const gather = (part: object) => {
    for (const [, name] of JSON.stringify(part).matchAll(/"#\/components\/schemas\/(\w+)"/g)) {
      if (name! in schemas) continue
      schemas[name!] = components.schemas[name!]!
      gather(schemas[name!]!)
    }
  }
  gather(asked)
  return { ...rest, paths: asked, components: { ...components, schemas } }
}
