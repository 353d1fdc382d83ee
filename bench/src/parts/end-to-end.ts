import { Book } from '../load/book.ts'
import { Load } from '../load/load.ts'
import { percentile } from '../measure/statistics.ts'
import { type Measured, measure, type Percentiles, type Times } from '../measure/window.ts'
import { startChild } from '../systems/child.ts'
import { startTrunkline, type TrunklinePlan } from '../systems/trunkline.ts'
import { type Bench, type Cell, connections, openEvents, settleLimitMs } from './bench.ts'

export type Store = 'sqlite' | 'postgres' | 'memory'

/** How many events a second go the whole way: accepted, fanned out, delivered, the attempt recorded. */
export function endToEndCells(bench: Bench): Cell[] {
  const loop = 'only sign and POST (undici Pool)'
  const memory = 'store in memory'
  const beside = [memory, loop]
  const cell = (name: string, store: Store, more: EndToEnd = {}): Cell => ({
    part: 'b',
    name,
    beside: store === 'memory' ? [loop] : beside,
    run: (times) => endToEnd(bench, store, times, more),
  })
  return [
    { part: 'b', name: loop, beside: [], run: (times) => signAndPost(bench, times) },
    cell(memory, 'memory'),
    cell('SQLite', 'sqlite'),
    cell('SQLite, log level info', 'sqlite', { logLevel: 'info' }),
    ...(bench.databases ? [cell('PostgreSQL', 'postgres')] : []),
  ]
}

export interface EndToEnd extends Pick<TrunklinePlan, 'logLevel' | 'nodeArgs'> {
  connections?: number
  /** Sends by the clock; otherwise each connection sends as soon as it has its answer. */
  perSecond?: number
  /** Told when the measuring begins and ends, with the process. */
  onMeasured?(pid: number, phase: 'begin' | 'end'): void
}

/** Runs one Trunkline under load, and checks that each accepted event arrived once and that every attempt is recorded. */
export async function endToEnd(bench: Bench, store: Store, times: Times, more: EndToEnd = {}): Promise<Measured> {
  const database = store === 'postgres' ? await bench.databases?.create() : undefined
  const server = await startTrunkline({
    ...bench,
    ...more,
    store: store === 'postgres' ? { databaseUrl: database?.url ?? '' } : store,
  })
  const book = new Book({ isDelivered: true })
  let load: Load | undefined
  try {
    const secret = await server.addEndpoint(bench.receiver.port)
    const { port, path } = server
    const lines = more.connections ?? connections
    const limit = more.perSecond === undefined ? openEvents : Number.POSITIVE_INFINITY
    load = await Load.open({ port, path, connections: lines, book, openEvents: limit })
    const running = load
    bench.receiver.listen((slot) => {
      book.noteDelivery(slot)
      running.onDelivered()
    }, secret)
    if (more.perSecond === undefined) load.runClosed()
    else load.runOpen(more.perSecond)
    const watched = { pid: server.pid, databasePid: database && bench.databases?.pid }
    setTimeout(() => more.onMeasured?.(server.pid, 'begin'), times.warmUpMs)
    const measured = await measure(book, 'delivered', watched, times)
    more.onMeasured?.(server.pid, 'end')
    server.assertRuns()
    await load.settle(settleLimitMs)
    await server.assertRecorded()
    const fault = book.fault() ?? bench.receiver.fault()
    if (fault) throw new Error(fault)
    return { ...measured, answerMs: percentiles(book.answerMs), deliveryMs: percentiles(book.deliveryMs) }
  } finally {
    bench.receiver.listen(() => {})
    load?.close()
    await server.stop()
    await database?.drop()
  }
}

async function signAndPost({ workFolder, receiver }: Bench, times: Times): Promise<Measured> {
  const book = new Book({ isDelivered: true })
  receiver.listen(() => {
    book.delivered++
  })
  const child = await startChild(workFolder, () => ({
    args: [new URL('../systems/post-loop.js', import.meta.url).pathname, String(receiver.port), String(connections)],
    isReady: /^ready/,
  }))
  try {
    return await measure(book, 'delivered', { pid: child.pid }, times)
  } finally {
    await child.stop()
    receiver.listen(() => {})
  }
}

const percentiles = (values: readonly number[]): Percentiles => ({
  p50: percentile(values, 0.5),
  p99: percentile(values, 0.99),
})
