import { type Dialect, Kysely, SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler } from 'kysely'
import { driverThrough, type Execute } from '../kysely-driver.ts'
import type { Tables } from '../tables.ts'
import type { Database, Value } from './database.ts'

/** Kysely on a database that is open already. */
export function kyselyOn(database: Database): Kysely<Tables> {
  const dialect: Dialect = {
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => driverThrough(executeOn(database)),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  }
  return new Kysely<Tables>({ dialect })
}

function executeOn(database: Database): Execute {
  return async ({ sql, parameters, query }) => {
    const values = parameters.map(bindable)
    const answersRows = query.kind === 'SelectQueryNode' || /^\s*with\b|\breturning\b/i.test(sql)
    if (answersRows) return { rows: database.all(sql, values) }
    return { rows: [], numAffectedRows: BigInt(database.run(sql, values)) }
  }
}

/** What SQLite binds. A Date would be bound as NULL without a word, so anything unknown is refused. */
function bindable(value: unknown): Value {
  if (value === null || value === undefined) return null
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint') return value
  if (typeof value === 'boolean') return value ? 1 : 0
  if (value instanceof Uint8Array) return value
  throw new TypeError(`SQLite: a ${Object.prototype.toString.call(value)} cannot be bound`)
}
