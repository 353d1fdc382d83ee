#!/usr/bin/env node
import { createRequire } from 'node:module'
import { run } from './run.ts'

const { version } = createRequire(import.meta.url)('../package.json') as { version: string }

// `trunkline deliveries | head` closes the pipe early; that is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1))

run(process.argv.slice(2), version, {
  say: (line) => process.stdout.write(`${line}\n`),
  write: (bytes) => process.stdout.write(bytes),
  isScreen: process.stdout.isTTY === true,
  complain: (line) => process.stderr.write(`${line}\n`),
  environment: process.env,
  now: Date.now,
  stopping() {
    const stopping = new AbortController()
    // Once each: whoever asks a second time is not kept waiting.
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort())
    return stopping.signal
  },
}).then(
  (code) => {
    process.exitCode = code
  },
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
    process.exitCode = 1
  },
)
