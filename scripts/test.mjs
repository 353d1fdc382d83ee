// @ts-check
// `npm test`: every check, then every test. `--quick` (npm run check) runs only the tests beside the code; `--prove` (npm
// run prove) instead of tests the slow proofs in server/test/prove, one after the other, and prints their report; with
// `--write` it keeps the report in docs/proof.md. Other arguments go to vitest: `npm test -- server/src/egress`.
import './node-version.mjs'

const { existsSync } = await import('node:fs')
const { join } = await import('node:path')
const { endWithSignals, root, runNode } = await import('./run.mjs')
const { prepare } = await import('./prepare.mjs')
const { keepProof, newProof, readProof } = await import('./proof.mjs')
const { runTests } = await import('./run-tests.mjs')

/** @typedef {{ passed: number, failed: number, skipped: number, output: string }} Result */

const options = process.argv.slice(2)
const ours = ['--prove', '--quick', '--write']
const forVitest = options.filter((each) => !ours.includes(each))
const isProof = options.includes('--prove')
const proof = isProof ? newProof() : undefined

/** @typedef {readonly [name: string, check: () => Promise<Result>]} Check */

/** @type {readonly Check[]} */
const checks = [
  ['types', script('node_modules/typescript/bin/tsc', '-p', 'tsconfig.check.json')],
  ['dashboard', script('node_modules/typescript/bin/tsc', '-p', 'dashboard/tsconfig.check.json')],
  ['lint', script('node_modules/@biomejs/biome/bin/biome', 'check', '--error-on-warnings', '.')],
  ['imports', script('scripts/check-imports.mjs')],
  ['sizes', script('scripts/check-sizes.mjs')],
  ['sources', script('scripts/generate-sources.mjs', '--check')],
  ['errors', script('scripts/generate-errors.mjs', '--check')],
  ['causes', script('scripts/generate-delivery-causes.mjs', '--check')],
  ['kinds', script('scripts/generate-source-docs.mjs', '--check')],
  ['events', script('scripts/generate-event-docs.mjs', '--check')],
  ['product events', script('scripts/generate-product-event-docs.mjs', '--check')],
  ['sdk types', script('scripts/generate-event-types.mjs', '--check')],
  ['docs', script('scripts/check-docs.mjs')],
  ['build', build],
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
for (const report of runInPairs(checks)) tell(await report)
tell(await run(tests(isProof ? 'prove' : options.includes('--quick') ? 'quick' : 'all')))
if (proof !== undefined) {
  const { table, rounds } = readProof(proof)
  console.log(`\n${table}\n`)
  if (options.includes('--write') && total.failed === 0 && forVitest.length === 0) keepProof(rounds)
}
console.log(`${total.passed} passed, ${total.failed} failed${total.skipped > 0 ? `, ${total.skipped} skipped` : ''}`)
process.exitCode = total.failed > 0 ? 1 : 0

/** @typedef {Result & { name: string, seconds: number }} Report */

/** @param {Check} check @returns {Promise<Report>} */
async function run([name, check]) {
  const began = performance.now()
  const result = await check()
  return { ...result, name, seconds: (performance.now() - began) / 1000 }
}

/**
 * Runs checks two at a time: a check has one thread, and few machines have one core.
 * @param {readonly Check[]} list
 */
function runInPairs(list) {
  /** @type {Promise<Report>[]} */
  const reports = []
  for (const [i, check] of list.entries()) {
    reports.push((reports[i - 2] ?? Promise.resolve()).then(() => run(check)))
  }
  return reports
}

/** @param {Report} report */
function tell({ name, seconds, passed, failed, skipped, output }) {
  total.passed += passed
  total.failed += failed
  total.skipped += skipped
  const count = name === 'tests' || name === 'proofs' ? `  ${passed} passed` : ''
  console.log(`${failed === 0 ? 'ok  ' : 'FAIL'} ${name.padEnd(9)} ${seconds.toFixed(1).padStart(6)} s${count}`)
  if (failed > 0) console.log(output.trimEnd())
}

/**
 * @param {'quick' | 'all' | 'prove'} scope
 * @returns {Check}
 */
function tests(scope) {
  return [scope === 'prove' ? 'proofs' : 'tests', () => runTests(scope, forVitest, proof)]
}

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
