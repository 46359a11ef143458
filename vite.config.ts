import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync } from 'node:zlib'
import autoprefixer from 'autoprefixer'
import customMedia from 'postcss-custom-media'
import nesting from 'postcss-nesting'
import { defineConfig, type Plugin, type UserConfig } from 'vite'

const root = import.meta.dirname
/** What the server serves to pages: the loader, and one chunk per element with what they share. */
const cdn = join(root, 'packages/loader/dist')
/** Tag → class exported by @rai/widgets. A new element is one line here. */
const tags: Record<string, string> = { 'rai-leaderboard': 'RaiLeaderboard' }

const shared: UserConfig = {
  resolve: { conditions: ['@rai/source', 'module', 'browser', 'development|production'] },
  css: { postcss: { plugins: [customMedia(), nesting(), autoprefixer()] } },
}
/** `cssTarget` stands apart: the CSS that `target` alone implies would lower `light-dark()` to variables nobody sets. */
const targets = {
  target: 'es2022',
  cssTarget: ['chrome123', 'edge123', 'firefox128', 'safari17.5'],
  cssMinify: 'lightningcss',
} as const

/** Makes a CDN entry per tag: it defines the element unless another copy of us has. */
const tagEntries: Plugin = {
  name: 'rai-tag-entries',
  resolveId: (id) => (id.startsWith('tag:') ? `\0${id}` : undefined),
  load: (id) => {
    const tag = id.split('\0tag:')[1]
    return tag ? `import { ${tags[tag]} } from '@rai/widgets'; ${tags[tag]}.define('${tag}')` : undefined
  },
}

/** Gives the bundle's Trusted Types policy a name of its own: on a page that loads Lit itself, a second `lit-html` policy throws. */
const ownPolicyName: Plugin = {
  name: 'rai-policy-name',
  transform: (code, id) =>
    id.includes('/lit-html/') && code.includes('createPolicy("lit-html"')
      ? { code: code.replace('createPolicy("lit-html"', 'createPolicy("rai-html"'), map: null }
      : undefined,
}

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
  }
  const external = Object.keys(manifest.dependencies ?? {})
  return {
    ...shared,
    root: process.cwd(),
    build: {
      ...targets,
      emptyOutDir: false,
      minify: false,
      lib: { entry: Object.values(manifest.exports).map((entry) => entry['@rai/source']), formats: ['es'] },
      rolldownOptions: {
        external: (id) => external.some((name) => id === name || id.startsWith(`${name}/`)),
        output: { preserveModules: true, preserveModulesRoot: 'src', entryFileNames: '[name].js' },
      },
    },
  }
}

/** The widgets for script-tag pages, as hashed chunks in `c/`. */
function chunks(): UserConfig {
  return {
    ...shared,
    root,
    plugins: [tagEntries, ownPolicyName, precompress],
    build: {
      ...targets,
      outDir: cdn,
      emptyOutDir: true,
      modulePreload: false,
      rolldownOptions: {
        input: Object.fromEntries(Object.keys(tags).map((tag) => [tag, `tag:${tag}`])),
        preserveEntrySignatures: false,
        output: { entryFileNames: 'c/[name]-[hash].js', chunkFileNames: 'c/[name]-[hash].js' },
      },
    },
  }
}

/** The one line: a classic script that knows the chunks' file names. Built after them. */
function loader(): UserConfig {
  const files = readdirSync(join(cdn, 'c'))
  const chunkOf = (tag: string) => `c/${files.find((file) => file.startsWith(`${tag}-`) && file.endsWith('.js'))}`
  const { version } = JSON.parse(readFileSync(join(root, 'packages/loader/package.json'), 'utf8')) as {
    version: string
  }
  return {
    ...shared,
    root,
    plugins: [precompress],
    define: {
      __CHUNKS__: JSON.stringify(Object.fromEntries(Object.keys(tags).map((tag) => [tag, chunkOf(tag)]))),
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
