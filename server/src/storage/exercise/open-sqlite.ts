import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { fakeClock } from '../../base/clock.ts'
import { silentLog } from '../../base/log.ts'
import { readerProcess, writerThread } from '../../entries.ts'
import { openDatabase } from '../sqlite/database.ts'
import { openSqlite } from '../sqlite/open.ts'
import type { Opened } from './opened.ts'
import { t0 } from './rows.ts'

/** The server's writer with the commands of the suite. */
export const testWriter = {
  file: writerThread.file,
  data: { entry: fileURLToPath(new URL('./writer.ts', import.meta.url)) },
}

/** Opens a SQLite data folder as the server does: with its threads and its reader process. */
export async function openTestSqlite(folder = mkdtempSync(join(tmpdir(), 'trunkline-storage-'))): Promise<Opened> {
  const open = () =>
    openSqlite({
      folder,
      clock: fakeClock(t0),
      version: '0.1.0',
      journal: silentLog,
      thread: testWriter,
      reader: readerProcess,
      onFatal(error) {
        throw error
      },
    })
  let storage = await open()
  return {
    storage,
    async sql(text, ...values) {
      const database = openDatabase(join(folder, 'trunkline.db'))
      try {
        return database.all(text, values)
      } finally {
        database.close()
      }
    },
    async reopen() {
      await storage.close()
      storage = await open()
      return storage
    },
    async cleanup() {
      await storage.close()
      rmSync(folder, { recursive: true })
    },
  }
}
