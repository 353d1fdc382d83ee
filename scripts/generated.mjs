// @ts-check
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { root as repository } from './run.mjs'

/**
 * Keeps a generated file as it should be: writes it, or with `--check` only says that it is out of date.
 * @param {{ file: string, text: string, script: string }} generated `script` is the one to run; both paths are below the root
 * @param {{ isCheck?: boolean, root?: string }} [how]
 * @returns {string | undefined} what is wrong
 */
export function keepGenerated(
  { file, text, script },
  { isCheck = process.argv.includes('--check'), root = repository } = {},
) {
  const path = join(root, file)
  if (read(path) === text) return undefined
  if (isCheck) return `${file} is out of date: run \`node ${script}\``
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
  return undefined
}

/**
 * `keepGenerated` for a script's last line: tells what is wrong, and ends with 1 then.
 * @param {{ file: string, text: string, script: string }} generated
 */
export function finishGenerated(generated) {
  const fault = keepGenerated(generated)
  if (fault === undefined) return
  console.error(fault)
  process.exitCode = 1
}

/** @param {string} path */
function read(path) {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
