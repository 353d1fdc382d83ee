// @ts-check
// `npm test`: every check, then every test. `--quick` (npm run check) runs only the tests beside the code; `--prove` (npm
// run prove) also the slow proofs in server/test/prove. Other arguments go to vitest: `npm test -- server/src/egress`.
import './node-version.mjs'

const { existsSync } = await import('node:fs')
const { join } = await import('node:path')
const { endWithSignals, root, runNode } = await import('./run.mjs')
const { prepare } = await import('./prepare.mjs')
const { runTests } = await import('./run-tests.mjs')

/** @typedef {{ passed: number, failed: number, skipped: number, output: string }} Result */

const options = process.argv.slice(2)
const scope = options.includes('--prove') ? 'prove' : options.includes('--quick') ? 'quick' : 'all'
const forVitest = options.filter((each) => each !== '--prove' && each !== '--quick')

/** @type {readonly (readonly [name: string, check: () => Promise<Result>])[]} */
const checks = [
  ['types', script('node_modules/typescript/bin/tsc', '-p', 'tsconfig.check.json')],
  ['dashboard', script('node_modules/typescript/bin/tsc', '-p', 'dashboard/tsconfig.check.json')],
  ['lint', script('node_modules/@biomejs/biome/bin/biome', 'check', '--error-on-warnings', '.')],
  ['imports', script('scripts/check-imports.mjs')],
  ['sizes', script('scripts/check-sizes.mjs')],
  ['sources', script('scripts/generate-sources.mjs', '--check')],
  ['errors', script('scripts/generate-errors.mjs', '--check')],
  ['docs', script('scripts/check-docs.mjs')],
  ['build', build],
  ['tests', () => runTests(scope, forVitest)],
]

endWithSignals()
try {
  await prepare({ build: 'never' })
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  console.log('0 passed, 1 failed')
  process.exit(1)
}

const total = { passed: 0, failed: 0, skipped: 0 }
for (const [name, check] of checks) {
  const began = performance.now()
  const { passed, failed, skipped, output } = await check()
  total.passed += passed
  total.failed += failed
  total.skipped += skipped
  const seconds = ((performance.now() - began) / 1000).toFixed(1)
  const count = name === 'tests' ? `  ${passed} passed` : ''
  console.log(`${failed === 0 ? 'ok  ' : 'FAIL'} ${name.padEnd(9)} ${seconds.padStart(6)} s${count}`)
  if (failed > 0) console.log(output.trimEnd())
}
console.log(`${total.passed} passed, ${total.failed} failed${total.skipped > 0 ? `, ${total.skipped} skipped` : ''}`)
process.exitCode = total.failed > 0 ? 1 : 0

/**
 * A check that is a program: it passes when the program exits with 0.
 * @param {string} file @param {...string} args
 * @returns {() => Promise<Result>}
 */
function script(file, ...args) {
  return async () => {
    if (!existsSync(join(root, file))) return one(false, `${file} is missing.`)
    const { code, output } = await runNode(file, args)
    return one(code === 0, output)
  }
}

/** @returns {Promise<Result>} */
async function build() {
  try {
    await prepare()
    return one(true, '')
  } catch (error) {
    return one(false, error instanceof Error ? error.message : String(error))
  }
}

/** @param {boolean} isGood @param {string} output @returns {Result} */
function one(isGood, output) {
  return { passed: isGood ? 1 : 0, failed: isGood ? 0 : 1, skipped: 0, output }
}
