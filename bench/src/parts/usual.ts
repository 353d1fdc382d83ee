import { installRivals } from '../systems/packages.ts'
import { type AppendSync, findRedis } from '../systems/redis.ts'
import { openRival, type RivalPlan } from '../systems/rival.ts'
import { type OpenPlan, openTrunkline } from '../systems/trunkline.ts'
import { type Bench, type Cell, compiled } from './bench.ts'
import { drive } from './drive.ts'

/** How many times as many events a second Trunkline does is said for these. */
export const trunklines = {
  sqlite: 'Trunkline on SQLite',
  postgres: 'Trunkline on PostgreSQL',
  two: 'Trunkline on PostgreSQL, two processes',
} as const

/** Trunkline beside the same work built the usual way. What cannot be had is left out, with the reason said. */
export async function usualCells(bench: Bench, say: (line: string) => void): Promise<Cell[]> {
  const onPostgres = () => [
    trunkline(bench, trunklines.postgres, { store: 'postgres' }),
    trunkline(bench, trunklines.two, { store: 'postgres', processes: 2 }),
  ]
  const own = [trunkline(bench, trunklines.sqlite, { store: 'sqlite' }), ...(bench.databases ? onPostgres() : [])]
  if (!bench.databases || !(await installRivals(bench.root, say))) return own
  const redis = await findRedis(bench.root, say)
  const bullmq = (workers: number, client: string, appendSync: AppendSync): Cell[] => {
    if (!redis) return []
    const name = `BullMQ, ${workers} workers, ${client}, Redis ${appendSync}`
    const plan = { args: [String(workers), client], redis: { source: redis, appendSync } }
    return [rival(bench, name, { program: 'bullmq', ...plan })]
  }
  return [
    ...own,
    ...bullmq(50, 'undici', 'everysec'),
    ...bullmq(50, 'undici', 'always'),
    ...bullmq(10, 'axios', 'everysec'),
    ...bullmq(10, 'axios', 'always'),
    rival(bench, 'pg-boss', { program: 'pg-boss' }),
    rival(bench, 'graphile-worker', { program: 'graphile-worker' }),
  ]
}

function trunkline(bench: Bench, name: string, plan: OpenPlan): Cell {
  return {
    part: 'c',
    name,
    beside: [],
    run: async (times) => drive(bench, await openTrunkline(bench, plan), compiled(times)),
  }
}

function rival(bench: Bench, name: string, plan: RivalPlan): Cell {
  return {
    part: 'c',
    name,
    beside: Object.values(trunklines),
    run: async (times) => drive(bench, await openRival(bench, plan), compiled(times)),
  }
}
