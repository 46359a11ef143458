import { createServer } from 'vite'

/** Serves every GET that is not the runner's own through Vite: the same TypeScript, CSS and packages as in the build. */
export async function viteMiddleware(root) {
  const vite = await createServer({
    root,
    configFile: `${root}/vite.config.ts`,
    mode: 'test',
    appType: 'custom',
    logLevel: 'warn',
    // A frame without an origin is of another one to every server.
    server: { middlewareMode: true, hmr: false, ws: false, watch: null, cors: true },
    optimizeDeps: {
      noDiscovery: false,
      entries: ['packages/widgets/src/index.ts', 'packages/*/src/**/*browser.test.ts'],
      include: ['@open-wc/testing'],
      exclude: ['@web/test-runner-commands'],
    },
    // The runner's own modules are served by the runner.
    plugins: [
      {
        name: 'rai-runner-modules',
        enforce: 'pre',
        resolveId: (id) => (id.startsWith('/__web-') ? { id, external: true } : undefined),
      },
    ],
  })
  const isRunners = (url) =>
    url.startsWith('/__web-') ||
    url.startsWith('/?') ||
    (url.includes('@web/test-runner') && !url.includes('@web/test-runner-commands'))

  function middleware(context, next) {
    if (context.method !== 'GET' || isRunners(context.url)) return next()
    context.respond = false
    // Koa's answer is 404 until somebody says otherwise.
    context.res.statusCode = 200
    return new Promise((done) => {
      context.res.once('close', done)
      vite.middlewares(context.req, context.res, () => {
        context.res.statusCode = 404
        context.res.end()
      })
    })
  }
  return { vite, middleware }
}
