import { Book } from '../load/book.ts'
import { type Measured, measure, type Times } from '../measure/window.ts'
import { startChild } from '../systems/child.ts'
import { type OpenPlan, openTrunkline, type Store } from '../systems/trunkline.ts'
import { type Bench, type Cell, connections } from './bench.ts'
import { type Drive, drive } from './drive.ts'

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

export interface EndToEnd extends Drive, Pick<OpenPlan, 'logLevel' | 'nodeArgs' | 'endpoint' | 'isFirst'> {}

/** Runs one Trunkline under load, and checks that each accepted event arrived once and that every attempt is recorded. */
export async function endToEnd(bench: Bench, store: Store, times: Times, more: EndToEnd = {}): Promise<Measured> {
  return drive(bench, await openTrunkline(bench, { store, ...more }), times, more)
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
    return await measure(book, 'delivered', { pids: [child.pid] }, times)
  } finally {
    await child.stop()
    receiver.listen(() => {})
  }
}
