import { pendingMigrations } from '../migrations/index.ts'
import { openDatabase } from './database.ts'
import { prepareConnection } from './writer.ts'

/**
 * Brings the file to the newest schema, and forgets the processes that used it before. The folder is locked, so nobody
 * else does the same, and whoever is still written down is dead: its lanes are free at once, not after its lease.
 */
export function migrateSqlite(file: string, now: number): void {
  const database = openDatabase(file)
  try {
    // Only before the first table does this take effect; without it the file never shrinks.
    database.exec('PRAGMA auto_vacuum = INCREMENTAL')
    prepareConnection(database)
    database.exec('CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID')
    const done = new Set(database.all('SELECT name FROM migrations', []).map((row) => String(row.name)))
    for (const { name, sqlite } of pendingMigrations(done)) {
      database.exec('BEGIN IMMEDIATE')
      for (const statement of sqlite) database.exec(statement)
      database.run('INSERT INTO migrations (name, at) VALUES (?, ?)', [name, now])
      database.exec('COMMIT')
    }
    database.exec('DELETE FROM processes')
    database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
  } finally {
    database.close()
  }
}
