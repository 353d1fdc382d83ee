// @ts-check
// `npm run build`: installs what is missing and compiles every workspace into its dist/.
import './node-version.mjs'

const { endWithSignals } = await import('./run.mjs')
const { prepare } = await import('./prepare.mjs')

endWithSignals()
try {
  await prepare({ build: 'always' })
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exit(1)
}
