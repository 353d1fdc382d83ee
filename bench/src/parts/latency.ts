import type { Store } from '../systems/trunkline.ts'
import type { Bench, Cell } from './bench.ts'
import { endToEnd } from './end-to-end.ts'

const rates = [500, 1000, 2000]
/** More than in the other parts, so that a slow moment does not change the rate. */
const connections = 128

/** How long an event is on its way at a fixed rate, from its being sent to its arrival at the receiver. */
export function latencyCells(bench: Bench, only: readonly number[] = rates): Cell[] {
  const engines: readonly (readonly [string, Store])[] = [
    ['SQLite', 'sqlite'],
    ...(bench.databases ? [['PostgreSQL', 'postgres'] as const] : []),
  ]
  return engines.flatMap(([name, store]) =>
    only.map((perSecond) => ({
      part: 'd' as const,
      name: `${name}, ${perSecond.toLocaleString('en')}/s`,
      beside: [],
      run: (times) => endToEnd(bench, store, times, { perSecond, connections }),
    })),
  )
}
