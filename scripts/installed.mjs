// @ts-check
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** @typedef {{ version?: string, integrity?: string, optional?: boolean, os?: string[], cpu?: string[], libc?: string[] }} Package */
/** @typedef {Record<string, unknown> & { workspaces?: unknown }} Manifest */

const dependencyFields = ['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies']

/**
 * Whether node_modules already holds what package-lock.json asks for, by the list that npm leaves there. It spares those
 * who ran `npm install` themselves from installing everything a second time.
 * @param {string} root
 * @param {readonly string[]} workspaces
 */
export function isInstalled(root, workspaces) {
  const wanted = packagesOf(join(root, 'package-lock.json'))
  const found = packagesOf(join(root, 'node_modules/.package-lock.json'))
  if (!wanted || !found) return false
  const manifests = ['', ...workspaces]
  return (
    manifests.every((folder) => hasSameDependencies(readJson(join(root, folder, 'package.json')), wanted[folder])) &&
    Object.entries(wanted).every(([path, each]) => path === '' || isSame(each, found[path]))
  )
}

/** @param {Package} wanted @param {Package | undefined} found */
function isSame(wanted, found) {
  if (!found) return wanted.optional === true && !isForThisMachine(wanted)
  return wanted.version === found.version && wanted.integrity === found.integrity
}

/** A package that names its C library is taken to be for another one: which of them is here cannot be told cheaply. @param {Package} wanted */
function isForThisMachine({ os, cpu, libc }) {
  if (!os && !cpu) return false
  return !libc && fits(os, process.platform) && fits(cpu, process.arch)
}

/** @param {string[] | undefined} list @param {string} value */
function fits(list, value) {
  return !list || list.includes(value)
}

/** @param {unknown} manifest @param {unknown} locked */
function hasSameDependencies(manifest, locked) {
  return dependencyFields.every((field) => sorted(manifest, field) === sorted(locked, field))
}

/** @param {unknown} manifest @param {string} field */
function sorted(manifest, field) {
  const fields = /** @type {Record<string, Record<string, string>> | undefined} */ (manifest)
  return JSON.stringify(Object.entries(fields?.[field] ?? {}).sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** @param {string} file @returns {Record<string, Package> | undefined} */
function packagesOf(file) {
  return /** @type {{ packages?: Record<string, Package> } | undefined} */ (readJson(file))?.packages
}

/** @param {string} file @returns {unknown} */
function readJson(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return undefined
  }
}
