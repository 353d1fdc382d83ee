import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Queue, queueStatements } from '../fairness/queues.ts'
import { openTraffic, type Traffic } from '../fairness/traffic.ts'
import { percentile } from '../measure/statistics.ts'
import type { Measured, Times } from '../measure/window.ts'
import { fillPostgres, fillSqlite } from '../scale/fill.ts'
import { dialects } from '../scale/rows.ts'
import { loadServer } from '../scale/server-modules.ts'
import { type Child, startChild } from '../systems/child.ts'
import { apiKey, startTrunkline, type Trunkline, type TrunklinePlan } from '../systems/trunkline.ts'
import type { Bench, Cell } from './bench.ts'

/** How many there are of what, and how long they are watched. */
export interface FairnessAmounts {
  /** Endpoints, each with a customer of its own. */
  endpoints: number
  /** Those of them that take every request and never answer. */
  hanging: number
  /** Deliveries that one more customer has waiting. */
  backlog: number
  times: Times
}

const whole: FairnessAmounts = {
  ...{ endpoints: 1000, hanging: 20, backlog: 1_000_000 },
  // In the first seconds every endpoint's lane is taken, and the program is still being compiled.
  times: { warmUpMs: 10_000, measuredMs: 30_000 },
}
const small: FairnessAmounts = {
  ...{ endpoints: 100, hanging: 2, backlog: 20_000 },
  times: { warmUpMs: 3000, measuredMs: 12_000 },
}

interface Scene extends FairnessAmounts {
  /** Whether they hang and wait. Who would hang is not measured in either case. */
  isCrowded: boolean
}

/** Few enough that nobody waits for the processor: what is measured is whose turn it is. */
const perSecond = 100
/** How long the receiver of the backlog takes: with 50 requests at once, 100 a second, as many as the rest get together. */
const answerMs = 500
/** What waits for each endpoint that hangs: more than may be on the wire to it. */
const hangingQueue = 100
const arrivalLimitMs = 30_000

/** How long the rest wait for their deliveries, with some that hang and one who has very many, and without. */
export function fairnessCells(bench: Bench, { isQuick }: { isQuick: boolean }): Cell[] {
  const amounts = isQuick ? small : whole
  const engines = bench.databases ? (['sqlite', 'postgres'] as const) : (['sqlite'] as const)
  return engines.flatMap((engine): Cell[] => {
    const title = engine === 'sqlite' ? 'SQLite' : 'PostgreSQL'
    const [endpoints, backlog] = [amounts.endpoints, amounts.backlog].map((n) => n.toLocaleString('en'))
    const alone = `${title}, ${endpoints} endpoints`
    const crowded = `${title}, ${amounts.hanging} of them hang, and a backlog of ${backlog}`
    const run = (isCrowded: boolean) => () => deliverAmong(bench, engine, { ...amounts, isCrowded })
    return [
      { part: 'h', name: alone, beside: [], run: run(false) },
      { part: 'h', name: crowded, beside: [alone], run: run(true) },
    ]
  })
}

/** Sets the server up, puts the queues into its database while it is down, and measures it started again. */
async function deliverAmong(bench: Bench, engine: 'sqlite' | 'postgres', scene: Scene): Promise<Measured> {
  const database = engine === 'postgres' ? await bench.databases?.create() : undefined
  const dataFolder = mkdtempSync(join(bench.workFolder, 'data-'))
  const plan: TrunklinePlan = {
    root: bench.root,
    workFolder: bench.workFolder,
    store: database ? { databaseUrl: database.url } : 'sqlite',
    dataFolder,
    secretKey: randomBytes(32).toString('base64'),
  }
  const crowd = await startChild(bench.workFolder, () => ({
    args: [new URL('../fairness/crowd.js', import.meta.url).pathname, String(answerMs)],
    isReady: /^ready (\d+) (\d+)/,
  }))
  try {
    await fill(plan, await setUp(plan, bench.receiver.port, crowd, scene))
    return await measureRest(bench, plan, crowd, scene)
  } finally {
    await crowd.stop()
    await database?.drop()
    rmSync(dataFolder, { recursive: true, force: true })
  }
}

const customerOf = (n: number) => `customer-${n}`

/** Makes the endpoints; answers what is to wait for them. */
async function setUp(
  plan: TrunklinePlan,
  restPort: number,
  { greeting }: Child,
  { endpoints, hanging, backlog, isCrowded }: Scene,
): Promise<Queue[]> {
  const [hangingPort, answeringPort] = [Number(greeting[1]), Number(greeting[2])]
  const server = await startTrunkline(plan)
  try {
    const add = async (port: number, customer: string, deliveries: number): Promise<Queue> => {
      const { id } = await server.addEndpoint(port, ['**'], { customer })
      return { endpointId: id, customer, deliveries }
    }
    const queues = [await add(answeringPort, 'backlog', isCrowded ? backlog : 0)]
    for (let n = 0; n < endpoints; n++) {
      const hangs = isCrowded && n < hanging
      queues.push(await add(hangs ? hangingPort : restPort, customerOf(n), hangs ? hangingQueue : 0))
    }
    return queues
  } finally {
    await server.stop()
  }
}

async function fill({ root, workFolder, dataFolder = '', store }: TrunklinePlan, queues: Queue[]): Promise<void> {
  const { defaultWorkspaceId, lowestId } = await loadServer(root)
  const statements = queueStatements(dialects[typeof store === 'object' ? 'postgres' : 'sqlite'], queues, {
    workspaceId: defaultWorkspaceId,
    now: Date.now(),
    timeOf: (ms) => lowestId('event', ms).slice('evt_'.length, -16),
  })
  if (typeof store === 'object') await fillPostgres(store.databaseUrl, statements)
  else await fillSqlite({ root, workFolder }, dataFolder, statements)
}

async function measureRest(
  { receiver }: Bench,
  plan: TrunklinePlan,
  crowd: Child,
  { endpoints, hanging, isCrowded, times }: Scene,
): Promise<Measured> {
  const server = await startTrunkline(plan)
  const customers = Array.from({ length: endpoints }, (_, n) => ({ name: customerOf(n), isExpected: n >= hanging }))
  const traffic = openTraffic({ port: server.ports[0] ?? 0, apiKey, customers, perSecond })
  try {
    receiver.listen(traffic.onArrival)
    traffic.begin()
    await sleep(times.warmUpMs)
    traffic.keepTimes(true)
    const before = { ...(await seen(crowd)), at: performance.now() }
    await sleep(times.measuredMs / 2)
    const firstMs = await firstOfAnother(server, traffic, receiver.port)
    await sleep(times.measuredMs / 2)
    const after = await seen(crowd)
    traffic.keepTimes(false)
    const seconds = (performance.now() - before.at) / 1000
    const delays = await traffic.end(arrivalLimitMs)
    if (isCrowded && after.hanging === 0) throw new Error('no endpoint has hung')
    const crowdPerSecond = (after.answered - before.answered) / seconds
    if (isCrowded && crowdPerSecond === 0) throw new Error('nothing of the backlog was delivered')
    return {
      perSecond: delays.length / seconds,
      cpuUs: undefined,
      deliveryMs: { p50: percentile(delays, 0.5), p99: percentile(delays, 0.99) },
      crowd: { perSecond: crowdPerSecond, firstMs },
    }
  } finally {
    receiver.listen(() => {})
    await traffic.close()
    // What hangs ends with the receiver that it hangs at; the server would wait for it.
    await crowd.stop()
    await server.stop()
  }
}

/** A customer comes whom nobody knew. */
async function firstOfAnother(server: Trunkline, traffic: Traffic, receiverPort: number): Promise<number> {
  await server.addEndpoint(receiverPort, ['**'], { customer: 'another' })
  return traffic.publishOne('another', arrivalLimitMs)
}

async function seen({ greeting }: Child): Promise<{ hanging: number; answered: number }> {
  const response = await fetch(`http://127.0.0.1:${greeting[2]}/`)
  return (await response.json()) as { hanging: number; answered: number }
}
