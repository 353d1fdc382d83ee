// @ts-check
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runNode } from './run.mjs'

/** @typedef {{ testResults: { status: string, assertionResults: { status: string }[] }[] }} Report */

/** Of the tests that draw numbers, unless TRUNKLINE_SEED says another: what they find depends on the code alone. */
const seed = '1'

/**
 * Runs vitest and counts its tests. Proofs search: the tests beside them draw other numbers each time.
 * @param {'quick' | 'all' | 'prove'} scope which tests, see vitest.config.ts
 * @param {readonly string[]} args
 * @param {string} [proof] the file that rounds hand their records to, see proof.mjs
 */
export async function runTests(scope, args, proof) {
  const folder = mkdtempSync(join(tmpdir(), 'trunkline-tests-'))
  const report = join(folder, 'report.json')
  try {
    const { code, output } = await runNode(
      'node_modules/vitest/vitest.mjs',
      ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`, ...args],
      {
        env: {
          ...(proof === undefined ? { TRUNKLINE_SEED: seed } : {}),
          ...process.env,
          TRUNKLINE_TESTS: scope,
          ...(scope === 'prove' ? { TRUNKLINE_PROOF_FILE: proof } : {}),
        },
      },
    )
    return verdict(code, output, readReport(report))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/**
 * A run without tests is a failure, and so is one that vitest calls failed although each of its tests passed (an error
 * outside of them).
 * @param {number} code @param {string} output @param {Report | undefined} report
 */
export function verdict(code, output, report) {
  const files = report?.testResults ?? []
  const tests = files.flatMap((file) => file.assertionResults)
  const passed = tests.filter((each) => each.status === 'passed').length
  const brokenFiles = files.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some((each) => each.status === 'failed'),
  ).length
  const counted = tests.filter((each) => each.status === 'failed').length + brokenFiles
  const skipped = tests.length - passed - (counted - brokenFiles)
  const isUnexplained = counted === 0 && (code !== 0 || passed === 0)
  const note = isUnexplained && code === 0 ? '\nNo test ran.' : ''
  return { passed, failed: isUnexplained ? 1 : counted, skipped, output: output + note }
}

/** @param {string} file @returns {Report | undefined} */
function readReport(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return undefined
  }
}
