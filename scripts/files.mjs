// @ts-check
import { readdirSync } from 'node:fs'
import { join } from 'node:path'

/** Folders that hold nothing written by hand. Folders whose names begin with a dot are passed over too. */
const skipped = new Set(['node_modules', 'dist', 'bundle', 'coverage', 'data', 'fixtures'])

/**
 * The files below a folder whose names match, as sorted paths with `/`. Works without git, so that it is the same in a
 * clone, an unpacked archive and an image.
 * @param {string} root
 * @param {RegExp} name
 * @returns {string[]}
 */
export function filesBelow(root, name) {
  /** @type {string[]} */
  const found = []
  visit('')
  return found.sort()

  /** @param {string} folder */
  function visit(folder) {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`
      if (entry.isDirectory()) {
        if (!skipped.has(entry.name) && !entry.name.startsWith('.')) visit(path)
      } else if (entry.isFile() && name.test(entry.name)) {
        found.push(path)
      }
    }
  }
}
