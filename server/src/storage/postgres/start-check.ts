import type pg from 'pg'

/** PostgreSQL 15 is the oldest version that this is tested on. */
const oldestVersion = 150_000

interface Settings {
  version: string
  version_number: string
  encoding: string
  fsync: string
  synchronous_commit: string
  is_standby: boolean
  is_read_only: string
}

/**
 * Refuses a database on which the promises would not hold: one that answers before a commit is on the disk, one that
 * takes no writes, one behind a proxy that hands the connection to others between two transactions. `place` names it.
 *
 * The settings are read on a connection of ours, so that what a role or a database sets for itself is seen as well.
 */
export async function checkServer(first: pg.ClientBase, second: pg.ClientBase, place: string): Promise<void> {
  const { rows } = await first.query<Settings>(
    `SELECT current_setting('server_version') AS version, current_setting('server_version_num') AS version_number,
       current_setting('server_encoding') AS encoding, current_setting('fsync') AS fsync,
       current_setting('synchronous_commit') AS synchronous_commit, pg_is_in_recovery() AS is_standby,
       current_setting('transaction_read_only') AS is_read_only`,
  )
  const [settings] = rows
  const fault = (settings && faultOf(settings)) ?? (await faultOfPooling(first, second))
  if (fault) throw new Error(`${place} ${fault}`)
}

function faultOf(settings: Settings): string | undefined {
  if (Number(settings.version_number) < oldestVersion)
    return `is version ${settings.version}. Trunkline needs PostgreSQL 15 or later.`
  if (settings.fsync === 'off')
    return 'runs with fsync = off: a power cut would lose events that their senders were told are stored. Set fsync = on in postgresql.conf and restart PostgreSQL.'
  if (settings.synchronous_commit === 'off')
    return 'runs with synchronous_commit = off: a crash would lose events that their senders were told are stored. Set it to on, or to local, where it is set: in postgresql.conf, by ALTER ROLE or ALTER DATABASE, or in the options of DATABASE_URL.'
  if (settings.is_standby) return 'is a standby, which takes no writes. Point DATABASE_URL at the primary.'
  if (settings.is_read_only === 'on')
    return 'is read-only: default_transaction_read_only = on. Set it to off, where it is set: in postgresql.conf, by ALTER ROLE or ALTER DATABASE.'
  if (settings.encoding !== 'UTF8')
    return `has the encoding ${settings.encoding}, which cannot hold every payload. Make the database with ENCODING 'UTF8'.`
  return undefined
}

const poolingFault =
  'is behind a proxy in transaction pooling mode (such as PgBouncer with pool_mode = transaction), which takes the connection away between two transactions: locks and prepared statements would be lost. Connect to PostgreSQL directly, or set pool_mode = session.'

/**
 * A connection of our own is served by one process of the server from its beginning to its end. Such a proxy gives each
 * transaction whatever process is free: the first connection sees another one at its next transaction, or, while the
 * second one is in a transaction, that one has got the first one's. Tried a few times, because the same process may be
 * free by chance.
 */
async function faultOfPooling(first: pg.ClientBase, second: pg.ClientBase): Promise<string | undefined> {
  for (let round = 0; round < 3; round++) {
    const before = await processOf(first)
    if ((await processOf(first)) !== before) return poolingFault
    await second.query('BEGIN')
    try {
      if ((await processOf(second)) === before || (await processOf(first)) !== before) return poolingFault
    } finally {
      await second.query('ROLLBACK')
    }
  }
  return undefined
}

async function processOf(client: pg.ClientBase): Promise<number> {
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
  return rows[0]?.pid ?? 0
}
