import type { Times } from '../measure/window.ts'
import { installRivals } from '../systems/packages.ts'
import { type AppendSync, findRedis } from '../systems/redis.ts'
import { openRival, type RivalPlan } from '../systems/rival.ts'
import { openTrunkline, type Store } from '../systems/trunkline.ts'
import type { Bench, Cell } from './bench.ts'
import { drive } from './drive.ts'

/** How many times as many events a second Trunkline does is said for these two. */
export const trunklines = { sqlite: 'Trunkline on SQLite', postgres: 'Trunkline on PostgreSQL' } as const

/** Trunkline beside the same work built the usual way. What cannot be had is left out, with the reason said. */
export async function usualCells(bench: Bench, say: (line: string) => void): Promise<Cell[]> {
  const own = [
    trunkline(bench, trunklines.sqlite, 'sqlite'),
    ...(bench.databases ? [trunkline(bench, trunklines.postgres, 'postgres')] : []),
  ]
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

/** All are given more time to warm up than elsewhere: the slower ones have handled fewer events when it is over. */
const longer = (times: Times): Times => ({ ...times, warmUpMs: 3 * times.warmUpMs })

function trunkline(bench: Bench, name: string, store: Store): Cell {
  return {
    part: 'c',
    name,
    beside: [],
    run: async (times) => drive(bench, await openTrunkline(bench, { store }), longer(times)),
  }
}

function rival(bench: Bench, name: string, plan: RivalPlan): Cell {
  return {
    part: 'c',
    name,
    beside: Object.values(trunklines),
    run: async (times) => drive(bench, await openRival(bench, plan), longer(times)),
  }
}
