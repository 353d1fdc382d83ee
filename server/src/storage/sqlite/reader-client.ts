import { type ChildProcess, fork } from 'node:child_process'
import { StoreUnavailable } from '../../base/errors.ts'
import type { Reads } from '../stores.ts'
import { type Call, fromFailure, type Reply } from './messages.ts'

/** A query may take this long; then its process is ended and another one started. */
const queryLimitMs = 2000

interface Waiting {
  call: Call
  resolve(result: unknown): void
  reject(error: Error): void
  timer: NodeJS.Timeout | undefined
}

/** How the reader process is started. */
export interface ReaderEntry {
  file: string
  /** Arguments before the database file. */
  args: readonly string[]
  execArgv: readonly string[]
}

/** The reader process as seen from the server: `reads.log.readEvent(…)` asks it and waits. */
export function startReader(entry: ReaderEntry, databaseFile: string): { reads: Reads; close(): void } {
  const waiting = new Map<number, Waiting>()
  let nextId = 1
  let child: ChildProcess | undefined
  let isClosed = false

  function start(): ChildProcess {
    const started = fork(entry.file, [...entry.args, databaseFile], {
      serialization: 'advanced',
      execArgv: [...entry.execArgv],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
    started.on('message', (reply: Reply | 'ready') => {
      if (reply !== 'ready') settle(reply)
    })
    started.on('exit', () => {
      if (child === started) child = undefined
      for (const [id] of waiting)
        settle({ id, failure: { kind: 'unavailable', message: 'the reader process ended before it answered' } })
      if (!isClosed) child = start()
    })
    started.on('error', () => {}) // a message to a process that has just ended; `exit` follows
    return started
  }

  function settle(reply: Reply): void {
    const asked = waiting.get(reply.id)
    if (!asked) return
    waiting.delete(reply.id)
    clearTimeout(asked.timer)
    if ('failure' in reply) asked.reject(fromFailure(reply.failure))
    else asked.resolve(reply.result)
  }

  function ask(name: string, args: unknown): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (isClosed || !child) return reject(new StoreUnavailable('the reader process is not running'))
      const call = { id: nextId++, name, args }
      // Queries are answered in turn, so the oldest one is at fault when the limit passes.
      const timer = setTimeout(() => child?.kill('SIGKILL'), queryLimitMs)
      waiting.set(call.id, { call, resolve, reject, timer })
      child.send(call)
    })
  }

  child = start()
  return {
    reads: readsThrough(ask),
    close() {
      isClosed = true
      child?.disconnect()
    },
  }
}

/** Every `store.method(…args)` becomes one question. */
function readsThrough(ask: (name: string, args: unknown) => Promise<unknown>): Reads {
  const store = (name: string) =>
    new Proxy(
      {},
      {
        get:
          (_, method) =>
          (...args: unknown[]) =>
            ask(`${name}.${String(method)}`, args),
      },
    )
  return {
    credentials: store('credentials'),
    log: store('log'),
    sources: store('sources'),
    endpoints: store('endpoints'),
    deliveries: store('deliveries'),
  } as Reads
}
