/** What every test file begins with: modules are loaded once for many files, and register nothing for the later ones. */
import { afterAll } from 'vitest'
import { killProcesses } from './process.js'

afterAll(killProcesses)
