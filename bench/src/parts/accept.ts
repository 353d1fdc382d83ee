import { Book } from '../load/book.ts'
import { Load } from '../load/load.ts'
import { type Measured, measure, type Times, type Watched } from '../measure/window.ts'
import { startChild } from '../systems/child.ts'
import { startTrunkline } from '../systems/trunkline.ts'
import { type Bench, type Cell, connections, settleLimitMs } from './bench.ts'

/** How many signed requests a second are accepted; for Trunkline that means on disk. */
export function acceptCells(bench: Bench): Cell[] {
  const bare = 'bare node:http + HMAC'
  const cell = (name: string, engine: 'sqlite' | 'postgres'): Cell => ({
    part: 'a',
    name,
    beside: [bare],
    run: (times) => acceptTrunkline(bench, engine, times),
  })
  return [
    { part: 'a', name: bare, beside: [], run: (times) => acceptBare(bench, times) },
    cell('SQLite', 'sqlite'),
    ...(bench.databases ? [cell('PostgreSQL', 'postgres')] : []),
  ]
}

async function acceptBare({ workFolder }: Bench, times: Times): Promise<Measured> {
  const child = await startChild(workFolder, () => ({
    args: [new URL('../systems/bare-server.js', import.meta.url).pathname],
    isReady: /^ready (\d+)/,
  }))
  try {
    return await accept(Number(child.greeting[1]), '/in/bench', { pids: [child.pid] }, times)
  } finally {
    await child.stop()
  }
}

async function acceptTrunkline(bench: Bench, engine: 'sqlite' | 'postgres', times: Times): Promise<Measured> {
  const database = engine === 'postgres' ? await bench.databases?.create() : undefined
  const server = await startTrunkline({ ...bench, store: database ? { databaseUrl: database.url } : 'sqlite' })
  try {
    const databasePids = database && bench.databases?.pids
    return await accept(server.ports[0] ?? 0, server.path, { pids: server.pids, databasePids }, times)
  } finally {
    await server.stop()
    await database?.drop()
  }
}

async function accept(port: number, path: string, watched: Watched, times: Times): Promise<Measured> {
  const book = new Book({ isDelivered: false })
  const load = await Load.open({ ports: [port], path, connections, book, openEvents: Number.POSITIVE_INFINITY })
  try {
    load.runClosed()
    const measured = await measure(book, 'answered', watched, times)
    await load.settle(settleLimitMs)
    const fault = book.fault()
    if (fault) throw new Error(fault)
    return measured
  } finally {
    load.close()
  }
}
