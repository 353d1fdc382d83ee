import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '../../base/clock.ts'
import type { Upgrade } from '../migrations/migration.ts'
import type { Storage } from '../stores.ts'
import { lockFolder } from './lock.ts'
import { migrateSqlite } from './migrate.ts'
import { type ReaderEntry, startReader } from './reader-client.ts'
import { endThread, startThread, startWriter, type ThreadEntry } from './writer-client.ts'

export interface SqliteOptions extends Omit<Upgrade, 'now'> {
  /** The data folder; made when it is missing. */
  folder: string
  clock: Clock
  /** Starts a thread of `writer.ts`; its role comes in the worker data. */
  thread: ThreadEntry
  /** Starts a process of `reader.ts`. */
  reader: ReaderEntry
  /** The writer died of something that it cannot answer for: the server must end. */
  onFatal(error: Error): void
}

/** Opens the data folder: locks it, migrates the file, starts the writer, the checkpoints and the reader. */
export async function openSqlite({
  folder,
  clock,
  thread,
  reader,
  onFatal,
  ...upgrade
}: SqliteOptions): Promise<Storage> {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const lock = lockFolder(join(folder, 'trunkline.lock'))
  try {
    const file = join(folder, 'trunkline.db')
    migrateSqlite(file, { ...upgrade, now: clock.now() })
    const writer = await startWriter(thread, file, onFatal)
    const checkpoints = await startThread(thread, { role: 'checkpoints', databaseFile: file })
    checkpoints.on('message', (message: { walBytes: number } | 'closed') => {
      if (message !== 'closed') writer.noteLog(message.walBytes)
    })
    checkpoints.on('error', onFatal)
    const { reads, close } = startReader(reader, file)
    // A server that listens before it can read would send its first senders away.
    await reads.sources.byKey('')
    return {
      engine: 'sqlite',
      commit: writer.commit,
      reads,
      // One writer: what is committed is in order, and nothing is under way beside it.
      settledUpTo: async () => Number.MAX_SAFE_INTEGER,
      // One process: nobody to tell, and no other clock.
      signals: { send() {}, listen() {} },
      clock,
      async close() {
        await close()
        await endThread(checkpoints)
        await writer.close()
        lock.release()
      },
    }
  } catch (error) {
    lock.release()
    throw error
  }
}
