import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Storage } from '../stores.ts'
import { lockFolder } from './lock.ts'
import { migrateSqlite } from './migrate.ts'
import { type ReaderEntry, startReader } from './reader-client.ts'
import { endThread, startThread, startWriter, type ThreadEntry } from './writer-client.ts'

export interface SqliteOptions {
  /** The data folder; made when it is missing. */
  folder: string
  now: number
  /** Starts a thread of `writer.ts`; its role comes in the worker data. */
  thread: ThreadEntry
  /** Starts a process of `reader.ts`. */
  reader: ReaderEntry
  /** The writer died of something that it cannot answer for: the server must end. */
  onFatal(error: Error): void
}

/** Opens the data folder: locks it, migrates the file, starts the writer, the checkpoints and the reader. */
export async function openSqlite({ folder, now, thread, reader, onFatal }: SqliteOptions): Promise<Storage> {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const lock = lockFolder(join(folder, 'trunkline.lock'))
  try {
    const file = join(folder, 'trunkline.db')
    migrateSqlite(file, now)
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
