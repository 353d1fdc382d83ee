import type { MessagePort } from 'node:worker_threads'
import { openDatabase } from './database.ts'

const everyMs = 200

/**
 * Writes the log back into the file from a thread of its own, so that the writer does not wait for it, and tells how
 * long the log has become. Stops when told: a thread that is ended inside SQLite takes the process with it.
 */
export function serveCheckpoints(port: MessagePort, file: string): void {
  const database = openDatabase(file)
  database.exec('PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0')
  const pageBytes = Number(database.one('PRAGMA page_size', [])?.page_size)
  port.postMessage('ready')
  const timer = setInterval(() => {
    try {
      // Not the file's length: that stays when the log begins anew.
      const pages = Number(database.one('PRAGMA wal_checkpoint(PASSIVE)', [])?.log)
      if (pages > 0) port.postMessage({ walBytes: pages * pageBytes })
    } catch {} // busy or full: the next time
  }, everyMs)
  port.on('message', () => {
    clearInterval(timer)
    database.close()
    port.postMessage('closed')
    port.close()
  })
}
