import { parseArgs } from 'node:util'
import type { Times } from './measure/window.ts'

const modes = [
  'table',
  'usual',
  'scale',
  'accept-scale',
  'processes',
  'fairness',
  'everything',
  'long',
  'profile',
] as const

export interface Options {
  /** What is run: the table, one of the longer comparisons, 30 s at 1,000 events a second, or the profiler. */
  mode: (typeof modes)[number]
  parts: readonly string[]
  rounds: number
  /** Rounds of the latency part, which takes longer than the others. */
  latencyRounds: number
  times: Times
  latencyTimes: Times
  isQuick: boolean
  /** Whether the table goes into the README. */
  writes: boolean
  /** Which store is profiled. */
  store: 'sqlite' | 'postgres' | 'memory'
  /** The folder of an earlier version, built, that everything is compared with too. */
  first: string | undefined
}

export const usage = `npm run bench                   the whole table, under 15 minutes
npm run bench -- --quick        a rough table in about two minutes
  --only a,b,d                  only these parts
  --rounds 5                    how often each cell is run
  --write                       puts the table into bench/README.md
  --long                        30 s at 1,000 events/s instead of the table
  --profile [--store memory]    where the time goes, by thread and function, instead of the table
npm run bench -- usual          (c) beside the same work built the usual way: BullMQ, pg-boss, graphile-worker
npm run bench -- scale          (e) with millions of rows in the database beside thousands
npm run bench -- accept-scale   (g) a thousand sources and a million events beside one and none
npm run bench -- processes      (f) one, two and four processes on one PostgreSQL
npm run bench -- fairness       (h) a thousand endpoints, with some that hang and a backlog of a million, and without
npm run bench -- everything     (i) an endpoint that asks for all that one can have, beside one that asks for nothing
  --first ../first              and beside what the first version took, built in that folder
  --quick, --rounds 5, --write  as above, for each of these`

export function readOptions(args: readonly string[]): Options {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      quick: { type: 'boolean', default: false },
      long: { type: 'boolean', default: false },
      profile: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
      only: { type: 'string', default: 'a,b,d' },
      rounds: { type: 'string' },
      store: { type: 'string', default: 'sqlite' },
      first: { type: 'string' },
    },
  })
  const { quick, long, store } = values
  if (store !== 'sqlite' && store !== 'postgres' && store !== 'memory') throw new Error(`there is no store "${store}"`)
  const rounds = Number(values.rounds ?? (quick ? 1 : 5))
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error(`--rounds is a whole number, not "${values.rounds}"`)
  return {
    mode: modeOf(positionals, values),
    parts: values.only.split(','),
    rounds,
    latencyRounds: values.rounds === undefined && !quick && !long ? 3 : rounds,
    times: quick ? { warmUpMs: 1000, measuredMs: 2000 } : { warmUpMs: 1500, measuredMs: 3500 },
    latencyTimes: { warmUpMs: 2000, measuredMs: long ? 30_000 : quick ? 4000 : 10_000 },
    isQuick: quick,
    writes: values.write,
    store,
    first: values.first,
  }
}

function modeOf(words: readonly string[], { long, profile }: { long: boolean; profile: boolean }): Options['mode'] {
  const asked = [...words, ...(profile ? ['profile'] : []), ...(long ? ['long'] : [])]
  const [word = 'table'] = asked
  if (asked.length > 1) throw new Error(`one part at a time, not "${asked.join(' ')}"`)
  const mode = modes.find((each) => each === word)
  if (!mode)
    throw new Error(`there is no part "${word}": it is usual, scale, accept-scale, processes, fairness or everything`)
  return mode
}
