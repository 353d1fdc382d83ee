import { setTimeout as sleep } from 'node:timers/promises'
import type { Book } from '../load/book.ts'
import { processorSeconds } from './processor-time.ts'

/** How long a cell runs. */
export interface Times {
  warmUpMs: number
  measuredMs: number
}

/** What one cell of one round came to. */
export interface Measured {
  perSecond: number
  /** Processor time of the processes under test, their threads and their children, for each event. */
  cpuUs: number | undefined
  /** The same of the database's processes, where the database is a server of its own. */
  databaseCpuUs?: number | undefined
  /** From the sending of an event to its answer and to its arrival: the median and the 99th percentile. */
  answerMs?: Percentiles
  deliveryMs?: Percentiles
  /** Beside those who are measured: what was delivered of the backlog, and how long the first delivery of a new customer took. */
  crowd?: { perSecond: number; firstMs: number }
}

export interface Percentiles {
  p50: number
  p99: number
}

/** The processes whose time is counted. */
export interface Watched {
  pids: readonly number[]
  /** The first processes of the databases. */
  databasePids?: readonly number[] | undefined
}

/** Lets the load run, and counts what happens after the warm-up. */
export async function measure(
  book: Book,
  counted: 'answered' | 'delivered',
  { pids, databasePids }: Watched,
  { warmUpMs, measuredMs }: Times,
): Promise<Measured> {
  await sleep(warmUpMs)
  book.keepsTimes = true
  const seconds = () => ({
    wall: performance.now() / 1000,
    own: processorSeconds(pids),
    database: databasePids === undefined ? undefined : processorSeconds(databasePids),
  })
  const before = { ...seconds(), events: book[counted] }
  await sleep(measuredMs)
  const after = { ...seconds(), events: book[counted] }
  book.keepsTimes = false
  const events = after.events - before.events
  return {
    perSecond: events / (after.wall - before.wall),
    cpuUs: microseconds(before.own, after.own, events),
    databaseCpuUs: microseconds(before.database, after.database, events),
  }
}

function microseconds(before: number | undefined, after: number | undefined, events: number): number | undefined {
  return before === undefined || after === undefined ? undefined : ((after - before) * 1e6) / events
}
