import { Worker } from 'node:worker_threads'
import type { Commit } from '../../base/command.ts'
import { StoreUnavailable } from '../../base/errors.ts'
import { type Call, fromFailure, type Reply } from './messages.ts'

/** How a thread is started: its file, and what node needs to run it. */
export interface ThreadEntry {
  file: string
  data?: Record<string, unknown>
}

interface Waiting {
  resolve(result: never): void
  reject(error: Error): void
}

export interface Writer {
  commit: Commit
  /** Tells the writer how long the write-ahead log is. */
  noteLog(walBytes: number): void
  close(): Promise<void>
}

/**
 * The writer thread as seen from the server. The commands of a turn are one message; the writer joins what comes while
 * it is busy, so that groups grow with the load and no command waits when there is none.
 */
export async function startWriter(
  entry: ThreadEntry,
  databaseFile: string,
  onFatal: (error: Error) => void,
): Promise<Writer> {
  const worker = await startThread(entry, { role: 'writer', databaseFile })
  const waiting = new Map<number, Waiting>()
  let queue: Call[] = []
  let nextId = 1
  let isClosing = false

  function flush(): void {
    const calls = queue
    queue = []
    worker.postMessage({ calls })
  }

  worker.on('message', (replies: Reply[] | 'closed') => {
    if (replies === 'closed') return
    for (const reply of replies) {
      const asked = waiting.get(reply.id)
      waiting.delete(reply.id)
      if ('failure' in reply) asked?.reject(fromFailure(reply.failure))
      else asked?.resolve(reply.result as never)
    }
  })
  worker.on('error', onFatal)
  worker.on('exit', () => {
    for (const { reject } of waiting.values()) reject(new StoreUnavailable('the writer has ended'))
    waiting.clear()
  })

  return {
    commit: (command, args) =>
      new Promise((resolve, reject) => {
        if (isClosing) return reject(new StoreUnavailable('the database is being closed'))
        const call = { id: nextId++, name: command.name, args }
        waiting.set(call.id, { resolve, reject })
        queue.push(call)
        if (queue.length === 1) setImmediate(flush)
      }),
    noteLog: (walBytes) => worker.postMessage({ walBytes }),
    async close() {
      isClosing = true
      while (waiting.size > 0) await new Promise((resolve) => setImmediate(resolve))
      await endThread(worker)
    },
  }
}

/** Starts a thread and answers when it says that it is ready, or rejects with what it died of. */
export function startThread(entry: ThreadEntry, data: Record<string, unknown>): Promise<Worker> {
  const worker = new Worker(entry.file, { workerData: { ...entry.data, ...data } })
  return new Promise((resolve, reject) => {
    worker.once('error', reject)
    worker.once('message', () => {
      worker.off('error', reject)
      resolve(worker)
    })
  })
}

/** Asks a thread to end, and waits: to end it from outside while it is inside SQLite would abort the process. */
export function endThread(worker: Worker): Promise<void> {
  return new Promise((resolve) => {
    worker.once('exit', () => resolve())
    worker.postMessage({ close: true })
  })
}
