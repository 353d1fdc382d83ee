import { type Database, openDatabase } from './database.ts'

/**
 * Takes the data folder for this server. A second server is refused; after a `kill -9` the system has let go already.
 * The lock is an exclusive transaction on a file of its own, held for life: a pid file would survive a kill, and an
 * exclusive lock on the data itself would keep our own reader out.
 */
export function lockFolder(file: string): { release(): void } {
  let database: Database
  try {
    database = openDatabase(file)
  } catch (cause) {
    throw new Error(`TRUNKLINE_DATA: the lock file ${file} cannot be opened; the folder must exist and be writable.`, {
      cause,
    })
  }
  try {
    database.exec('PRAGMA busy_timeout = 0; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE')
  } catch (cause) {
    database.close()
    throw new Error(
      `Another Trunkline server is using this data folder (${file} is locked). Stop it first, give this one a TRUNKLINE_DATA of its own, or set DATABASE_URL to share a PostgreSQL.`,
      { cause },
    )
  }
  return { release: () => database.close() }
}
