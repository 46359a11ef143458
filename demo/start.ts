/**
 * `npm start`: the server on its port, and the demo's site on another origin.
 *
 * npm runs this process itself (`exec node …`), and the server is its child with an IPC channel: however this process
 * ends, the channel closes and the server stops. So there are no signal handlers here.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join, relative } from 'node:path'
import { readConfig } from '../packages/server/src/config.js'
import { demoFile, readDemo } from '../packages/server/src/demo.js'
import type { Ready } from '../packages/server/src/main.js'
import { appsUrlOf, createApps } from './apps.js'
import { addStateBoards } from './boards.js'
import { addTalk } from './channels.js'
import { addPages } from './community.js'
import { createEvents, hookPlace } from './events.js'
import { createHooks } from './hooks.js'
import { addMilestones } from './milestones.js'
import { addQuests } from './quests.js'
import { createSite } from './site.js'

const server = fork(join(import.meta.dirname, '../packages/server/dist/main.js'), {
  execArgv: [],
  env: { ...process.env, LOG_LEVEL: process.env.LOG_LEVEL || 'warn', RAI_WEBHOOK_ALLOW: allowed() },
})
server.on('exit', (code, signal) => {
  // One that ends by itself has said why.
  if (signal) console.error(`The server was ended by ${signal}. npm start goes on where it stopped.`)
  process.exit(code ?? 1)
})
// Not by asking at the port: another server may answer there.
const [{ url }] = (await once(server, 'message')) as [Ready]

const config = readConfig(process.env)
const demo = config.demo ? readDemo(config) : undefined
const lines = [
  ['API', config.publicUrl],
  ['API reference', `${config.publicUrl}/reference`],
]
if (demo) {
  // Where it listens: its public address may be out of reach from here.
  await addStateBoards({ ...demo, apiUrl: url })
  await addMilestones({ ...demo, apiUrl: url })
  await addQuests({ ...demo, apiUrl: url })
  await addTalk({ ...demo, apiUrl: url })
  const events = createEvents({ ...demo, apiUrl: url })
  const hooks = createHooks({ ...demo, apiUrl: url })
  const appsUrl = appsUrlOf(demo)
  await addPages({ ...demo, apiUrl: url }, appsUrl)
  const listening = [
    [createSite(demo, config, events, appsUrl, hooks), demo.siteUrl],
    [createApps(demo, appsUrl), appsUrl],
  ] as const
  for (const [site, address] of listening) {
    const { port } = new URL(address)
    try {
      await once(site.listen(Number(port), config.host), 'listening')
    } catch (error) {
      console.error(`The demo site cannot listen on port ${port}: ${(error as Error).message}. Set RAI_DEMO_SITE.`)
      process.exit(1)
    }
  }
  await events.connect(`http://${hookPlace(config)}/hook`)
  await hooks.connect()
  lines.unshift(['Demo site', demo.siteUrl], ['Pages of others', appsUrl])
  if (!config.smtpUrl) lines.push(['Mails', `${demo.siteUrl}/inbox`])
  lines.push(['Keys', relative('.', demoFile(config))])
}
console.log(`
${lines.map(([name = '', value]) => `  ${name.padEnd(15)}${value}`).join('\n')}

  Ctrl-C stops everything.
`)

/** The site is on this machine, and the server may send events there. */
function allowed(): string {
  try {
    const config = readConfig(process.env)
    return [...config.webhookAllow, ...(config.demo ? [hookPlace(config)] : [])].join(', ')
  } catch {
    // The server says what is wrong, and ends.
    return process.env.RAI_WEBHOOK_ALLOW ?? ''
  }
}
