// @ts-check
// `npm start`: installs and builds what is missing, then runs the server in this very process, so that signals, standard
// streams, arguments and the exit code are the server's own.
import './node-version.mjs'

const { existsSync } = await import('node:fs')
const { join } = await import('node:path')
const { pathToFileURL } = await import('node:url')
const { endWithSignals, root } = await import('./run.mjs')
const { prepare } = await import('./prepare.mjs')

const main = join(root, 'server/bundle/main.js')
const letGo = endWithSignals()
try {
  await prepare()
  if (!existsSync(main)) throw new Error('The build left no server/bundle/main.js.')
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exit(1)
}
letGo()

process.argv[1] = main
await import(pathToFileURL(main).href)
