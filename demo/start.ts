/**
 * `npm start`: the server on its port, and the demo's site on another origin.
 *
 * npm runs this process itself (`exec node …`), and the server is its child with an IPC channel: however this process
 * ends, the channel closes and the server stops. So there are no signal handlers here.
 */
import { fork } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { readConfig } from '../packages/server/src/config.js'
import { demoFile } from '../packages/server/src/demo.js'
import { addStateBoards } from './boards.js'
import { createSite } from './site.js'

const server = fork(join(import.meta.dirname, '../packages/server/dist/main.js'), { execArgv: [] })
server.on('exit', (code) => process.exit(code ?? 1))

const config = readConfig(process.env)
await answers(`http://${config.host}:${config.port}/healthz`)

const file = demoFile(config)
if (config.demo && existsSync(file)) {
  const demo = JSON.parse(readFileSync(file, 'utf8'))
  await addStateBoards(demo)
  const { port } = new URL(demo.siteUrl)
  const site = createSite(demo)
  site.on('error', (error) => {
    console.error(`The demo site cannot listen on port ${port}: ${error.message}`)
    process.exit(1)
  })
  site.listen(Number(port), config.host, () => {
    console.log(`
  Demo site      ${demo.siteUrl}
  API            ${demo.apiUrl}
  API reference  ${demo.apiUrl}/reference
  Keys           ${relative('.', file)}

  Ctrl-C stops everything.
`)
  })
}

async function answers(url: string): Promise<void> {
  const up = await fetch(url).then(
    (response) => response.ok,
    () => false,
  )
  if (up) return
  await new Promise((later) => setTimeout(later, 100))
  return answers(url)
}
