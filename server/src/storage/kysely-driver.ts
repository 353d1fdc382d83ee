import type { CompiledQuery, Driver, QueryResult } from 'kysely'

/** Runs one query of Kysely's. */
export type Execute = (query: CompiledQuery) => Promise<QueryResult<unknown>>

/**
 * A Kysely driver on a database that somebody else opens and closes. No query of its own begins a transaction: whoever
 * owns the connection does, around whole groups of commands.
 */
export function driverThrough(execute: Execute): Driver {
  const connection = {
    executeQuery: <Row>(query: CompiledQuery) => execute(query) as Promise<QueryResult<Row>>,
    // biome-ignore lint/correctness/useYield: the interface asks for it, and nothing here streams
    async *streamQuery(): AsyncGenerator<never> {
      throw new Error('queries are not streamed')
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
