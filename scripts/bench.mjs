// @ts-check
// `npm run bench`: lists the benchmarks in bench/. `npm run bench -- <name> [options]` builds and runs one of them.
import './node-version.mjs'

const { existsSync } = await import('node:fs')
const { join } = await import('node:path')
const { endWithSignals, root, runNode } = await import('./run.mjs')
const { filesBelow } = await import('./files.mjs')
const { prepare } = await import('./prepare.mjs')

endWithSignals()
const folder = join(root, 'bench')
const files = existsSync(folder) ? filesBelow(folder, /\.(ts|mjs)$/).filter((each) => !each.includes('/')) : []
const names = files.map((each) => each.replace(/\.(ts|mjs)$/, ''))
const [name, ...options] = process.argv.slice(2)

if (name === undefined) {
  console.log(names.length === 0 ? 'There are no benchmarks in bench/.' : `npm run bench -- <${names.join(' | ')}>`)
  process.exit(0)
}
const file = files[names.indexOf(name)]
if (file === undefined) {
  console.error(`There is no benchmark "${name}". There are: ${names.join(', ') || 'none'}.`)
  process.exit(1)
}
try {
  await prepare()
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exit(1)
}
// Benchmarks measure what is shipped, so what they import from the server is the built one unless they name a .ts file.
const loader = file.endsWith('.ts') ? ['node_modules/tsx/dist/cli.mjs'] : []
const [script = '', ...rest] = [...loader, join(folder, file), ...options]
const { code } = await runNode(script, rest, { show: true })
process.exitCode = code
