import pg from 'pg'
import type { Clock } from '../../base/clock.ts'
import type { Upgrade } from '../migrations/migration.ts'
import type { AnyCommand, Storage } from '../stores.ts'
import { databaseClock } from './clock.ts'
import { createCommitter } from './commit.ts'
import { migratePostgres } from './migrate.ts'
import { keepPartitions } from './partitions.ts'
import { askPool, askTogether, openPool } from './pool.ts'
import { types } from './session.ts'
import { channel, openSignals } from './signals.ts'
import { checkServer } from './start-check.ts'
import { postgresReads } from './stores.ts'
import { watermark } from './watermark.ts'

export interface PostgresOptions extends Omit<Upgrade, 'now'> {
  /** `postgres://user:password@host:5432/database` */
  url: string
  /** The clock of this machine. */
  clock: Clock
  /** The name of this process among those that share the database. */
  processId: string
  commands: readonly AnyCommand[]
  /** How many connections may be open for writing, and for reading. */
  connections?: { write: number; read: number }
}

/** Before the first connection stands, a server that is just starting is given this long. */
const openMs = 10_000
const writeStatementMs = 5000
const readStatementMs = 2000

/** Opens a database: checks that it can keep the promises, brings it to the newest schema, and connects. */
export async function openPostgres(options: PostgresOptions): Promise<Storage> {
  const { url, journal, commands, processId, connections = { write: 10, read: 4 } } = options
  await prepareDatabase(url, { ...options, now: options.clock.now() })
  const shared = { url, name: 'trunkline', journal }
  const writes = openPool({
    ...shared,
    connections: connections.write,
    statementMs: writeStatementMs,
    isForCommands: true,
  })
  const reads = openPool({ ...shared, connections: connections.read, statementMs: readStatementMs })
  const { clock, stop: stopClock } = await databaseClock({ ask: () => timeOf(reads), machine: options.clock, journal })
  const { commit, drain } = createCommitter(writes, commands)
  const signals = openSignals({ url, clock, journal, processId, notify: (message) => notify(writes, message) })
  const partitions = keepPartitions(writes, clock, journal)
  return {
    engine: 'postgres',
    commit,
    reads: postgresReads((statement, values) => askPool(reads, statement, values)),
    settledUpTo: watermark((work) => askTogether(writes, work)),
    signals,
    clock,
    async close() {
      stopClock()
      await drain()
      await signals.close()
      await partitions.stop()
      await Promise.all([writes.end(), reads.end()])
    },
  }
}

async function timeOf(pool: pg.Pool): Promise<number> {
  const { rows } = await askPool<{ ms: number }>(pool, {
    name: 'time',
    text: 'SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS ms',
  })
  return rows[0]?.ms ?? Number.NaN
}

const notify = (pool: pg.Pool, message: string) =>
  askPool(pool, { name: 'notify', text: `SELECT pg_notify('${channel}', $1)` }, [message])

async function prepareDatabase(url: string, upgrade: Upgrade): Promise<void> {
  const first = createClient(url)
  const second = createClient(url)
  const place = `PostgreSQL at ${first.host}:${first.port}, database "${first.database}",`
  try {
    await connect(first, place)
    await connect(second, place)
    await checkServer(first, second, place)
    await migratePostgres(first, second, upgrade)
  } finally {
    await Promise.all([first.end(), second.end()])
  }
}

function createClient(url: string): pg.Client {
  try {
    return new pg.Client({
      connectionString: url,
      application_name: 'trunkline start',
      connectionTimeoutMillis: openMs,
      types,
    })
  } catch {
    // Without the cause: it quotes the URL, and with it the password.
    throw new Error('DATABASE_URL is not the URL of a PostgreSQL database: postgres://user:password@host:5432/database')
  }
}

async function connect(client: pg.Client, place: string): Promise<void> {
  // A connection that is lost later is noticed by the statement that needs it.
  client.on('error', () => {})
  try {
    await client.connect()
  } catch (cause) {
    const reason = cause instanceof AggregateError ? cause.errors.map(String).join('; ') : String(cause)
    throw new Error(
      `${place} cannot be reached (${reason}). Check DATABASE_URL and that PostgreSQL accepts connections.`,
      { cause },
    )
  }
}
