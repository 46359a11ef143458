#!/usr/bin/env node
import { main } from '../dist/check/index.js'

process.exitCode = await main(process.argv.slice(2))
