import pg from 'pg'
import { sharedPostgres } from '../../../test/shared-postgres.ts'
import { fakeClock } from '../../base/clock.ts'
import { silentLog } from '../../base/log.ts'
import { openPostgres } from '../postgres/open.ts'
import { types } from '../postgres/session.ts'
import type { Storage } from '../stores.ts'
import { commands } from './commands.ts'
import type { Opened } from './opened.ts'
import { t0 } from './rows.ts'

/** Opens a new database on the PostgreSQL of the tests. */
export async function openTestPostgres(): Promise<Opened & { url: string }> {
  const { createDatabase } = await sharedPostgres()
  const database = await createDatabase()
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
  return openPostgres({ url, clock: fakeClock(t0), journal: silentLog, commands })
}
