import { resolve } from 'node:path'
import type { Bucket } from './files/bucket.js'

/** Something about the surroundings stops the server from starting. The message says what to do about it. */
export class StartFailure extends Error {
  override readonly name = 'StartFailure'
}

/** Everything that an operator can set. */
export interface Config {
  host: string
  port: number
  /** Where browsers reach this server; no slash at its end. */
  publicUrl: string
  /** Where browsers reach uploaded files: this server too, by an address of their own. No slash at its end. */
  filesUrl: string
  /** Where uploaded files are kept; null: in the data directory. */
  s3: Bucket | null
  /** Absolute path of the embedded database, the root key and demo.json. */
  dataDir: string
  /** An existing PostgreSQL; null: the embedded one. */
  database: { url: string; migrateUrl: string } | null
  /** A Redis or Valkey that instances share; null: each counts and looks by itself. */
  redisUrl: string | null
  /** Instances on one database tell each other of events by NOTIFY. */
  notify: boolean
  /** The mail server that sends; null: mails become files in the data directory. */
  smtpUrl: string | null
  /** Who mails are from, as a mail's `From:` says it. */
  mailFrom: string
  /** The root key's 32 bytes; null: made and kept in the data directory. */
  secretKey: Buffer | null
  /** The root key before, while what it sealed is still there. */
  previousSecretKey: Buffer | null
  /** Fill an empty installation with a demo community. */
  demo: boolean
  /** The origin of the demo's pages. */
  demoSite: string
  logLevel: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent'
  /** `address:port` pairs that may be called though they are not public, or not by https. */
  callsAllow: readonly string[]
  /** What webhooks may be sent to besides those. */
  webhookAllow: readonly string[]
  /** Pages that messages link to are asked what they are. */
  linkCards: boolean
  /** One proxy stands in front and is believed about the asker's address. */
  trustProxy: boolean
}

const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const

type Environment = Readonly<Record<string, string | undefined>>

/** Reads variables one by one, and gathers what is wrong with them. */
function createReader(env: Environment) {
  const wrong: string[] = []
  return {
    wrong,
    /** An empty variable counts as absent: compose files and CI set them so. */
    read<T>(name: string, fallback: T, parse: (text: string) => T | undefined, rule: string): T {
      const text = env[name]?.trim()
      if (!text) return fallback
      const value = parse(text)
      if (value === undefined) wrong.push(`${name} must be ${rule}`)
      return value ?? fallback
    },
    refuseWrong(): void {
      if (wrong.length > 0)
        throw new StartFailure(`The configuration is wrong:\n${wrong.map((w) => `- ${w}`).join('\n')}`)
    },
  }
}

type Reader = ReturnType<typeof createReader>

function readUrls({ read, wrong }: Reader): Config['database'] {
  const url = read('DATABASE_URL', null, parseDatabaseUrl, 'like postgres://role:password@host:5432/database')
  const migrateUrl = read('RAI_MIGRATE_URL', url, parseDatabaseUrl, 'like postgres://owner:password@host:5432/database')
  if (migrateUrl && !url) wrong.push('RAI_MIGRATE_URL needs DATABASE_URL beside it')
  return url && migrateUrl ? { url, migrateUrl } : null
}

/**
 * Reads where the operator's PostgreSQL is, for what needs nothing else.
 * @throws StartFailure that names everything wrong at once.
 */
export function readDatabase(env: Environment): NonNullable<Config['database']> {
  const reader = createReader(env)
  const urls = readUrls(reader)
  reader.refuseWrong()
  if (!urls) throw new StartFailure('Set DATABASE_URL to the PostgreSQL that is meant.')
  return urls
}

/**
 * Reads the environment; this file is the only place that does.
 * @throws StartFailure that names everything wrong at once.
 */
export function readConfig(env: Environment): Config {
  const reader = createReader(env)
  const { read, wrong } = reader
  const port = read('PORT', 4400, parsePort, 'a port between 1 and 65535')
  const database = readUrls(reader)
  const keyRule = '32 random bytes in base64 (openssl rand -base64 32)'
  const secretKey = read('RAI_SECRET_KEY', null, parseKey, keyRule)
  const previousSecretKey = read('RAI_SECRET_KEY_PREVIOUS', null, parseKey, keyRule)
  if (previousSecretKey && !secretKey) wrong.push('RAI_SECRET_KEY_PREVIOUS needs RAI_SECRET_KEY beside it')
  if (database && !env.RAI_SECRET_KEY?.trim())
    wrong.push('RAI_SECRET_KEY is required with DATABASE_URL (openssl rand -base64 32)')

  const publicUrl = read('PUBLIC_URL', `http://127.0.0.1:${port}`, parseUrl, 'an http(s) URL')
  const config: Config = {
    host: read('RAI_HOST', '127.0.0.1', (text) => text, 'an address'),
    port,
    publicUrl,
    filesUrl: read('FILES_URL', publicUrl, parseOrigin, 'an origin such as https://files.example.com'),
    s3: read(
      'S3_URL',
      null,
      parseBucket,
      'like https://key:secret@s3.eu-central-1.amazonaws.com/bucket?region=eu-central-1',
    ),
    dataDir: read('RAI_DATA', resolve('data'), (text) => resolve(text), 'a path'),
    database,
    redisUrl: read('REDIS_URL', null, parseRedisUrl, 'like redis://:password@host:6379/0'),
    notify: read('RAI_NOTIFY', true, parseSwitch, '0 or 1'),
    smtpUrl: read('SMTP_URL', null, parseSmtpUrl, 'like smtp://user:password@host:587'),
    mailFrom: read(
      'MAIL_FROM',
      `Rai <no-reply@${new URL(publicUrl).hostname}>`,
      parseSender,
      'an address such as Club <mail@club.example>',
    ),
    secretKey,
    previousSecretKey,
    demo: read('RAI_DEMO', true, parseSwitch, '0 or 1'),
    demoSite: read('RAI_DEMO_SITE', 'http://127.0.0.1:4401', parseOrigin, 'an origin such as http://127.0.0.1:4401'),
    logLevel: read(
      'LOG_LEVEL',
      'info',
      (text) => logLevels.find((level) => level === text),
      `one of ${logLevels.join(', ')}`,
    ),
    callsAllow: read('RAI_CALLS_ALLOW', [], parsePlaces, 'a list like 10.0.0.5:8080, [fd00::5]:8080'),
    webhookAllow: read('RAI_WEBHOOK_ALLOW', [], parsePlaces, 'a list like 10.0.0.5:8080, [fd00::5]:8080'),
    linkCards: read('RAI_LINK_CARDS', true, parseSwitch, '0 or 1'),
    trustProxy: read('RAI_TRUST_PROXY', false, parseSwitch, '0 or 1'),
  }
  reader.refuseWrong()
  return config
}

const parsePort = (text: string) => {
  const port = Number(text)
  return Number.isInteger(port) && port >= 1 && port <= 65535 ? port : undefined
}

const parsePlaces = (text: string) => {
  const places = text.split(',').map((place) => place.trim())
  return places.every((place) => /^(\d+(\.\d+){3}|\[[\da-f:]+\]):\d+$/.test(place)) ? places : undefined
}

const parseSwitch = (text: string) => (text === '1' ? true : text === '0' ? false : undefined)

const parseDatabaseUrl = (text: string) =>
  URL.canParse(text) && /^postgres(ql)?:$/.test(new URL(text).protocol) && new URL(text).username ? text : undefined

const parseRedisUrl = (text: string) =>
  URL.canParse(text) && /^rediss?:$/.test(new URL(text).protocol) ? text : undefined

const parseSmtpUrl = (text: string) =>
  URL.canParse(text) && /^smtps?:$/.test(new URL(text).protocol) && new URL(text).hostname ? text : undefined

const parseSender = (text: string) =>
  /^(?:[^\p{Cc}<>]*<[^\s<>@]+@[^\s<>@]+>|[^\s<>@]+@[^\s<>@]+)$/u.test(text) ? text : undefined

/** Without the slashes at its end. */
const parseUrl = (text: string): string | undefined => {
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) return undefined
  return text.endsWith('/') ? parseUrl(text.slice(0, -1)) : text
}

const parseOrigin = (text: string) => {
  const url = parseUrl(text)
  return url && new URL(url).origin === url ? url : undefined
}

const parseBucket = (text: string): Bucket | undefined => {
  const url = parseUrl(text) ? new URL(text) : undefined
  const accessKeyId = url && decoded(url.username)
  const secretAccessKey = url && decoded(url.password)
  if (!accessKeyId || !secretAccessKey || !/^\/[\w.-]+$/.test(url.pathname)) return undefined
  const region = url.searchParams.get('region') ?? 'us-east-1'
  return { url: url.origin + url.pathname, accessKeyId, secretAccessKey, region }
}

/** Undefined where a % stands for nothing. */
function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

const parseKey = (text: string) => {
  const key = Buffer.from(text, 'base64')
  return key.length === 32 ? key : undefined
}
