#!/usr/bin/env node
import { existsSync } from 'node:fs'
import { readConfig, StartFailure } from './config.js'
import { demoFile } from './demo.js'
import { startServer } from './start.js'

/** Longer than that, nobody waits for a server to stop: process managers kill it. */
const stopWithinMs = 10_000

try {
  const config = readConfig(process.env)
  const stop = async () => {
    setTimeout(() => process.exit(1), stopWithinMs).unref()
    await (await starting).stop()
    process.exit(0)
  }
  // Started with an IPC channel, the server lives as long as the process at its other end.
  for (const event of ['SIGTERM', 'SIGINT', 'disconnect']) process.on(event, stop)
  const starting = startServer(config)

  const { url } = await starting
  console.log(`Rai answers on ${url}, its API reference on ${config.publicUrl}/reference`)
  if (config.demo && existsSync(demoFile(config))) {
    console.log(`The demo is on ${config.demoSite}; its keys and the owner's password are in ${demoFile(config)}`)
  }
} catch (error) {
  console.error(error instanceof StartFailure ? error.message : error)
  process.exit(1)
}
