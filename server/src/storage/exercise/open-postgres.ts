import pg from 'pg'
import type { TestDatabase } from '../../../test/postgres.ts'
import { sharedPostgres } from '../../../test/shared-postgres.ts'
import { fakeClock } from '../../base/clock.ts'
import { newId } from '../../base/id.ts'
import { silentLog } from '../../base/log.ts'
import { openPostgres } from '../postgres/open.ts'
import { sessionOn, types } from '../postgres/session.ts'
import { storesOn } from '../postgres/stores.ts'
import type { Storage, Stores } from '../stores.ts'
import { commands } from './commands.ts'
import type { Opened } from './opened.ts'
import { t0 } from './rows.ts'

/** A database of the tests, and its URL. */
export type OpenedPostgres = Opened & { url: string }

/** Opens a new database on the PostgreSQL of the tests, or one that was made for the case. */
export async function openTestPostgres(made?: TestDatabase): Promise<OpenedPostgres> {
  const database = made ?? (await (await sharedPostgres()).createDatabase())
  const { url } = database
  let storage = await openAgain(url)
  const pool = new pg.Pool({ connectionString: url, max: 2, types })
  pool.on('error', () => {}) // cases end connections
  return {
    url,
    storage,
    async sql(text, ...values) {
      let n = 0
      return (
        await pool.query(
          text.replaceAll('?', () => `$${++n}`),
          values,
        )
      ).rows
    },
    async reopen() {
      await storage.close()
      storage = await openAgain(url)
      return storage
    },
    async cleanup() {
      await pool.end()
      await storage.close()
      await database.drop()
    },
  }
}

/** Opens the database at the URL as one more process would. */
export function openAgain(url: string): Promise<Storage> {
  return openPostgres({
    url,
    processId: newId('process', t0),
    clock: fakeClock(t0),
    journal: silentLog,
    version: '0.1.0',
    commands,
  })
}

/** One connection with a transaction begun: its stores, as a command is handed them, until the test ends it. */
export interface OpenTransaction {
  stores: Stores
  pid: number
  end(how: 'COMMIT' | 'ROLLBACK'): Promise<void>
}

/** Begins a transaction that the test holds open, as a slow process would. */
export async function beginTransaction(url: string): Promise<OpenTransaction> {
  const client = new pg.Client({ connectionString: url, types, pipeline: true })
  client.on('error', () => {}) // cases end connections
  await client.connect()
  const session = sessionOn(client)
  const { rows } = await session.ask<{ pid: number }>('SELECT pg_backend_pid() AS pid')
  await session.begin(1000)
  return {
    stores: storesOn(session),
    pid: rows[0]?.pid ?? 0,
    async end(how) {
      await (how === 'COMMIT' ? session.commit() : session.ask(how))
      await client.end()
    },
  }
}
