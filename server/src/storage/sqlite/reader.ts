import type { Reads } from '../stores.ts'
import { openDatabase, understand } from './database.ts'
import { type Call, type Reply, toFailure } from './messages.ts'
import { sqliteReads } from './stores.ts'

/**
 * Answers queries in a process of its own, on the file opened read-only. A query that takes too long is ended by ending
 * the process: SQLite's interrupt cannot be reached from here.
 */
export function serveReads(channel: NodeJS.Process, file: string): void {
  const database = openDatabase(file, { readOnly: true })
  database.exec('PRAGMA query_only = ON; PRAGMA cache_size = -32768')
  const reads = sqliteReads(database)
  let busy = Promise.resolve()
  channel.on('message', (call: Call) => {
    // One after the other: the server takes the oldest question for the one that is slow.
    busy = busy.then(async () => {
      const reply = await answer(reads, call)
      if (channel.connected) channel.send?.(reply)
    })
  })
  channel.on('disconnect', () => process.exit(0))
  // The server may have gone while this process was starting.
  if (channel.connected) channel.send?.('ready')
  else process.exit(0)
}

async function answer(reads: Reads, { id, name, args }: Call): Promise<Reply> {
  try {
    const [store = '', method = ''] = name.split('.')
    const methods = (reads as unknown as Record<string, Record<string, (...args: unknown[]) => Promise<unknown>>>)[
      store
    ]
    const run = methods?.[method]
    if (!run) throw new Error(`query "${name}" does not exist`)
    return { id, result: await run(...(args as unknown[])) }
  } catch (error) {
    return { id, failure: toFailure(understand(error)) }
  }
}
