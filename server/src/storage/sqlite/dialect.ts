import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  Kysely,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely'
import type { Tables } from '../tables.ts'
import type { Database, Value } from './database.ts'

/**
 * Kysely on a database that is open already. There is one connection and no query of its own begins a transaction:
 * whoever owns the database does, around whole groups of commands.
 */
export function kyselyOn(database: Database): Kysely<Tables> {
  const dialect: Dialect = {
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => driverOn(database),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  }
  return new Kysely<Tables>({ dialect })
}

function driverOn(database: Database): Driver {
  const connection: DatabaseConnection = {
    async executeQuery<Row>({ sql, parameters, query }: CompiledQuery): Promise<QueryResult<Row>> {
      const values = parameters.map(bindable)
      if (query.kind === 'SelectQueryNode' || /\breturning\b/i.test(sql)) {
        return { rows: database.all(sql, values) as Row[] }
      }
      return { rows: [], numAffectedRows: BigInt(database.run(sql, values)) }
    },
    // biome-ignore lint/correctness/useYield: the interface asks for it, and nothing here streams
    async *streamQuery() {
      throw new Error('SQLite queries are not streamed')
    },
  }
  const noTransactions = async () => {
    throw new Error('a transaction is begun by the owner of the database')
  }
  return {
    init: async () => {},
    acquireConnection: async () => connection,
    beginTransaction: noTransactions,
    commitTransaction: noTransactions,
    rollbackTransaction: noTransactions,
    releaseConnection: async () => {},
    destroy: async () => {},
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
