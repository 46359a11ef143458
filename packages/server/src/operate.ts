import { parseArgs } from 'node:util'
import { pino } from 'pino'
import { type Config, StartFailure } from './config.js'
import { writeDown } from './domain/audit.js'
import { createCommunity, thisCommunity } from './domain/communities.js'
import { emit } from './domain/events.js'
import { isId, newId } from './domain/ids.js'
import { createKey, renewSystemKey } from './domain/keys/keys.js'
import { rotateSigningKey } from './domain/keys/signing.js'
import { type Installation, openInstallation } from './installation.js'

const usage = `What an operator can do here, with the server's own settings:

  community <name> [--time-zone <zone>] [--origin <origin>]…   make a community; its keys are shown this once
  system-key <community id>                                    a new system key; the one before ends now
  signing-key [--now]                                          a new key that signs tokens; tokens stay good, unless --now`

/** Longer than any token that the key before has signed. */
const signingOverlapMs = 60 * 60_000

/**
 * What is done on the server's machine and not by API: whoever can read its settings has every right already.
 * @param args A command and what belongs to it.
 * @returns What to print: names and values, secrets among them.
 * @throws StartFailure with the usage, or with what stands in the way.
 */
export async function operate(config: Config, args: readonly string[]): Promise<Record<string, string>> {
  const command = parse(args)
  const installation = await openInstallation(config, pino({ level: 'warn' }, pino.destination(2)))
  try {
    return await command(installation)
  } finally {
    await installation.close()
  }
}

type Command = (installation: Installation) => Promise<Record<string, string>>

function parse([name, ...args]: readonly string[]): Command {
  try {
    if (name === 'community') {
      const { values, positionals } = parseArgs({
        args,
        allowPositionals: true,
        options: { 'time-zone': { type: 'string' }, origin: { type: 'string', multiple: true } },
      })
      const [community, ...others] = positionals
      if (!community) throw new Error('Say what the community is called.')
      if (others.length > 0) throw new Error('Put the name in quotes: it has to be one word to the shell.')
      return (installation) => makeCommunity(installation, community, values['time-zone'], values.origin)
    }
    if (name === 'system-key') {
      const [community] = args
      if (!community) throw new Error('Say which community: its id.')
      if (args.length > 1 || !isId(community)) throw new Error(`"${args.join(' ')}" is no id of a community.`)
      return (installation) => makeSystemKey(installation, community)
    }
    if (name === 'signing-key') {
      const { values } = parseArgs({ args, options: { now: { type: 'boolean' } } })
      return (installation) => makeSigningKey(installation, values.now ? 0 : signingOverlapMs)
    }
  } catch (error) {
    throw new StartFailure(`${(error as Error).message}\n\n${usage}`)
  }
  throw new StartFailure(name === 'help' ? usage : `There is no command "${name}".\n\n${usage}`)
}

const machine = { kind: 'machine', id: null } as const

async function makeCommunity(
  { database }: Installation,
  name: string,
  timeZone: string | undefined,
  origins: string[] | undefined,
): Promise<Record<string, string>> {
  const now = new Date()
  return database.tenant(newId(), async (tx) => {
    await createCommunity(tx, { name, ...(timeZone && { timeZone }) }, now)
    await emit(tx, 'config.changed', null)
    const { key } = await createKey(tx, { kind: 'system', name: 'System key' }, now)
    await writeDown(tx, { operation: 'operate community', actor: machine }, now)
    const shown = { 'community id': tx.communityId, 'system key': key }
    if (!origins) return shown
    const page = await createKey(tx, { kind: 'publishable', name: 'First key', origins }, now)
    return { ...shown, 'publishable key': page.key }
  })
}

const makeSystemKey = ({ database }: Installation, communityId: string) =>
  database.tenant(communityId, async (tx) => {
    const now = new Date()
    await thisCommunity(tx)
    await writeDown(tx, { operation: 'operate system-key', actor: machine }, now)
    return { 'system key': await renewSystemKey(tx, now) }
  })

const makeSigningKey = async ({ database, rootKey }: Installation, overlapMs: number) => ({
  'key id': await rotateSigningKey(database, rootKey, overlapMs, new Date()),
})
