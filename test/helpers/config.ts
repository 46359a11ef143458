import type { Config } from '../../packages/server/src/config.js'
import { freePort } from '../../packages/server/src/db/supervisor.js'

/** A quiet server without a demo on a free port; without a database of its own it starts one in `dataDir`. */
export async function quietConfig(changes: Partial<Config> & Pick<Config, 'dataDir'>): Promise<Config> {
  const port = await freePort()
  const publicUrl = changes.publicUrl ?? `http://127.0.0.1:${port}`
  return {
    host: '127.0.0.1',
    port,
    publicUrl,
    filesUrl: publicUrl,
    database: null,
    redisUrl: null,
    notify: true,
    s3: null,
    smtpUrl: null,
    mailFrom: 'Rai <no-reply@rai.example>',
    secretKey: null,
    previousSecretKey: null,
    demo: false,
    demoSite: 'http://127.0.0.1:4401',
    logLevel: 'silent',
    callsAllow: [],
    webhookAllow: [],
    linkCards: false,
    trustProxy: false,
    ...changes,
  }
}
