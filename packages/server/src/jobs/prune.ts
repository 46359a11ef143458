import { sql } from 'kysely'
import type { Logger } from 'pino'
import { accountsLane, type Database } from '../db/database.js'
import { pruneAccounts } from '../domain/accounts/accounts.js'
import { restorableDays } from '../domain/members/deletions.js'
import { type Loop, startLoop } from './loop.js'

/** A stream can resume over so many days; older events are gone. */
const eventDays = 7
/** A write's first answer is replayed for so long. */
const answerHours = 24
/** What a failed bulk job has not done waits so long for its file to be sent again. */
const failedHours = 24
/** What webhooks told and hooks were asked can be read, and told again, for so long. All attempts take less than half of it. */
const messageDays = 60
/** How many rows go in one transaction. */
const batch = 10_000

const everyMs = 600_000

const old = {
  /** Of events that webhooks have seen, where there are any. */
  events: sql<boolean>`created_at < now() - make_interval(days => ${eventDays}) and seq is not null and not exists (
    select from webhook_queues q where q.community_id = events.community_id and q.seen_seq < events.seq)`,
  idempotency_keys: sql<boolean>`created_at < now() - make_interval(hours => ${answerHours})`,
  jobs: sql<boolean>`created_at < now() - make_interval(hours => ${failedHours}) and status = 'failed'`,
  /** Of jobs. Errors say what rows called members: they go by when whoever was deleted meanwhile is erased. */
  job_errors: sql<boolean>`created_at < now() - make_interval(days => ${restorableDays}) and failed > 0`,
  /** With what became of them. */
  webhook_messages: sql<boolean>`created_at < now() - make_interval(days => ${messageDays})`,
  hook_calls: sql<boolean>`created_at < now() - make_interval(days => ${messageDays})`,
  login_codes: sql<boolean>`expires_at < now()`,
  social_tickets: sql<boolean>`expires_at < now()`,
  /** The database itself keeps what is younger. */
  audit_log: sql<boolean>`created_at < audit_horizon()`,
}

/** Deletes what is kept for a time only: numbered events, the answers of idempotent writes, the rows of failed jobs, the errors of old ones, codes and tickets that ran out, what webhooks told and hooks were asked, the audit log. */
export function startPruning(database: Database, log: Pick<Logger, 'error'>): Loop {
  return startLoop(database, log, {
    name: 'pruning',
    everyMs,
    find: async (db) => {
      const events = await db.selectFrom('events').select('community_id').distinct().where(old.events).execute()
      const answers = await db
        .selectFrom('idempotency_keys')
        .select('community_id')
        .distinct()
        .where(old.idempotency_keys)
        .execute()
      const jobs = await db
        .selectFrom('jobs')
        .select('community_id')
        .distinct()
        .where((eb) => eb.or([old.jobs, old.job_errors]))
        .execute()
      const codes = await db
        .selectFrom('login_codes')
        .select('community_id')
        .distinct()
        .where(old.login_codes)
        .execute()
      const tickets = await db
        .selectFrom('social_tickets')
        .select('community_id')
        .distinct()
        .where(old.social_tickets)
        .execute()
      const messages = await db
        .selectFrom('webhook_messages')
        .select('community_id')
        .distinct()
        .where(old.webhook_messages)
        .execute()
      const calls = await db.selectFrom('hook_calls').select('community_id').distinct().where(old.hook_calls).execute()
      const audit = await db.selectFrom('audit_log').select('community_id').distinct().where(old.audit_log).execute()
      return [...events, ...answers, ...jobs, ...codes, ...tickets, ...messages, ...calls, ...audit].map(
        (row) => row.community_id,
      )
    },
    run: (communityId) =>
      database.tenant(communityId, async (tx) => {
        const events = await sql`
          delete from events where community_id = ${communityId} and id in (
            select id from events where community_id = ${communityId} and ${old.events} limit ${batch}
          )`.execute(tx.db)
        await tx.db
          .deleteFrom('idempotency_keys')
          .where('community_id', '=', communityId)
          .where(old.idempotency_keys)
          .execute()
        await sql`
          delete from job_rows where community_id = ${communityId} and job_id in (
            select id from jobs where community_id = ${communityId} and ${old.jobs}
          )`.execute(tx.db)
        await sql`
          delete from job_errors where community_id = ${communityId} and job_id in (
            select id from jobs where community_id = ${communityId} and ${old.job_errors}
          )`.execute(tx.db)
        for (const table of ['login_codes', 'social_tickets', 'webhook_messages', 'hook_calls'] as const)
          await tx.db.deleteFrom(table).where('community_id', '=', communityId).where(old[table]).execute()
        await tx.db.deleteFrom('audit_log').where('community_id', '=', communityId).where(old.audit_log).execute()
        return events.numAffectedRows === BigInt(batch)
      }),
  })
}

/** Deletes what logins leave behind. It is no community's. */
export function startPruningAccounts(database: Database, log: Pick<Logger, 'error'>, clock: () => Date): Loop {
  return startLoop(database, log, {
    name: 'pruning of accounts',
    everyMs,
    find: async () => [accountsLane],
    run: async () => {
      await database.accounts((tx) => pruneAccounts(tx, clock()))
      return false
    },
  })
}
