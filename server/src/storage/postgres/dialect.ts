import { type Dialect, Kysely, PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler } from 'kysely'
import { driverThrough } from '../kysely-driver.ts'
import type { Tables } from '../tables.ts'
import type { Ask } from './session.ts'

/** Kysely on whatever answers questions: the connection of a transaction that somebody else began, or a whole pool. */
export function kyselyOn(ask: Ask): Kysely<Tables> {
  const dialect: Dialect = {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () =>
      driverThrough(async ({ sql, parameters }) => {
        const { rows, count } = await ask(sql, parameters)
        return { rows, numAffectedRows: BigInt(count) }
      }),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  }
  return new Kysely<Tables>({ dialect })
}
