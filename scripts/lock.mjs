// @ts-check
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const beatMs = 1_000
const silentMs = 15_000

/**
 * Runs `work` while no other process does, on one machine. The owner touches its lock every second, so a lock left by a
 * killed process is known: its process is gone, or (the number was given to another one) nobody touches it.
 * @template T
 * @param {string} path
 * @param {() => Promise<T>} work
 * @param {() => void} [onWait] called once when another process holds it
 * @returns {Promise<T>}
 */
export async function withLock(path, work, onWait) {
  mkdirSync(dirname(path), { recursive: true })
  const token = `${process.pid} ${Math.random().toString(36).slice(2)}`
  let hasWaited = false
  while (!(await acquire(path, token))) {
    if (!hasWaited) onWait?.()
    hasWaited = true
    await sleep(100)
  }
  const beat = setInterval(() => touch(path), beatMs)
  try {
    return await work()
  } finally {
    clearInterval(beat)
    if (read(path) === token) rmSync(path, { force: true })
  }
}

/** @param {string} path @param {string} token */
async function acquire(path, token) {
  const owner = read(path)
  const isTakeover = owner !== undefined
  if (owner !== undefined) {
    if (isAlive(path, owner)) return false
    // Two may see the same dead owner, and the slower would move the quicker one's new lock away: hence the second look.
    const aside = `${path}.${process.pid}`
    if (attempt(() => renameSync(path, aside))) rmSync(aside, { force: true })
  }
  if (!attempt(() => writeFileSync(path, token, { flag: 'wx' }))) return false
  if (isTakeover) await sleep(100)
  return read(path) === token
}

/** @param {string} path @param {string} owner */
function isAlive(path, owner) {
  const touched = attempt(() => statSync(path).mtimeMs)
  if (touched === false) return true
  if (Date.now() - touched > silentMs) return false
  try {
    process.kill(Number(owner.split(' ')[0]), 0)
    return true
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM'
  }
}

/** @param {string} path */
function touch(path) {
  attempt(() => utimesSync(path, new Date(), new Date()))
}

/** @param {string} path @returns {string | undefined} */
function read(path) {
  const text = attempt(() => readFileSync(path, 'utf8'))
  return text === false ? undefined : text
}

/**
 * What `work` returns, true when that is nothing, or false when another process was quicker.
 * @template T
 * @param {() => T} work
 * @returns {(T extends void ? true : T) | false}
 */
function attempt(work) {
  try {
    const result = work()
    return /** @type {T extends void ? true : T} */ (result === undefined ? true : result)
  } catch (error) {
    const { code } = /** @type {NodeJS.ErrnoException} */ (error)
    if (code === 'ENOENT' || code === 'EEXIST') return false
    throw error
  }
}
