import { pendingMigrations } from '../migrations/index.ts'
import type { Migration, Upgrade } from '../migrations/migration.ts'
import { type Database, openDatabase } from './database.ts'
import { keepCopy } from './migrate-copy.ts'
import { prepareConnection } from './writer.ts'

/**
 * Brings the file to the newest schema, and forgets the processes that used it before. The folder is locked, so nobody
 * else does the same, and whoever is still written down is dead: its lanes are free at once, not after its lease.
 *
 * A file that holds something is copied before its first step. Each step is one transaction: when the process is killed
 * in the middle, the next start runs it again.
 */
export function migrateSqlite(file: string, upgrade: Upgrade): void {
  const database = openDatabase(file)
  try {
    // Without it the file never shrinks. It takes effect before the first table only, and would write all the same.
    const isEmpty = database.all('PRAGMA page_count', [])[0]?.page_count === 0
    if (isEmpty) database.exec('PRAGMA auto_vacuum = INCREMENTAL')
    prepareConnection(database)
    database.exec(
      'CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY, at INTEGER NOT NULL, version TEXT NOT NULL) WITHOUT ROWID',
    )
    const rows = database.all('SELECT name, version FROM migrations', [])
    const done = rows.map(({ name, version }) => ({ name: String(name), version: String(version) }))
    const pending = pendingMigrations(done, upgrade)
    const [first] = pending
    if (first && done.length > 0) keepCopy(database, file, first.name, upgrade.journal)
    for (const step of pending) {
      runStep(database, step, upgrade)
      if (done.length > 0) upgrade.journal.info('sqlite.migrated', { migration: step.name })
    }
    // Of a new file nobody wants to hear every step.
    if (done.length === 0) upgrade.journal.info('sqlite.created', { migrations: pending.length })
    database.exec('DELETE FROM processes')
    database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
  } finally {
    database.close()
  }
}

function runStep(database: Database, { name, sqlite }: Migration, { now, version }: Upgrade): void {
  try {
    database.exec('BEGIN IMMEDIATE')
    for (const statement of sqlite) database.exec(statement)
    database.run('INSERT INTO migrations (name, at, version) VALUES (?, ?, ?)', [name, now, version])
    database.exec('COMMIT')
  } catch (cause) {
    rollBack(database)
    throw new Error(
      `SQLite: the migration "${name}" failed, and nothing of it was kept: ${(cause as Error).message}. Mend what it names and start again, or start the former version.`,
      { cause },
    )
  }
}

function rollBack(database: Database): void {
  try {
    database.exec('ROLLBACK')
  } catch {} // already rolled back by SQLite itself
}
