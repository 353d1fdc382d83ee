import type pg from 'pg'
import type { Clock } from '../../base/clock.ts'
import type { Log } from '../../base/log.ts'
import { dayMs } from '../days.ts'

/** The advisory lock of whoever changes the schema; its class is that of the appenders' lock. */
export const schemaLock = '1953655660, 2'

/** Tables with one partition a day. */
const tables = ['requests', 'events', 'attempts'] as const
const daysBefore = 1
const daysAhead = 7

/** A partition that is being made keeps everybody from its table; whoever uses it for longer than this is waited for later. */
const lockMs = 300

/**
 * Makes the partitions from yesterday to a week ahead that are missing. A day that could not be made is tried again the
 * next time: until then its rows go to the default partition, and they stay there, so that the day is never made.
 */
export async function ensurePartitions(client: pg.ClientBase, now: number, journal: Log): Promise<void> {
  const { rows } = await client.query<{ relname: string }>(
    `SELECT relname FROM pg_class WHERE oid IN (SELECT inhrelid FROM pg_inherits
       WHERE inhparent IN (${tables.map((table) => `'${table}'::regclass`).join(', ')}))`,
  )
  const existing = new Set(rows.map((row) => row.relname))
  const today = Math.floor(now / dayMs)
  for (let day = today - daysBefore; day <= today + daysAhead; day++) {
    for (const table of tables) {
      const name = partitionName(table, day)
      if (!existing.has(name)) await makePartition(client, table, name, day, journal)
    }
  }
}

const hourMs = 60 * 60 * 1000

/** Makes each coming day's partitions in time, for as long as the server runs. */
export function keepPartitions(pool: pg.Pool, clock: Clock, journal: Log): { stop(): Promise<void> } {
  let underWay = Promise.resolve()
  const ensure = async () => {
    try {
      const client = await pool.connect()
      try {
        await ensurePartitions(client, clock.now(), journal)
      } finally {
        client.release()
      }
    } catch (error) {
      journal.warn('postgres.partitions_not_looked_at', { error: error as Error })
    }
  }
  const timer = setInterval(() => {
    underWay = underWay.then(ensure)
  }, hourMs)
  timer.unref()
  return {
    async stop() {
      clearInterval(timer)
      await underWay
    },
  }
}

/** Such as `events_20261122`. */
function partitionName(table: string, day: number): string {
  return `${table}_${new Date(day * dayMs).toISOString().slice(0, 10).replaceAll('-', '')}`
}

async function makePartition(client: pg.ClientBase, table: string, name: string, day: number, journal: Log) {
  try {
    await client.query(
      `BEGIN; SET LOCAL lock_timeout = ${lockMs}; SELECT pg_advisory_xact_lock(${schemaLock});
       CREATE TABLE IF NOT EXISTS ${name} PARTITION OF ${table} FOR VALUES FROM (${day * dayMs}) TO (${(day + 1) * dayMs});
       COMMIT`,
    )
  } catch (error) {
    await client.query('ROLLBACK')
    // The table is in use, or rows of that day are in the default partition already.
    journal.warn('postgres.partition_not_made', { partition: name, error: error as Error })
  }
}
