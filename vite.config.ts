import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync } from 'node:zlib'
import autoprefixer from 'autoprefixer'
import customMedia from 'postcss-custom-media'
import nesting from 'postcss-nesting'
import { minify } from 'terser'
import { defineConfig, type ManifestChunk, type Plugin, type Rolldown, type UserConfig } from 'vite'

const root = import.meta.dirname
/** What the server serves to pages: the loader, and one chunk per element with what they share. */
const cdn = join(root, 'packages/loader/dist')
/**
 * By tag: the class that @rai/widgets exports, and what the loader asks the widget API for while the code is on its way:
 * the attribute that names what is shown, and the paths of the first view. A new element is one line here.
 */
const tags: Record<string, { name: string; early: [attribute?: string, ...paths: string[]] }> = {
  'rai-leaderboard': {
    name: 'RaiLeaderboard',
    early: ['board', 'leaderboards/*', 'leaderboards/*/rows?from=1&limit=50'],
  },
  'rai-store': { name: 'RaiStore', early: [] },
  // What it shows first is the viewer's own: nothing that could be asked for without their token.
  'rai-milestone': { name: 'RaiMilestone', early: [] },
  'rai-socials': { name: 'RaiSocials', early: [] },
  'rai-channel': { name: 'RaiChannel', early: [] },
}

const browsers = ['chrome 123', 'edge 123', 'firefox 128', 'safari 17.5']

const shared: UserConfig = {
  resolve: { conditions: ['@rai/source', 'module', 'browser', 'development|production'] },
  css: { postcss: { plugins: [customMedia(), nesting(), autoprefixer({ overrideBrowserslist: browsers })] } },
}
/** `cssTarget` stands apart: the CSS that `target` alone implies would lower `light-dark()` to variables nobody sets. */
const targets: UserConfig['build'] = {
  target: 'es2022',
  cssTarget: browsers.map((name) => name.replace(' ', '')),
  cssMinify: 'lightningcss',
}

/** What `rai('command', …)` loads when it is called. */
const commands = 'packages/loader/src/commands.ts'

/** Makes an entry per tag: it defines the element unless another copy of us has. Vite turns an entry's name into a path. */
const tagEntries: Plugin = {
  name: 'rai-tag-entries',
  resolveId: (id) => (/tag:[\w-]+$/.test(id) ? id.replace(/^.*(?=tag:)/, '\0') : undefined),
  load: (id) => {
    const tag = id.split('\0tag:')[1]
    const { name } = tags[tag ?? ''] ?? {}
    return name && `import { ${name} } from '@rai/widgets'; ${name}.define('${tag}')`
  },
}

/** What Lit does otherwise in a stranger's page. */
const litChanges: [text: string | RegExp, ours: string][] = [
  // A page that loads Lit itself has taken the name of the policy: a second one throws.
  ['createPolicy("lit-html"', 'createPolicy("rai-html"'],
  // For decorators, which we do not use. A page that has frozen what is built in lets nobody write there.
  ['Symbol.metadata??=Symbol("metadata"),a.litPropertyMetadata??=new WeakMap;', ''],
  [
    'const t=this[Symbol.metadata];if(null!==t){const s=litPropertyMetadata.get(t);if(void 0!==s)for(const[t,i]of s)this.elementProperties.set(t,i)}',
    '',
  ],
  // What it looks for on the window may be an element of the page that has this name: none can be pushed to or called.
  [/\(\w+\.(litElement|litHtml|reactiveElement)Versions\?\?=\[\]\)\.push\("[\d.]+"\)/g, '0'],
  [/\b\w+\.(litElement|litHtml|reactiveElement)(Polyfill|Hydrate)Support\b/g, 'undefined'],
]

const litAmongStrangers: Plugin = {
  name: 'rai-lit',
  transform: (code, id) => {
    if (!/\/(lit-element|lit-html|reactive-element)\//.test(id)) return
    return { code: litChanges.reduce((changed, change) => changed.replace(...change), code), map: null }
  },
}

/** Makes code smaller than the bundler alone does, and the white space of templates one space. */
const smaller: Plugin = {
  name: 'rai-smaller',
  async renderChunk(code) {
    const compress = { passes: 3, unsafe_arrows: true, keep_fargs: false }
    const { code: small = code } = await minify(code, { module: true, ecma: 2020, compress })
    return { code: small.replace(/\n +/g, ' '), map: null }
  },
}

/**
 * Has browsers compile a first view's code whole while it arrives, on another thread, instead of function by function on the
 * page's when they are called first (https://v8.dev/blog/explicit-compile-hints). Others read a comment.
 */
const compiledAtOnce = ({ name, isEntry }: { name: string; isEntry: boolean }) =>
  !isEntry && (name === 'core' || name in tags) ? '//# allFunctionsCalledOnLoad' : ''

/** Writes `x.js.br` beside each `x.js`: what the server sends to browsers that take it. */
const precompress: Plugin = {
  name: 'rai-precompress',
  writeBundle: ({ dir = '.' }, files) => {
    for (const name of Object.keys(files))
      writeFileSync(join(dir, `${name}.br`), brotliCompressSync(readFileSync(join(dir, name))))
  },
}

/** An npm package: one file per module, dependencies left to the app that installs it. Run from the package's folder. */
function library(): UserConfig {
  const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as {
    exports: Record<string, { '@rai/source': string }>
    dependencies?: Record<string, string>
    peerDependencies?: Record<string, string>
  }
  const external = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })
  return {
    ...shared,
    root: process.cwd(),
    build: {
      ...targets,
      emptyOutDir: false,
      minify: false,
      lib: { entry: Object.values(manifest.exports).map((entry) => entry['@rai/source']), formats: ['es'] },
      rolldownOptions: {
        external: (id) => id.startsWith('node:') || external.some((name) => id === name || id.startsWith(`${name}/`)),
        output: { preserveModules: true, preserveModulesRoot: 'src', entryFileNames: '[name].js' },
      },
    },
  }
}

/** The folder of an element. Who imports what does not say whose a module is: packages have an index. */
const folder = /packages\/(?:stores|widgets)\/src\/([\w-]+)\//
/** What only parts use that come later, for the same reason. */
const later =
  /packages\/(stores\/src\/(viewer|shared\/(kept|turn)|channel\/(conversation|deeds|lists|outbox|stretch|token|uploads)|leaderboard\/(search|own|turns)|store\/(intents|orders|purchase|wishes)|milestone\/progress|socials\/(accounts|referral))|widgets\/src\/(\w+\/(own-)?events|shared\/on-demand\/.*))\.ts/

/** What apps may load by itself as well: it is weighed alone. */
const host = /packages\/bridge\/src\/(host\/|error|id|protocol)/

/** Whether a module comes with a tag, and not only when it is asked for later, by `import()`. */
function isFirst(id: string, graph: Pick<Rolldown.PluginContext, 'getModuleInfo'>, seen = new Set<string>()): boolean {
  if (seen.has(id)) return false
  seen.add(id)
  const importers = graph.getModuleInfo(id)?.importers ?? []
  return id.startsWith('\0tag:') || importers.some((importer) => isFirst(importer, graph, seen))
}

/** A tag's code is two chunks: `core`, shared by all, and its own. What is asked for later is left to the bundler. */
function chunkOf(id: string, graph: Pick<Rolldown.PluginContext, 'getModuleInfo'>): string | null {
  if (host.test(id)) return 'bridge-host'
  if (later.test(id) || !isFirst(id, graph)) return null
  const tag = id.split('\0tag:')[1] ?? `rai-${folder.exec(id)?.[1]}`
  return tag in tags ? tag : 'core'
}

/** The widgets for script-tag pages, as hashed chunks in `c/`. A library build: an app's would carry a preload helper. */
function chunks(): UserConfig {
  return {
    ...shared,
    root,
    plugins: [tagEntries, litAmongStrangers, smaller, precompress],
    define: { 'process.env.NODE_ENV': '"production"', __SELECTOR__: JSON.stringify(Object.keys(tags).join()) },
    build: {
      ...targets,
      outDir: cdn,
      emptyOutDir: true,
      // The sheet is an entry of its own; the elements carry theirs with them.
      cssCodeSplit: true,
      manifest: 'manifest.json',
      lib: {
        entry: {
          ...Object.fromEntries(Object.keys(tags).map((tag) => [tag, `tag:${tag}`])),
          commands: join(root, commands),
          leaderboard: join(root, 'packages/widgets/src/leaderboard/first-page.css'),
        },
        formats: ['es'],
      },
      rolldownOptions: {
        output: {
          entryFileNames: 'c/[name]-[hash:7].js',
          chunkFileNames: 'c/[name]-[hash:7].js',
          assetFileNames: '[name].css',
          hashCharacters: 'hex',
          minify: true,
          postBanner: compiledAtOnce,
          codeSplitting: { groups: [{ name: chunkOf }] },
        },
      },
    },
  }
}

/** The one line: a classic script that knows the chunks' file names. Built after them. */
function loader(): UserConfig {
  const readJson = (path: string) => JSON.parse(readFileSync(join(root, path), 'utf8'))
  const { version } = readJson('packages/loader/package.json')
  const manifest: Record<string, ManifestChunk> = readJson('packages/loader/dist/manifest.json')
  const chunks = Object.values(manifest)
  /** The entry of a tag itself is one line that imports its chunk and the core. */
  const fileOf = (name: string) => chunks.find((chunk) => chunk.name === name && !chunk.isEntry)!.file
  const hashOf = (tag: string) => fileOf(tag).slice(`c/${tag}-`.length, -'.js'.length)
  return {
    ...shared,
    root,
    plugins: [smaller, precompress],
    define: {
      __TAGS__: JSON.stringify(
        Object.fromEntries(Object.entries(tags).map(([tag, { early }]) => [tag, [hashOf(tag), ...early]])),
      ),
      __CORE__: JSON.stringify(fileOf('core').slice('c/'.length, -'.js'.length)),
      __COMMANDS__: JSON.stringify(manifest[commands]!.file),
      __VERSION__: JSON.stringify(version),
    },
    build: {
      ...targets,
      outDir: cdn,
      emptyOutDir: false,
      lib: {
        entry: join(root, 'packages/loader/src/index.ts'),
        formats: ['iife'],
        name: 'raiLoader',
        fileName: () => 'rai.js',
      },
    },
  }
}

export default defineConfig(({ mode }): UserConfig => {
  if (mode === 'lib') return library()
  if (mode === 'cdn') return chunks()
  if (mode === 'loader') return loader()
  return { ...shared, root: join(root, 'demo'), server: { port: 4401, strictPort: true, host: '127.0.0.1' } }
})
