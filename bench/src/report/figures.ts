import { type Spread, spread } from '../measure/statistics.ts'
import type { Measured, Percentiles } from '../measure/window.ts'

/** Rows of cells as a Markdown table; the first row is the head. */
export function markdown([head = [], ...rest]: readonly (readonly string[])[]): string {
  return [head, head.map((_, i) => (i === 0 ? '---' : '---:')), ...rest]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n')
}

/** The median of the rounds, in brackets the least and the most where they differ. */
export function show(values: Spread | undefined, write: (value: number) => string): string {
  if (!values) return '–'
  const { median, least, most } = values
  const isSame = write(least) === write(most)
  return isSame ? write(median) : `${write(median)} (${write(least)}–${write(most)})`
}

export function eventsPerSecond(rounds: readonly Measured[]): string {
  return show(spread(rounds.map((each) => each.perSecond)), (n) => Math.round(n).toLocaleString('en'))
}

export function processorTime(rounds: readonly Measured[], databases = 'the database'): string {
  const own = spread(defined(rounds.map((each) => each.cpuUs)))
  const database = spread(defined(rounds.map((each) => each.databaseCpuUs)))
  const whole = (n: number) => n.toFixed(0)
  return database ? `${show(own, whole)} + ${show(database, whole)} in ${databases}` : show(own, whole)
}

export function latency(rounds: readonly (Percentiles | undefined)[]): string {
  const known = defined(rounds)
  const tenth = (n: number) => n.toFixed(1)
  const p50 = spread(known.map((each) => each.p50))
  const p99 = spread(known.map((each) => each.p99))
  return `${show(p50, tenth)} / ${show(p99, tenth)}`
}

export const defined = <T>(values: readonly (T | undefined)[]): T[] => values.filter((each) => each !== undefined)
