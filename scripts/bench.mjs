// @ts-check
// `npm run bench`: installs and builds what is missing, so that what is measured is what is shipped, and runs the
// benchmark with the arguments given.
import './node-version.mjs'

const { endWithSignals, runNode } = await import('./run.mjs')
const { prepare } = await import('./prepare.mjs')

endWithSignals()
try {
  await prepare()
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exit(1)
}
const { code } = await runNode('bench/run.mjs', process.argv.slice(2), { show: true })
process.exitCode = code
