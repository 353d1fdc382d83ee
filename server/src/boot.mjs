// Runs a TypeScript entry in a thread or child process during development and tests, where the server is not built:
// loaders that the parent has are not inherited.
import { existsSync } from 'node:fs'
import { join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import { workerData } from 'node:worker_threads'

const entry = workerData?.entry ?? process.argv.splice(2, 1)[0]

/** Tests start hundreds of these, and have bundled them for it (server/test/bundled-entries.ts). */
const folder = process.env.TRUNKLINE_TEST_ENTRIES
const name = relative(import.meta.dirname, entry)
  .replaceAll(/[\\/]/g, '-')
  .replace(/\.ts$/, '.js')
const bundled = folder ? join(folder, name) : ''

if (existsSync(bundled)) {
  await import(pathToFileURL(bundled).href)
} else {
  const { register } = await import('tsx/esm/api')
  register()
  await import(entry)
}
