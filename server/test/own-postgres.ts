import { type Engine, postgresPlace } from './engines.ts'
import { startPostgres, type TestPostgres } from './postgres.ts'
import { endServers } from './server-process.ts'

/** Runs something on a PostgreSQL of its own, which may be broken in any way, and removes it afterwards. */
export async function onOwnPostgres(work: (postgres: TestPostgres, engine: Engine) => Promise<void>): Promise<void> {
  const postgres = await startPostgres()
  try {
    const createPlace = async () => postgresPlace({ url: (await postgres.createDatabase()).url, drop: async () => {} })
    await work(postgres, { name: 'PostgreSQL', createPlace })
  } finally {
    await endServers()
    await postgres.remove()
  }
}
