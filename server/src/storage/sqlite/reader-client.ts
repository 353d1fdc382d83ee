import { type ChildProcess, fork } from 'node:child_process'
import { StoreUnavailable } from '../../base/errors.ts'
import type { Reads } from '../stores.ts'
import { type Call, fromFailure, type Reply } from './messages.ts'

/** A query may take this long; then its process is ended and another one started. */
const queryLimitMs = 2000
/** A process that has not opened the file by then is ended as well. */
const startLimitMs = 15_000
/** Between one that could not start and the next. */
const restartPauseMs = 500

interface Waiting {
  call: Call
  resolve(result: unknown): void
  reject(error: Error): void
}

/** How the reader process is started. */
export interface ReaderEntry {
  file: string
  /** Arguments before the database file. */
  args: readonly string[]
  execArgv: readonly string[]
}

/**
 * The reader process as seen from the server: `reads.log.readEvent(…)` asks it and waits. Questions are answered one
 * after the other, so the oldest one is at fault when the limit passes or the process dies. It alone fails; the others
 * are asked again.
 */
export function startReader(entry: ReaderEntry, databaseFile: string): { reads: Reads; close(): Promise<void> } {
  const waiting = new Map<number, Waiting>()
  let nextId = 1
  let child: ChildProcess | undefined
  let isReady = false
  let isClosed = false
  let timer: NodeJS.Timeout | undefined

  function start(): void {
    if (isClosed) return
    const started = fork(entry.file, [...entry.args, databaseFile], {
      serialization: 'advanced',
      execArgv: [...entry.execArgv],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
    child = started
    endAfter(startLimitMs)
    started.on('message', (reply: Reply | 'ready') => {
      if (reply === 'ready') begin(started)
      else settle(reply)
      if (waiting.size > 0) endAfter(queryLimitMs)
      else clearTimeout(timer)
    })
    started.once('exit', ended)
    // A process that could not even be started does not end either; a message to one that has just ended is no news.
    started.on('error', () => started.pid === undefined && ended())
  }

  function begin(started: ChildProcess): void {
    isReady = true
    for (const { call } of waiting.values()) started.send(call)
  }

  function endAfter(ms: number): void {
    clearTimeout(timer)
    timer = setTimeout(() => child?.kill('SIGKILL'), ms)
  }

  function ended(): void {
    clearTimeout(timer)
    const wasReady = isReady
    isReady = false
    child = undefined
    const failure = { kind: 'unavailable' as const, message: 'the reader process ended before it answered' }
    for (const id of [...waiting.keys()].slice(0, wasReady && !isClosed ? 1 : undefined)) settle({ id, failure })
    if (wasReady) start()
    else setTimeout(start, restartPauseMs)
  }

  function settle(reply: Reply): void {
    const asked = waiting.get(reply.id)
    waiting.delete(reply.id)
    if ('failure' in reply) asked?.reject(fromFailure(reply.failure))
    else asked?.resolve(reply.result)
  }

  function ask(name: string, args: unknown): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (isClosed) return reject(new StoreUnavailable('the database is being closed'))
      const call = { id: nextId++, name, args }
      waiting.set(call.id, { call, resolve, reject })
      if (!isReady) return
      child?.send(call)
      if (waiting.size === 1) endAfter(queryLimitMs)
    })
  }

  start()
  return {
    reads: readsThrough(ask),
    async close() {
      isClosed = true
      const closing = child
      if (!closing || closing.exitCode !== null || closing.signalCode !== null) return
      const hasEnded = new Promise((resolve) => closing.once('exit', resolve))
      // It only reads: nothing is lost when it is ended in the middle of its start.
      if (isReady && closing.connected) closing.disconnect()
      else closing.kill('SIGKILL')
      await hasEnded
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
  const stores: Record<keyof Reads, unknown> = {
    credentials: store('credentials'),
    log: store('log'),
    eventTypes: store('eventTypes'),
    requests: store('requests'),
    followers: store('followers'),
    quarantine: store('quarantine'),
    sources: store('sources'),
    endpoints: store('endpoints'),
    deliveries: store('deliveries'),
    customers: store('customers'),
    lanes: store('lanes'),
    statistics: store('statistics'),
    accounts: store('accounts'),
    erasure: store('erasure'),
    retention: store('retention'),
    jobs: store('jobs'),
  }
  return stores as unknown as Reads
}
