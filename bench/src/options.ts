import { parseArgs } from 'node:util'
import type { Times } from './measure/window.ts'

export interface Options {
  /** What is run: the table, 30 s at 1,000 events a second, or the profiler. */
  mode: 'table' | 'long' | 'profile'
  parts: readonly string[]
  rounds: number
  /** Rounds of the latency part, which takes longer than the others. */
  latencyRounds: number
  times: Times
  latencyTimes: Times
  /** Whether the table goes into the README. */
  writes: boolean
  /** Which store is profiled. */
  store: 'sqlite' | 'postgres' | 'memory'
}

export const usage = `npm run bench                   the whole table, under 15 minutes
npm run bench -- --quick        a rough table in about two minutes
  --only a,b,d                  only these parts
  --rounds 5                    how often each cell is run
  --write                       puts the table into bench/README.md
  --long                        30 s at 1,000 events/s instead of the table
  --profile [--store memory]    where the time goes, by thread and function, instead of the table`

export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      long: { type: 'boolean', default: false },
      profile: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
      only: { type: 'string', default: 'a,b,d' },
      rounds: { type: 'string' },
      store: { type: 'string', default: 'sqlite' },
    },
  })
  const { quick, long, store } = values
  if (store !== 'sqlite' && store !== 'postgres' && store !== 'memory') throw new Error(`there is no store "${store}"`)
  return {
    mode: values.profile ? 'profile' : long ? 'long' : 'table',
    parts: values.only.split(','),
    rounds: Number(values.rounds ?? (quick ? 1 : 5)),
    latencyRounds: Number(values.rounds ?? (quick || long ? 1 : 3)),
    times: quick ? { warmUpMs: 1000, measuredMs: 2000 } : { warmUpMs: 1500, measuredMs: 3500 },
    latencyTimes: { warmUpMs: 2000, measuredMs: long ? 30_000 : quick ? 4000 : 10_000 },
    writes: values.write,
    store,
  }
}
