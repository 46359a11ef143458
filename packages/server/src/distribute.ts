/**
 * `npm run db:distribute`: makes the tables of DATABASE_URL where they are missing, and spreads them over the nodes of its
 * Citus cluster.
 */
import { readDatabase, StartFailure } from './config.js'
import { distribute } from './db/distribute.js'
import { migrate } from './db/migrate.js'

try {
  const { url, migrateUrl } = readDatabase(process.env)
  await migrate(migrateUrl, decodeURIComponent(new URL(url).username))
  await distribute(migrateUrl)
  console.log(
    'Every table has its place on the cluster. Start the servers, or start them again: connections learn of it.',
  )
} catch (error) {
  console.error(error instanceof StartFailure ? error.message : error)
  process.exitCode = 1
}
