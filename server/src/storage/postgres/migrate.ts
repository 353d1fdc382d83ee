import type pg from 'pg'
import { pendingMigrations } from '../migrations/index.ts'
import type { Upgrade } from '../migrations/migration.ts'
import { type Patience, runStep } from './migrate-step.ts'
import { ensurePartitions, schemaLock } from './partitions.ts'

const waitMs = 60_000

/**
 * Brings the database to the newest schema and makes the coming days' partitions. The connection is this one's alone:
 * its lock lasts until it is closed, so that of two processes that start at once one waits for the other. `watcher` is
 * another connection, on which is asked who holds up the first.
 */
export async function migratePostgres(
  client: pg.ClientBase,
  watcher: pg.ClientBase,
  upgrade: Upgrade,
  patience?: Patience,
): Promise<void> {
  await lockSchema(client)
  await client.query(
    'CREATE TABLE IF NOT EXISTS migrations (name text PRIMARY KEY, at bigint NOT NULL, version text NOT NULL)',
  )
  const { rows } = await client.query<{ name: string; version: string }>('SELECT name, version FROM migrations')
  const pending = pendingMigrations(rows, upgrade)
  for (const step of pending) {
    await runStep(client, watcher, step, upgrade, patience)
    if (rows.length > 0) upgrade.journal.info('postgres.migrated', { migration: step.name })
  }
  // Of a new database nobody wants to hear every step.
  if (rows.length === 0) upgrade.journal.info('postgres.created', { migrations: pending.length })
  await ensurePartitions(client, upgrade.now, upgrade.journal)
}

async function lockSchema(client: pg.ClientBase): Promise<void> {
  // A statement whose process was killed would hold the lock until it has run to its end. Not every system can tell.
  await client.query("SET client_connection_check_interval = '1s'").catch(() => {})
  try {
    await client.query(`SET lock_timeout = ${waitMs}`)
    await client.query(`SELECT pg_advisory_lock(${schemaLock})`)
    await client.query('SET lock_timeout = 0')
  } catch (cause) {
    throw new Error(
      `PostgreSQL: another process has been changing the schema of this database for ${waitMs / 1000} s. Wait until it has finished, or end it if it hangs, and start again.`,
      { cause },
    )
  }
}
