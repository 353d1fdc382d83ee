import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { Book } from '../load/book.ts'
import { Load } from '../load/load.ts'
import { type Measured, measure, type Times } from '../measure/window.ts'
import { fillPostgres, fillSqlite } from '../scale/fill.ts'
import { dialects, storedEvents } from '../scale/rows.ts'
import { loadServer } from '../scale/server-modules.ts'
import { startTrunkline, type TrunklinePlan } from '../systems/trunkline.ts'
import { type Bench, type Cell, connections, settleLimitMs } from './bench.ts'

const sources = 1000
const events = 1_000_000

interface Amounts {
  sources: number
  events: number
}

/** What an accepted event costs with a thousand sources, posted to in turn, and a million events, beside one and none. */
export function acceptScaleCells(bench: Bench, { isQuick }: { isQuick: boolean }): Cell[] {
  const large = { sources, events: isQuick ? events / 20 : events }
  const engines = bench.databases ? (['sqlite', 'postgres'] as const) : (['sqlite'] as const)
  return engines.flatMap((engine): Cell[] => {
    const title = engine === 'sqlite' ? 'SQLite' : 'PostgreSQL'
    const few = `${title}, 1 source, no events`
    const many = `${title}, ${large.sources.toLocaleString('en')} sources, ${large.events.toLocaleString('en')} events`
    const run = (amounts: Amounts) => (times: Times) => acceptAmong(bench, engine, amounts, times)
    return [
      { part: 'g', name: few, beside: [], run: run({ sources: 1, events: 0 }) },
      { part: 'g', name: many, beside: [few], run: run(large) },
    ]
  })
}

/** Sets the server up, fills its database while it is down, and measures it started again: as after a month of work. */
async function acceptAmong(
  bench: Bench,
  engine: 'sqlite' | 'postgres',
  amounts: Amounts,
  times: Times,
): Promise<Measured> {
  const database = engine === 'postgres' ? await bench.databases?.create() : undefined
  const dataFolder = mkdtempSync(join(bench.workFolder, 'data-'))
  const plan: TrunklinePlan = {
    root: bench.root,
    workFolder: bench.workFolder,
    store: database ? { databaseUrl: database.url } : 'sqlite',
    dataFolder,
    secretKey: randomBytes(32).toString('base64'),
  }
  try {
    const paths = await setUp(plan, amounts.sources - 1)
    if (amounts.events > 0) await fill(plan, amounts.events)
    return await acceptInTurn(plan, paths, database && bench.databases?.pids, times)
  } finally {
    await database?.drop()
    rmSync(dataFolder, { recursive: true, force: true })
  }
}

async function setUp(plan: TrunklinePlan, more: number): Promise<string[]> {
  const server = await startTrunkline(plan)
  try {
    const paths: string[] = []
    for (let i = 0; i < more; i++) paths.push(await server.addSource())
    return paths
  } finally {
    await server.stop()
  }
}

async function fill({ root, workFolder, dataFolder = '', store }: TrunklinePlan, count: number): Promise<void> {
  const { defaultWorkspaceId, lowestId, newId } = await loadServer(root)
  const now = Date.now()
  const statements = storedEvents(dialects[typeof store === 'object' ? 'postgres' : 'sqlite'], count, {
    workspaceId: defaultWorkspaceId,
    sourceId: newId('source', now),
    now,
    timeOf: (ms) => lowestId('event', ms).slice('evt_'.length, -16),
  })
  if (typeof store === 'object') await fillPostgres(store.databaseUrl, statements)
  else await fillSqlite({ root, workFolder }, dataFolder, statements)
}

async function acceptInTurn(
  plan: TrunklinePlan,
  more: readonly string[],
  databasePids: readonly number[] | undefined,
  times: Times,
): Promise<Measured> {
  const server = await startTrunkline(plan)
  const book = new Book({ isDelivered: false })
  let load: Load | undefined
  try {
    load = await Load.open({
      ports: server.ports,
      path: [server.path, ...more],
      connections,
      book,
      openEvents: Number.POSITIVE_INFINITY,
    })
    load.runClosed()
    const measured = await measure(book, 'answered', { pids: server.pids, databasePids }, times)
    await load.settle(settleLimitMs)
    const fault = book.fault()
    if (fault) throw new Error(fault)
    return measured
  } finally {
    load?.close()
    await server.stop()
  }
}
