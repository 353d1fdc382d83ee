import pg from 'pg'
import type { Clock } from '../../base/clock.ts'
import type { Log } from '../../base/log.ts'
import type { Signal, Signals } from '../../jobs/signal.ts'
import { understand } from './understand.ts'

/** The channel that every process listens on. */
export const channel = 'trunkline'
/** A notification holds 8,000 bytes at most; a list that is longer is told in parts. */
const idsPerMessage = 200
/** How often the connection is tried that listens, and how long it may take to answer. */
const checkEveryMs = 1000
const silenceMs = 2000
const reconnectMs = 500

export interface SignalsNeeds {
  url: string
  clock: Clock
  journal: Log
  /** Tells this process's own messages from the others'. */
  processId: string
  /** Sends one notification. */
  notify(message: string): Promise<unknown>
}

/**
 * Signals by LISTEN and NOTIFY. A notification is sent by itself, after the commit that it tells of: one inside a
 * transaction would hold a lock of the whole database until that transaction is on the disk, and every other one with
 * news would wait for it. What is sent while another one is on its way goes as one message.
 */
export function openSignals(needs: SignalsNeeds): Signals & { close(): Promise<void> } {
  const { journal, processId, notify } = needs
  let hear: ((signal: Signal) => void) | undefined
  let pending: Signal | undefined
  let isSending = false
  const listener = keepListening(needs, (payload) => {
    const message = parse(payload)
    if (message && message.from !== processId) hear?.(message.signal)
  })

  async function flush(): Promise<void> {
    isSending = true
    while (pending) {
      const signal = pending
      pending = undefined
      try {
        for (const part of parts(signal)) await notify(JSON.stringify({ from: processId, ...part }))
      } catch (error) {
        // The others find it by looking.
        journal.debug('signal.unsent', () => ({ error: error as Error }))
      }
    }
    isSending = false
  }

  return {
    send(signal) {
      pending = pending ? joined(pending, signal) : signal
      if (!isSending) {
        isSending = true
        setImmediate(flush)
      }
    },
    listen(listen) {
      hear = listen
    },
    async close() {
      // The others should still hear that this process goes.
      while (isSending) await new Promise((resolve) => setImmediate(resolve))
      await listener.close()
    },
  }
}

/** Two signals as one. */
function joined(one: Signal, other: Signal): Signal {
  return {
    events: Boolean(one.events || other.events),
    processes: Boolean(one.processes || other.processes),
    lanes: union(one.lanes, other.lanes),
    endpoints: union(one.endpoints, other.endpoints),
  }
}

const union = (one: readonly string[] = [], other: readonly string[] = []) => [...new Set([...one, ...other])]

/** A signal as messages that fit. What there is no news of is left out: whoever hears of a list looks at something for it. */
function* parts({ lanes = [], endpoints = [], ...rest }: Signal): Generator<Signal> {
  let first: Signal = rest
  for (let i = 0; i < Math.max(1, lanes.length, endpoints.length); i += idsPerMessage / 2) {
    const end = i + idsPerMessage / 2
    const some = { lanes: lanes.slice(i, end), endpoints: endpoints.slice(i, end) }
    yield {
      ...first,
      ...(some.lanes.length > 0 ? { lanes: some.lanes } : {}),
      ...(some.endpoints.length > 0 ? { endpoints: some.endpoints } : {}),
    }
    first = {}
  }
}

/** Whoever may write to the database may send on the channel: what is no message of ours is no news. */
function parse(payload: string | undefined): { from: string; signal: Signal } | undefined {
  try {
    const { from, ...signal } = JSON.parse(payload ?? '') as Signal & { from: string }
    return { from, signal }
  } catch {
    return undefined
  }
}

/**
 * Listens on a connection of its own for as long as the server runs. A connection that nothing comes through looks like
 * one on which nothing happens, so it is asked every second; one that does not answer is replaced.
 */
function keepListening(
  { url, clock, journal }: SignalsNeeds,
  hear: (payload: string | undefined) => void,
): { close(): Promise<void> } {
  let isClosed = false
  let wake: (() => void) | undefined
  const pause = (ms: number) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms)
      wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })

  async function listen(onListening: () => void): Promise<void> {
    const client = new pg.Client({
      connectionString: url,
      application_name: 'trunkline signals',
      connectionTimeoutMillis: silenceMs,
      query_timeout: silenceMs,
      keepAlive: true,
    })
    try {
      const lost = new Promise<never>((_, reject) => client.on('error', reject))
      lost.catch(() => {})
      client.on('notification', ({ payload }) => hear(payload))
      await client.connect()
      await client.query(`LISTEN ${channel}`)
      onListening()
      while (!isClosed) {
        await Promise.race([pause(checkEveryMs), lost])
        await client.query('SELECT 1')
      }
    } finally {
      // One that does not answer would not answer to this either.
      await Promise.race([client.end(), pause(silenceMs)]).catch(() => {})
    }
  }

  async function run(): Promise<void> {
    let lostAt: number | undefined
    while (!isClosed) {
      try {
        await listen(() => {
          if (lostAt !== undefined) journal.info('signals.back', { afterMs: Math.round(clock.elapsed() - lostAt) })
          lostAt = undefined
        })
      } catch (error) {
        if (lostAt === undefined) journal.warn('signals.lost', { error: understand(error) as Error })
        lostAt ??= clock.elapsed()
        if (!isClosed) await pause(reconnectMs)
      }
    }
  }

  const running = run()
  return {
    async close() {
      isClosed = true
      wake?.()
      await running
    },
  }
}
