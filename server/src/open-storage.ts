import type { Clock } from './base/clock.ts'
import type { Log } from './base/log.ts'
import type { Config } from './config.ts'
import { readerProcess, writerThread } from './entries.ts'
import { openSqlite } from './storage/sqlite/open.ts'
import type { AnyCommand, Storage } from './storage/stores.ts'

/** Opens the configured database: PostgreSQL when there is a URL, else the SQLite file in the data folder. */
export async function openStorage(
  config: Pick<Config, 'databaseUrl' | 'dataFolder'>,
  {
    clock,
    journal,
    version,
    commands,
    onFatal,
    processId,
  }: {
    clock: Clock
    journal: Log
    version: string
    commands: readonly AnyCommand[]
    onFatal(error: Error): void
    processId: string
  },
): Promise<Storage> {
  if (config.databaseUrl !== undefined) {
    // Loaded only where it is used: half of the servers never need it.
    const { openPostgres } = await import('./storage/postgres/open.ts')
    return openPostgres({ url: config.databaseUrl, clock, journal, version, commands, processId })
  }
  return openSqlite({
    folder: config.dataFolder,
    clock,
    journal,
    version,
    thread: writerThread,
    reader: readerProcess,
    onFatal,
  })
}
