import type pg from 'pg'
import type { Log } from '../../base/log.ts'
import { pendingMigrations } from '../migrations/index.ts'
import { ensurePartitions, schemaLock } from './partitions.ts'

const waitMs = 60_000

/**
 * Brings the database to the newest schema and makes the coming days' partitions. The connection is this one's alone:
 * its lock lasts until it is closed, so that of two processes that start at once one waits for the other.
 */
export async function migratePostgres(client: pg.ClientBase, now: number, journal: Log): Promise<void> {
  await lockSchema(client)
  await client.query('CREATE TABLE IF NOT EXISTS migrations (name text PRIMARY KEY, at bigint NOT NULL)')
  const { rows } = await client.query<{ name: string }>('SELECT name FROM migrations')
  for (const { name, postgres } of pendingMigrations(new Set(rows.map((row) => row.name)))) {
    await client.query('BEGIN')
    for (const statement of postgres) await client.query(statement)
    await client.query('INSERT INTO migrations (name, at) VALUES ($1, $2)', [name, now])
    await client.query('COMMIT')
    journal.info('postgres.migrated', { migration: name })
  }
  await ensurePartitions(client, now, journal)
}

async function lockSchema(client: pg.ClientBase): Promise<void> {
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
