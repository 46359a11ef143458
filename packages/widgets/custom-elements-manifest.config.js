/** Writes `dist/custom-elements.json` for editors and documentation: the elements, and of them only what is public. */
export default {
  litelement: true,
  globs: ['src/**/*.ts'],
  exclude: ['**/*.test.ts'],
  outdir: 'dist',
  packagejson: false,
  plugins: [{ name: 'rai-public', packageLinkPhase: keepPublic }],
}

/** As people look for them; a new one stands at the end until it is named here. */
const order = ['rai-leaderboard', 'rai-milestone', 'rai-store', 'rai-socials', 'rai-channel']

function keepPublic({ customElementsManifest: manifest }) {
  manifest.modules = manifest.modules.filter(({ declarations }) => declarations?.some(({ tagName }) => tagName))
  const placeOf = ({ declarations }) => {
    const place = order.indexOf(declarations.find(({ tagName }) => tagName).tagName)
    return place < 0 ? order.length : place
  }
  manifest.modules.sort((a, b) => placeOf(a) - placeOf(b))
  for (const module of manifest.modules) {
    // The name that the published package has.
    module.path = module.path.replace(/^src\/(.*)\.ts$/, 'dist/$1.js')
    delete module.exports
    module.declarations = module.declarations.filter(({ tagName }) => tagName)
    for (const element of module.declarations) {
      element.members = element.members.filter(({ privacy, kind }) => privacy === 'public' && kind === 'field')
      // The analyzer also takes every class that is dispatched somewhere for an event of its own.
      element.events = element.events.filter(({ description }) => description)
      for (const item of [...element.members, ...element.attributes]) delete item.inheritedFrom
      delete element.superclass
    }
  }
}
