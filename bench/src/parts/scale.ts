import { statfsSync } from 'node:fs'
import { processorSeconds } from '../measure/processor-time.ts'
import { percentile } from '../measure/statistics.ts'
import type { Compared, Sample } from '../report/scale-table.ts'
import type { Amounts } from '../scale/rows.ts'
import { loadServer, type Server } from '../scale/server-modules.ts'
import { type Engine, type Filled, openFilled } from '../scale/stores.ts'
import { stepEvents, type Work } from '../scale/work.ts'
import type { Bench } from './bench.ts'

/** One step at a time on the small database and on the large one: in turns of so many. */
const stepsInTurn = 10
const turns = 4
const warmUpSteps = 10
/** What a row takes with its indexes, and on PostgreSQL with the log of the writing. Generous. */
const bytesPerRow: Readonly<Record<Engine, number>> = { sqlite: 800, postgres: 1400 }

interface Comparison {
  name: string
  step: keyof Work
  events: number
  /** What there is a few of in the one database, and very many in the other. */
  rows: 'finished' | 'paused' | 'keys'
  small: number
  large: number
}

const comparisons: readonly Comparison[] = [
  {
    name: `claim and settle ${stepEvents.claim}`,
    ...{ step: 'claimAndSettle', events: stepEvents.claim, rows: 'finished', small: 10_000, large: 10_000_000 },
  },
  {
    name: `append ${stepEvents.append} with new keys`,
    ...{ step: 'append', events: stepEvents.append, rows: 'keys', small: 10_000, large: 5_000_000 },
  },
  {
    name: `claim and settle ${stepEvents.claim}`,
    ...{ step: 'claimAndSettle', events: stepEvents.claim, rows: 'paused', small: 10_000, large: 1_000_000 },
  },
]

/** With very many rows beside a few: the engines and the comparisons one after the other, to need less disk. */
export async function scale(
  bench: Bench,
  { rounds, isQuick }: { rounds: number; isQuick: boolean },
  say: (line: string) => void,
): Promise<Compared[]> {
  const server = await loadServer(bench.root)
  const engines: Engine[] = bench.databases ? ['sqlite', 'postgres'] : ['sqlite']
  const found: Compared[] = []
  for (const engine of engines) {
    for (const comparison of comparisons) {
      const asked = isQuick ? { ...comparison, large: comparison.large / 20 } : comparison
      const compared = await compare(bench, server, engine, asked, rounds, say)
      if (compared) found.push(compared)
    }
  }
  return found
}

async function compare(
  bench: Bench,
  server: Server,
  engine: Engine,
  { name, step, events, rows, small, large }: Comparison,
  rounds: number,
  say: (line: string) => void,
): Promise<Compared | undefined> {
  const title = `${engine}, ${name}, ${large.toLocaleString('en')} ${rows} beside ${small.toLocaleString('en')}`
  if (!hasRoom(bench, engine, large, (line) => say(`${title}: ${line}`))) return undefined
  const pending = step === 'claimAndSettle' ? events * (rounds * turns * stepsInTurn + warmUpSteps) : 0
  const open = (count: number) => {
    const amounts: Amounts = { finished: 0, paused: 0, keys: 0, pending, [rows]: count }
    return openFilled(bench, server, { engine, amounts, progress: (line) => say(`  filling: ${line}`) })
  }
  say(`${title}: making the rows`)
  const filled: Filled[] = []
  try {
    const few = await open(small)
    filled.push(few)
    const many = await open(large)
    filled.push(many)
    say(`  ${Math.round(many.bytes / 1e6).toLocaleString('en')} MB`)
    const measured = { engine, name, rows, small, large, few: [] as Sample[], many: [] as Sample[] }
    for (const each of filled) await run(each, step, warmUpSteps)
    for (let round = 0; round < rounds; round++) {
      const [less, more] = await measureRound(bench, engine, [few, many], step, events)
      measured.few.push(less)
      measured.many.push(more)
      say(`  ${round + 1}. p50 ${less.p50.toFixed(2)} and ${more.p50.toFixed(2)} ms`)
    }
    return measured
  } finally {
    for (const each of filled) await each.close()
  }
}

/** Both in turns, so that what disturbs the one disturbs the other. */
async function measureRound(
  bench: Bench,
  engine: Engine,
  [few, many]: readonly [Work, Work],
  step: keyof Work,
  events: number,
): Promise<[Sample, Sample]> {
  const sides = [few, many].map((work) => ({ work, ms: [] as number[], cpuUs: 0, databaseCpuUs: 0 }))
  const databasePids = engine === 'postgres' ? bench.databases?.pids : undefined
  const seconds = () => (databasePids && processorSeconds(databasePids)) ?? 0
  for (let turn = 0; turn < turns; turn++) {
    for (const side of turn % 2 === 0 ? sides : [...sides].reverse()) {
      const before = { own: process.cpuUsage(), database: seconds() }
      side.ms.push(...(await run(side.work, step, stepsInTurn)))
      const { user, system } = process.cpuUsage(before.own)
      side.cpuUs += user + system
      side.databaseCpuUs += (seconds() - before.database) * 1e6
    }
  }
  const total = events * turns * stepsInTurn
  const sample = ({ ms, cpuUs, databaseCpuUs }: (typeof sides)[number]): Sample => ({
    p50: percentile(ms, 0.5),
    p99: percentile(ms, 0.99),
    cpuUs: cpuUs / total,
    databaseCpuUs: databasePids && databaseCpuUs / total,
  })
  const [less, more] = sides.map(sample)
  if (!less || !more) throw new Error('two databases are measured')
  return [less, more]
}

/** Milliseconds of each step. */
async function run(work: Work, step: keyof Work, steps: number): Promise<number[]> {
  const ms: number[] = []
  for (let i = 0; i < steps; i++) {
    const beganAt = performance.now()
    await work[step]()
    ms.push(performance.now() - beganAt)
  }
  return ms
}

function hasRoom(bench: Bench, engine: Engine, rows: number, say: (line: string) => void): boolean {
  const folder = engine === 'sqlite' ? bench.workFolder : bench.databases?.folder
  if (folder === undefined) return true // on another machine
  const { bavail, bsize } = statfsSync(folder)
  const needed = rows * bytesPerRow[engine] + 2e9
  if (bavail * bsize >= needed) return true
  const gigabytes = (bytes: number) => (bytes / 1e9).toFixed(1)
  say(`left out: it needs ${gigabytes(needed)} GB of disk, and ${gigabytes(bavail * bsize)} GB are free in ${folder}`)
  return false
}
