// @ts-check
// `npm run bench`: turns the benchmark into plain JavaScript, so that nothing is measured through a loader, and runs it.
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { filesBelow } from '../scripts/files.mjs'
import { root, runNode } from '../scripts/run.mjs'

const built = join(root, '.cache/bench/build')
rmSync(built, { recursive: true, force: true })
const sources = filesBelow(join(root, 'bench/src'), /\.ts$/).map((file) => `bench/src/${file}`)
// Each file by itself: the types have been checked with everything else's, and what is imported from the server is
// either a type or comes from `server/dist`.
const { code, output } = await runNode('node_modules/typescript/bin/tsc', [
  ...['--ignoreConfig', '--noResolve', '--noCheck', '--target', 'es2023', '--module', 'nodenext'],
  ...['--verbatimModuleSyntax', '--rewriteRelativeImportExtensions', '--sourceMap'],
  ...['--rootDir', 'bench/src', '--outDir', built, ...sources],
])
if (code !== 0) {
  console.error(`The benchmark could not be built:\n${output}`)
  process.exit(1)
}
const { main } = await import(pathToFileURL(join(built, 'main.js')).href)
process.exitCode = await main(process.argv.slice(2), root)
