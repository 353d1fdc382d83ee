import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
} from 'kysely'
import type { Tables } from '../tables.ts'
import type { Ask } from './session.ts'

/** Kysely on whatever answers questions: the connection of a transaction that somebody else began, or a whole pool. */
export function kyselyOn(ask: Ask): Kysely<Tables> {
  const dialect: Dialect = {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => driverOn(ask),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  }
  return new Kysely<Tables>({ dialect })
}

function driverOn(ask: Ask): Driver {
  const connection: DatabaseConnection = {
    async executeQuery<Row>({ sql, parameters }: CompiledQuery): Promise<QueryResult<Row>> {
      const { rows, count } = await ask<Row>(sql, parameters)
      return { rows, numAffectedRows: BigInt(count) }
    },
    // biome-ignore lint/correctness/useYield: the interface asks for it, and nothing here streams
    async *streamQuery() {
      throw new Error('PostgreSQL queries are not streamed')
    },
  }
  const noTransactions = async () => {
    throw new Error('a transaction is begun by the owner of the connection')
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
