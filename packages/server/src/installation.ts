import type { Logger } from 'pino'
import { type Config, StartFailure } from './config.js'
import { type Database, openDatabase } from './db/database.js'
import { lockDirectory } from './db/lock.js'
import { migrate } from './db/migrate.js'
import { startPostgres } from './db/supervisor.js'
import { resealSecrets } from './domain/keys/reseal.js'
import { keptSecret, type RootKey, rootKey } from './domain/keys/secrets.js'
import { opensSigningKeys, resealSigningKeys } from './domain/keys/signing.js'
import { createUndo } from './undo.js'

/** What a server stands on: the database, brought up to date, and the root key that fits it. */
export interface Installation {
  database: Database
  rootKey: RootKey
  close(): Promise<void>
}

/** @throws StartFailure when the surroundings do not allow it. Nothing is left open then. */
export async function openInstallation(config: Config, log: Logger): Promise<Installation> {
  const undo = createUndo()
  try {
    const urls = config.database ?? (await openEmbedded())
    const database = await openDatabase(urls.url, ({ message }) => log.warn(`a database connection broke: ${message}`))
    undo.add(() => database.close())
    await migrate(urls.migrateUrl, decodeURIComponent(new URL(urls.url).username))
    const root = rootKey(config.secretKey ?? keptSecret(config.dataDir), config.previousSecretKey)
    if (!(await opensSigningKeys(database, root))) {
      throw new StartFailure(
        'RAI_SECRET_KEY (or secret.key in the data directory) is not the one that sealed the secrets in this database. ' +
          'Put that one back, or into RAI_SECRET_KEY_PREVIOUS: tokens and stored secrets cannot be read without it.',
      )
    }
    if (config.previousSecretKey) {
      await resealSigningKeys(database, root)
      await resealSecrets(database, root)
    }
    return { database, rootKey: root, close: undo.all }
  } catch (error) {
    // Why it cannot be opened says more than what then goes wrong as well.
    await undo.all().catch((failure: unknown) => log.error({ err: failure }, 'not everything could be closed'))
    throw error
  }

  async function openEmbedded() {
    undo.add(lockDirectory(config.dataDir))
    const postgres = await startPostgres(config.dataDir, log)
    undo.add(() => postgres.stop())
    return postgres
  }
}
