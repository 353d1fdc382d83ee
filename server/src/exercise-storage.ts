import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MessageChannel } from 'node:worker_threads'
import type { Commit } from './base/command.ts'
import { silentLog } from './base/log.ts'
import { commands } from './commands.ts'
import { openDatabase } from './storage/sqlite/database.ts'
import { type Call, fromFailure, type Reply } from './storage/sqlite/messages.ts'
import { migrateSqlite } from './storage/sqlite/migrate.ts'
import { sqliteReads } from './storage/sqlite/stores.ts'
import { serveWrites } from './storage/sqlite/writer.ts'
import type { AnyCommand, Reads } from './storage/stores.ts'

/** A real SQLite file of the tests, in a temporary folder. */
export interface TestStorage {
  commit: Commit
  reads: Reads
  /** Rows as they are stored, or a change that no command makes. */
  sql(text: string, ...values: (string | number | null)[]): Record<string, unknown>[]
  close(): Promise<void>
}

/**
 * Opens a storage in this thread: the server's own writer behind a message channel, so that commands and results cross
 * as plain data and groups are formed, without the second that starting a thread and a process would take in every test.
 */
export function openTestStorage(more: readonly AnyCommand[] = []): TestStorage {
  const folder = mkdtempSync(join(tmpdir(), 'trunkline-'))
  const file = join(folder, 'trunkline.db')
  migrateSqlite(file, { now: 0, version: '0.1.0', journal: silentLog })
  const { port1: ours, port2: theirs } = new MessageChannel()
  serveWrites(theirs, file, [...commands, ...more])
  const waiting = new Map<number, { resolve(result: never): void; reject(error: Error): void }>()
  let queue: Call[] = []
  let nextId = 0
  ours.on('message', (replies: Reply[] | string) => {
    if (typeof replies === 'string') return
    for (const reply of replies) {
      const asked = waiting.get(reply.id)
      waiting.delete(reply.id)
      if ('failure' in reply) asked?.reject(fromFailure(reply.failure))
      else asked?.resolve(reply.result as never)
    }
  })
  const database = openDatabase(file)
  return {
    commit: ({ name }, args) =>
      new Promise((resolve, reject) => {
        const call = { id: nextId++, name, args }
        waiting.set(call.id, { resolve, reject })
        if (queue.push(call) > 1) return
        setImmediate(() => {
          ours.postMessage({ calls: queue })
          queue = []
        })
      }),
    reads: sqliteReads(database),
    sql: (text, ...values) => database.all(text, values),
    async close() {
      const closed = new Promise((resolve) => ours.once('close', resolve))
      ours.postMessage({ close: true })
      await closed
      database.close()
      rmSync(folder, { recursive: true })
    },
  }
}
