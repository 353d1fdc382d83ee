import { statSync } from 'node:fs'
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
  port.postMessage('ready')
  const timer = setInterval(() => {
    try {
      const bytes = statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0
      if (bytes === 0) return
      database.exec('PRAGMA wal_checkpoint(PASSIVE)')
      port.postMessage({ walBytes: bytes })
    } catch {} // busy or full: the next time
  }, everyMs)
  port.on('message', () => {
    clearInterval(timer)
    database.close()
    port.postMessage('closed')
    port.close()
  })
}
