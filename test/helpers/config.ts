import type { Config } from '../../packages/server/src/config.js'
import { freePort } from '../../packages/server/src/db/supervisor.js'

/** A quiet server without a demo on a free port; without a database of its own it starts one in `dataDir`. */
export async function quietConfig(changes: Partial<Config> & Pick<Config, 'dataDir'>): Promise<Config> {
  const port = await freePort()
  return {
    host: '127.0.0.1',
    port,
    publicUrl: `http://127.0.0.1:${port}`,
    database: null,
    redisUrl: null,
    notify: true,
    smtpUrl: null,
    mailFrom: 'Rai <no-reply@rai.example>',
    secretKey: null,
    previousSecretKey: null,
    demo: false,
    demoSite: 'http://127.0.0.1:4401',
    logLevel: 'silent',
    callsAllow: [],
    trustProxy: false,
    ...changes,
  }
}
