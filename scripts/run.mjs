// @ts-check
import { spawn } from 'node:child_process'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder of the repository. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** @typedef {{ code: number, output: string }} Finished */

/** @type {Set<import('node:child_process').ChildProcess>} */
const running = new Set()

/**
 * Runs a program to its end. Its output is kept unless `show` is set; then it goes straight to the terminal.
 * @param {string} program
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, show?: boolean }} [more]
 * @returns {Promise<Finished>}
 */
export function run(program, args, { cwd = root, env = process.env, show = false } = {}) {
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd, env, stdio: show ? 'inherit' : ['ignore', 'pipe', 'pipe'] })
    running.add(child)
    /** @type {Buffer[]} */
    const chunks = []
    child.stdout?.on('data', (chunk) => chunks.push(chunk))
    child.stderr?.on('data', (chunk) => chunks.push(chunk))
    child.on('error', (error) => finish(127, `${program}: ${error.message}\n`))
    child.on('close', (code, signal) => finish(code ?? 1, signal ? `${program} was ended by ${signal}\n` : ''))

    /** @param {number} code @param {string} last */
    function finish(code, last) {
      running.delete(child)
      resolve({ code, output: Buffer.concat(chunks).toString() + last })
    }
  })
}

/**
 * Runs a script of a package with this Node, without a shell or a `.bin` link in between.
 * @param {string} script path below the repository
 * @param {readonly string[]} args
 * @param {{ env?: NodeJS.ProcessEnv, show?: boolean }} [more]
 */
export function runNode(script, args, more) {
  return run(process.execPath, [script, ...args], more)
}

/**
 * Passes SIGINT and SIGTERM on to the programs that run, and then ends by the same signal.
 * @returns {() => void} stops doing so
 */
export function endWithSignals() {
  /** @param {NodeJS.Signals} signal */
  const end = (signal) => {
    stop()
    for (const child of running) child.kill(signal)
    process.kill(process.pid, signal)
  }
  const stop = () => {
    process.off('SIGINT', end)
    process.off('SIGTERM', end)
  }
  process.on('SIGINT', end)
  process.on('SIGTERM', end)
  return stop
}
