import { type Spread, spread } from '../measure/statistics.ts'
import { defined, markdown, show } from './figures.ts'

/** Steps of one round: milliseconds of a step, and processor time of an event. */
export interface Sample {
  p50: number
  p99: number
  cpuUs: number
  databaseCpuUs: number | undefined
}

/** The same steps on a database with a few rows of a kind, and on one with very many. */
export interface Compared {
  engine: 'sqlite' | 'postgres'
  name: string
  rows: 'finished' | 'paused' | 'keys'
  small: number
  large: number
  few: readonly Sample[]
  many: readonly Sample[]
}

const engines = { sqlite: 'SQLite', postgres: 'PostgreSQL' } as const
const kinds = {
  finished: 'finished deliveries',
  paused: 'due deliveries of a paused endpoint',
  keys: 'known keys',
} as const

/** Medians over the rounds; the ratio is taken within each round. */
export function scaleTable(compared: readonly Compared[]): string {
  const head = ['', 'rows', 'p50 / p99 ms', 'with many rows', 'p50, times', 'CPU µs/event', 'with many rows']
  return markdown([head, ...compared.map(row)])
}

function row({ engine, name, rows, small, large, few, many }: Compared): string[] {
  const ratios = many.map((each, i) => each.p50 / (few[i]?.p50 ?? Number.NaN))
  return [
    `${engines[engine]}: ${name}`,
    `${small.toLocaleString('en')} and ${large.toLocaleString('en')} ${kinds[rows]}`,
    milliseconds(few),
    milliseconds(many),
    show(spread(ratios), (n) => n.toFixed(2)),
    processorTime(few),
    processorTime(many),
  ]
}

function milliseconds(samples: readonly Sample[]): string {
  const of = (values: number[]) => middle(spread(values), 2)
  return `${of(samples.map(({ p50 }) => p50))} / ${of(samples.map(({ p99 }) => p99))}`
}

function processorTime(samples: readonly Sample[]): string {
  const own = middle(spread(samples.map(({ cpuUs }) => cpuUs)), 0)
  const database = spread(defined(samples.map(({ databaseCpuUs }) => databaseCpuUs)))
  return database ? `${own} + ${middle(database, 0)} in the database` : own
}

const middle = (values: Spread | undefined, digits: number) => values?.median.toFixed(digits) ?? '–'
