import type { FastifyInstance } from 'fastify'
import { type DestinationStream, pino } from 'pino'
import { type AppOptions, createApp } from './app.js'
import { createGuardedFetch, type GuardedFetch, type Resolve } from './calls/fetch.js'
import { createNetworks } from './calls/networks.js'
import { type Config, StartFailure } from './config.js'
import type { Database } from './db/database.js'
import { seedDemo } from './demo.js'
import { createPasswords } from './domain/accounts/passwords.js'
import { createTokens } from './domain/keys/tokens.js'
import { heldToOrder } from './domain/locks.js'
import { openFiles } from './files/files.js'
import { defaultLimits } from './http/limits.js'
import { openInstallation } from './installation.js'
import { startAvatars } from './jobs/avatars.js'
import { startBadges } from './jobs/badges.js'
import { startBulk } from './jobs/bulk.js'
import { startCards } from './jobs/cards.js'
import { startCounting } from './jobs/count.js'
import { startErasing } from './jobs/erase.js'
import { startRemovingFiles } from './jobs/files.js'
import { startFolding } from './jobs/fold.js'
import { startForgetting } from './jobs/forget.js'
import { startMailing } from './jobs/mail.js'
import { startNotices } from './jobs/notices.js'
import { startPruning, startPruningAccounts } from './jobs/prune.js'
import { startRelay } from './jobs/relay.js'
import { startResealing } from './jobs/reseal.js'
import { startSettling } from './jobs/settle.js'
import { startEndingSuspensions } from './jobs/suspensions.js'
import { startSweepingUploads } from './jobs/uploads.js'
import { startWebhooks } from './jobs/webhooks.js'
import { openRedis } from './redis.js'
import { byNotify, byRedis, createHints } from './stream/hints.js'
import { createHub } from './stream/hub.js'
import { createUndo } from './undo.js'

export interface RunningServer {
  /** Where it listens. */
  url: string
  database: Database
  /** Finishes the requests under way, ends streams and background work, and closes everything that start opened. */
  stop(): Promise<void>
}

/** How long requests under way may take when the server stops. Workers and database need the rest of ten seconds. */
const drainMs = 5_000

export interface StartOptions extends AppOptions {
  /** Gives the start up at its next step, and rejects with the signal's reason. */
  signal?: AbortSignal
  // What follows only tests set.
  /** What time it is. */
  clock?: () => Date
  /** What addresses a name has. */
  resolve?: Resolve
  /** Where an address is reached instead. */
  reach?: (url: string) => string
  /** Told of every password that is hashed. */
  onHash?: () => void
  /** Where the log goes; default: standard output. */
  logTo?: DestinationStream
}

/** What carries secrets in things that libraries log whole, at the level trace. */
const secretHeaders = ['authorization', 'cookie', 'proxy-authorization', 'x-api-key', 'apikey']
const unlogged = [
  ...['headers', '*.headers'].flatMap((where) => secretHeaders.map((name) => `${where}["${name}"]`)),
  // A request that is no HTTP, as it came.
  'err.rawPacket',
]

/**
 * Opens the database, brings it up to date and serves.
 * @throws StartFailure when the surroundings do not allow it. Nothing is left open then.
 */
export async function startServer(
  config: Config,
  { signal, clock = () => new Date(), resolve, reach = (url) => url, onHash, logTo, ...appOptions }: StartOptions = {},
): Promise<RunningServer> {
  const log = pino({ level: config.logLevel, redact: unlogged }, logTo)
  const undo = createUndo()
  let stopping: Promise<void> | undefined
  const stop = () => {
    stopping ??= undo.all()
    return stopping
  }
  try {
    const { database: opened, rootKey, close } = await openInstallation(config, log)
    undo.add(close)
    signal?.throwIfAborted()
    if (config.demo) await seedDemo(opened, config, rootKey, clock())
    else if (!(await hasHistory(opened))) log.warn(beginning)
    signal?.throwIfAborted()

    const database = appOptions.checkAnswers ? heldToOrder(opened) : opened
    const tokens = createTokens(database, rootKey, config.publicUrl)
    const files = openFiles(config)
    const hub = createHub(database, log, (kid) => tokens.isLive(kid, clock()))
    // Nobody else works on the embedded database.
    const notify = config.database && config.notify ? [byNotify(config.database.url, log)] : []
    const redis = config.redisUrl ? openRedis(config.redisUrl, log) : null
    undo.add(() => redis?.disconnect())
    const hints = createHints([...notify, ...(redis ? [byRedis(redis, config.redisUrl!, log)] : [])], hub.wake)
    undo.add(() => hints.close())
    const guarded = createGuardedFetch(config.callsAllow, resolve)
    const fetchGuarded: GuardedFetch = (url, options) => guarded(reach(url), options)
    const fetchWebhook = createGuardedFetch([...config.callsAllow, ...config.webhookAllow], resolve)
    const webhooks = startWebhooks(database, log, rootKey, clock, fetchWebhook, config)
    const loops = {
      webhooks,
      events: startRelay(database, log, (communityId, seq, isTold) => {
        hub.wake(communityId, seq)
        hints.send(communityId, seq)
        if (isTold) webhooks.wake(communityId)
      }),
      scores: startFolding(database, log),
      boards: startCounting(database, log),
      fields: startForgetting(database, log),
      badges: startBadges(database, log, clock),
      jobs: startBulk(database, log, clock),
      avatars: startAvatars(database, log, clock, fetchGuarded),
      cards: startCards(database, files, log, clock, {
        fetchGuarded,
        isOn: config.linkCards,
        aMinute: appOptions.limits?.linkedPages ?? defaultLimits.linkedPages,
        publicUrl: config.publicUrl,
      }),
      files: startRemovingFiles(database, files, log, clock),
      mails: startMailing(database, config, log, clock),
      notices: startNotices(database, log, clock),
    }
    database.onWork((work, communityId) => loops[work].wake(communityId))
    const byTime = [
      startSettling(database, log, clock),
      startErasing(database, log, clock),
      startEndingSuspensions(database, log, clock),
      startSweepingUploads(database, log, clock),
      startPruning(database, log),
      startPruningAccounts(database, log, clock),
      ...(config.previousSecretKey ? [startResealing(database, log, rootKey)] : []),
    ]
    undo.add(() => Promise.all([...Object.values(loops), ...byTime].map((loop) => loop.stop())))

    const passwords = createPasswords(onHash)
    const networks = createNetworks(fetchGuarded, clock)
    const services = {
      ...{ config, database, rootKey, tokens, passwords, files, fetchGuarded, networks },
      ...{ hub, redis, log, clock },
    }
    const app = await createApp(services, appOptions)
    undo.add(() => {
      hub.close()
      return drain(app)
    })
    return { url: await listen(app, config), database: opened, stop }
  } catch (error) {
    // Why it does not start says more than what then goes wrong as well.
    await stop().catch((failure: unknown) => log.error({ err: failure }, 'not everything could be closed'))
    throw error
  }
}

const beginning =
  'Nothing has happened here yet. Make a community: stop this server where its database is the embedded one, then ' +
  'npm run operate -- community "Trail club" --origin https://www.example.com'

/** Whether any event was ever numbered, or waits to be: every community begins with one. */
const hasHistory = (database: Database): Promise<boolean> =>
  database.worker(async (db) => {
    const any = (table: 'relays' | 'events') => db.selectFrom(table).select('community_id').limit(1).execute()
    return [...(await any('relays')), ...(await any('events'))].length > 0
  })

async function listen(app: FastifyInstance, { host, port }: Config): Promise<string> {
  try {
    return await app.listen({ host, port })
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'EADDRINUSE'
      ? new StartFailure(`Port ${port} on ${host} is taken. Stop what listens there, or set PORT.`)
      : error
  }
}

/** Takes no more requests and waits for those under way; what is still open then is cut off. */
async function drain(app: FastifyInstance): Promise<void> {
  // A connection whose last request ends now would be kept for the next one.
  const idle = setInterval(() => app.server.closeIdleConnections(), 50)
  const late = setTimeout(() => app.server.closeAllConnections(), drainMs)
  await app.close()
  clearInterval(idle)
  clearTimeout(late)
}
