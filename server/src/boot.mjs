// Runs a TypeScript entry in a thread or child process during development and tests, where the server is not built:
// loaders that the parent has are not inherited.
import { workerData } from 'node:worker_threads'
import { register } from 'tsx/esm/api'

register()
const entry = workerData?.entry ?? process.argv.splice(2, 1)[0]
await import(entry)
