#!/usr/bin/env node
import { existsSync } from 'node:fs'
import { readConfig, StartFailure } from './config.js'
import { demoFile } from './demo.js'
import { Failure } from './domain/failure.js'
import { operate } from './operate.js'
import { startServer } from './start.js'

/** What a process that started the server with an IPC channel is told once it serves. */
export interface Ready {
  url: string
}

/** Longer than that, nobody waits for a server to stop: process managers kill it. */
const stopWithinMs = 10_000

const ending = new AbortController()
try {
  const config = readConfig(process.env)
  const args = process.argv.slice(2)
  if (args.length > 0) {
    for (const [name, value] of Object.entries(await operate(config, args))) console.log(`${name.padEnd(16)}${value}`)
    process.exit(0)
  }
  const stop = async () => {
    setTimeout(() => process.exit(1), stopWithinMs).unref()
    ending.abort()
    await (await starting).stop()
    process.exit(0)
  }
  // Started with an IPC channel, the server lives as long as the process at its other end.
  for (const event of ['SIGTERM', 'SIGINT', 'disconnect']) process.on(event, stop)
  const starting = startServer(config, { signal: ending.signal })

  const { url } = await starting
  // Whoever started it with a channel hears it there, and has words of its own.
  if (process.send) process.send({ url } satisfies Ready)
  else {
    console.log(`Rai answers on ${url}, its API reference on ${config.publicUrl}/reference`)
    if (config.demo && existsSync(demoFile(config)))
      console.log(`The demo's keys and its owner's password are in ${demoFile(config)}; its pages come with npm start`)
  }
} catch (error) {
  // Told to stop before it served, it has stopped.
  if (error === ending.signal.reason) process.exit(0)
  console.error(error instanceof StartFailure || error instanceof Failure ? error.message : error)
  process.exit(1)
}
